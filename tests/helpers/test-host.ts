import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort as NodePort } from 'node:worker_threads';
import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client';
import type { TRPCClient } from '@trpc/client';
import sharp from 'sharp';
import { WebSocket } from 'ws';
import { spawnForkedWorker } from '../../main/fork-workers.ts';
import { createHost } from '../../main/host.ts';
import type { Host, HostOptions } from '../../main/host.ts';
import type { Log } from '../../main/log.ts';
import type { AppRouter } from '../../main/router.ts';
import type { ErrorData } from '../../main/routers/trpc.ts';
import { startWebServer } from '../../main/transport/http-server.ts';
import type { WebServer } from '../../main/transport/http-server.ts';
import { fromNodePort, servePort } from '../../main/transport/message-port.ts';
import { readPageFiles } from '../../main/transport/page-files.ts';
import { scriptedBackend } from './scripted-backend.ts';
import type { ScriptedTurn } from './scripted-backend.ts';

/** What a host logged, for tests that ask what was kept from a client. */
export interface RecordedLog extends Log {
  readonly lines: readonly string[];
}

export function recordedLog(): RecordedLog {
  const lines: string[] = [];
  return {
    lines,
    info: (message) => void lines.push(message),
    error: (message, error) =>
      void lines.push(`${message}: ${error instanceof Error ? error.stack : String(error)}`),
  };
}

export interface TestHost extends Host {
  readonly log: RecordedLog;
  readonly workspacePath: string;
}

export interface TestHostOptions {
  readonly folder: string;
  /** What the agent says in every episode. */
  readonly script?: readonly ScriptedTurn[];
  readonly openAgent?: HostOptions['openAgent'];
  readonly python?: HostOptions['python'];
}

/**
 * A real host on a real workspace whose agent says what a script says. The demo agent's folder is not needed: the
 * double stands where an agent is opened.
 */
export async function startTestHost(options: TestHostOptions): Promise<TestHost> {
  const log = recordedLog();
  const workspacePath = join(options.folder, 'workspace');
  const host = createHost({
    mode: 'browser',
    workspacePath,
    assetsPath: join(options.folder, 'assets'),
    spawnWorker: spawnForkedWorker,
    log,
    now: Date.now,
    ...(options.python === undefined ? {} : { python: options.python }),
    openAgent: options.openAgent ?? (async () => scriptedBackend(options.script ?? ANSWERS_RED)),
  });
  await host.demoReady;
  return { ...host, log, workspacePath };
}

export const ANSWERS_RED: readonly ScriptedTurn[] = ['<think>I see it.</think>\n<answer>red</answer>'];

export type StudioClient = TRPCClient<AppRouter>;

/** One client of a host, over one wire. */
export interface Connected {
  readonly client: StudioClient;
  /** Cuts the wire under the client, as a lost connection does. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

export type Wire = 'message port' | 'websocket';
export const WIRES: readonly Wire[] = ['message port', 'websocket'];

export async function connect(host: Host, wire: Wire): Promise<Connected> {
  return wire === 'websocket' ? await connectByWebSocket(host) : connectByPort(host);
}

function connectByPort(host: Host): Connected {
  const hangUps: (() => void)[] = [];
  const socket = createWSClient({
    url: 'ws://port',
    WebSocket: portWebSocketClass(() => {
      const { port1, port2 } = new MessageChannel();
      hangUps.push(servePort(fromNodePort(port1), host.serveRpc));
      return port2;
    }),
    retryDelayMs: () => 10,
  });
  return {
    client: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }),
    cut: () => hangUps.at(-1)?.(),
    close: async () => {
      await socket.close();
    },
  };
}

async function connectByWebSocket(host: Host): Promise<Connected> {
  const server = await startTestServer(host);
  const connected = await connectTo(server.newAddress());
  return {
    ...connected,
    close: async () => {
      await connected.close();
      await server.close();
    },
  };
}

/** A client of a host that runs anywhere on this machine, by the address that it printed. */
export async function connectTo(address: string): Promise<Connected> {
  const { origin, host: place } = new URL(address);
  const cookie = await sessionOf(address);
  const sockets: WebSocket[] = [];
  class SessionSocket extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { cookie, origin } });
      sockets.push(this);
    }
  }
  const socket = createWSClient({
    url: `ws://${place}/rpc`,
    WebSocket: SessionSocket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 10,
  });
  return {
    client: createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] }),
    cut: () => sockets.at(-1)?.terminate(),
    close: async () => {
      await socket.close();
    },
  };
}

export async function startTestServer(host: Host, pageFolder = '/nowhere'): Promise<WebServer> {
  return await startWebServer({
    host: '127.0.0.1',
    port: 0,
    page: readPageFiles(pageFolder),
    serveRpc: host.serveRpc,
    answerAsset: host.answerAsset,
    log: recordedLog(),
  });
}

/** Exchanges the token of a fresh address for a cookie, as the page does. */
export async function openSession(server: WebServer): Promise<string> {
  return await sessionOf(server.newAddress());
}

async function sessionOf(address: string): Promise<string> {
  const { hash, origin } = new URL(address);
  const response = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token: hash.slice('#token='.length) }),
  });
  const cookie = response.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`no session: ${response.status}`);
  return cookie;
}

/** The client's face of a WebSocket over a Node port; the page's own stands in renderer/client. */
export function portWebSocketClass(open: () => NodePort): typeof globalThis.WebSocket {
  class PortWebSocket extends EventTarget {
    static readonly OPEN = 1;
    static readonly CLOSED = 3;
    readonly OPEN = 1;
    readyState = 0;
    readonly #port = open();

    constructor(_address: string) {
      super();
      this.#port.on('message', (data: string) => this.dispatchEvent(new MessageEvent('message', { data })));
      this.#port.on('close', () => this.#closed());
      setTimeout(() => {
        if (this.readyState !== 0) return;
        this.readyState = 1;
        this.dispatchEvent(new Event('open'));
      }, 0);
    }

    #closed(): void {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.dispatchEvent(new CloseEvent('close'));
    }

    send(data: string): void {
      this.#port.postMessage(data);
    }

    close(): void {
      this.#port.close();
      this.#closed();
    }
  }
  return PortWebSocket as unknown as typeof globalThis.WebSocket;
}

/** What a client is told when a call is refused. */
export async function refusalOf(call: Promise<unknown>): Promise<ErrorData> {
  const outcome = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(outcome instanceof TRPCClientError)) throw new Error('the call was not refused', { cause: outcome });
  return outcome.data as ErrorData;
}

export async function writePng(path: string, colour: string, width = 60, height = 40): Promise<string> {
  await sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toFile(path);
  return path;
}
