import type { IncomingMessage } from 'node:http';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { WSSHandlerOptions } from '@trpc/server/adapters/ws';
import type { Log } from '../log.ts';
import { appRouter } from '../router.ts';
import type { AppRouter } from '../router.ts';
import type { RouterContext } from '../routers/trpc.ts';
import { isFault } from '../router-errors.ts';

/** Most characters of one message of a client. The largest that the contract allows is half of it. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** What the protocol needs of a connection: the part of a `ws` socket that it uses. */
export interface RpcSocket {
  readonly readyState: number;
  send(data: string): void;
  close(): void;
  terminate(): void;
}

export type ServeRpc = (socket: RpcSocket) => void;

/** Serves every procedure over connections that were let in. One protocol, whatever the wire. */
export function createRpc(context: RouterContext, log: Log): ServeRpc {
  const options = {
    router: appRouter,
    createContext: () => context,
    onError: ({
      error,
      path,
    }: {
      readonly error: Parameters<typeof isFault>[0];
      readonly path: string | undefined;
    }) => {
      if (isFault(error)) log.error(`${path ?? 'a request'} failed`, error.cause ?? error);
    },
  };
  // The library wants a whole WebSocket server and request, and uses neither of them here.
  const handler = getWSConnectionHandler<AppRouter>(options as unknown as WSSHandlerOptions<AppRouter>);
  const request = { url: '/', headers: {} } as IncomingMessage;
  return (socket) => handler(socket as never, request);
}
