import { createWSClient, TRPCUntypedClient, wsLink } from '@trpc/client';
import type { AppRouter } from '../../main/router.ts';
import { RPC_PATH } from '../../shared/contract/assets.ts';
import type { Shell } from '../../shared/contract/shell.ts';
import { type Connection, createConnection, retryDelay } from './connection.ts';
import { toFailure, type Failure } from './failure.ts';
import { portWebSocket } from './port-socket.ts';
import type { InputOf, MutationPath, OutputOf, QueryPath, SubscriptionPath, ValueOf } from './procedures.ts';
import { askSession } from './session.ts';

export interface StreamHandlers<Value> {
  readonly onValue: (value: Value) => void;
  /** The stream began, or began again after the connection came back. */
  readonly onStarted?: () => void;
  readonly onFailure?: (failure: Failure) => void;
  /** The host ended it. */
  readonly onEnd?: () => void;
}

/** The only way from the page to the host. Calls reject with a {@link Failure}. */
export interface StudioClient {
  readonly connection: Connection;
  readonly shell: Shell | null;
  readonly query: <Path extends QueryPath>(
    path: Path,
    input: InputOf<Path>,
    signal?: AbortSignal,
  ) => Promise<OutputOf<Path>>;
  readonly mutate: <Path extends MutationPath>(path: Path, input: InputOf<Path>) => Promise<OutputOf<Path>>;
  /** Resumes by itself after a lost connection. @returns the function that ends it. */
  readonly subscribe: <Path extends SubscriptionPath>(
    path: Path,
    input: InputOf<Path>,
    handlers: StreamHandlers<ValueOf<Path>>,
  ) => () => void;
  readonly close: () => void;
}

declare global {
  interface Window {
    readonly shell?: Shell;
  }
}

function socketAddress(location: Location): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${RPC_PATH}`;
}

async function failing<Value>(work: Promise<unknown>): Promise<Value> {
  try {
    return (await work) as Value;
  } catch (error) {
    // A failure is a value with a closed code; this is how it travels through a promise.
    // oxlint-disable-next-line typescript/only-throw-error
    throw toFailure(error);
  }
}

export function createStudioClient(): StudioClient {
  const shell = window.shell ?? null;
  const connection = createConnection();
  const socket = createWSClient({
    url: shell === null ? socketAddress(window.location) : 'ws://shell',
    ...(shell === null ? {} : { WebSocket: portWebSocket }),
    retryDelayMs: retryDelay,
    keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 10_000 },
    onOpen: connection.opened,
    onClose: () => {
      connection.lost();
      // A refused upgrade looks like any lost connection from here; only the host can tell them apart.
      if (shell === null) {
        void askSession(window.fetch.bind(window)).then((answer) => {
          if (answer === 'refused') connection.refused();
        });
      }
    },
  });
  const untyped = new TRPCUntypedClient<AppRouter>({ links: [wsLink({ client: socket })] });
  return {
    connection,
    shell,
    query: (path, input, signal) =>
      failing(untyped.query(path, input, signal === undefined ? {} : { signal })),
    mutate: (path, input) => failing(untyped.mutation(path, input)),
    subscribe: (path, input, handlers) => {
      const subscription = untyped.subscription(path, input, {
        onStarted: () => handlers.onStarted?.(),
        onData: (value) => handlers.onValue(value as never),
        onError: (error) => handlers.onFailure?.(toFailure(error)),
        onComplete: () => handlers.onEnd?.(),
      });
      return () => subscription.unsubscribe();
    },
    close: () => void socket.close(),
  };
}
