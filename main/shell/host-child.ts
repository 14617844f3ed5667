import { basename, join } from 'node:path';
import {
  app,
  dialog,
  MessageChannelMain,
  type MessagePortMain,
  type UtilityProcess,
  utilityProcess,
} from 'electron';
import type {
  AssetReply,
  AssetRequest,
  DesktopWorker,
  HostToMain,
  MainToHost,
} from '../../shared/contract/desktop.ts';

/** How long the host may take to close its store, in milliseconds. */
const GRACE = 5000;

/** The project's folder, seen from the bundle in dist/electron. Electron's Node runs the sources as they are. */
const MAIN_FOLDER = join(import.meta.dirname, '..', '..', 'main');
const HOST_ENTRY = join(MAIN_FOLDER, 'host-process.ts');
const WORKER_ENTRIES: Readonly<Record<DesktopWorker, string>> = {
  engine: join(MAIN_FOLDER, 'agent', 'engine', 'engine-process.ts'),
  images: join(MAIN_FOLDER, 'services', 'imports', 'image-worker.ts'),
  tables: join(MAIN_FOLDER, 'services', 'imports', 'tables', 'table-worker.ts'),
};

export interface HostChild {
  /** Gives the host a port to a page; a host that has ended is started again first. */
  readonly connectPage: (port: MessagePortMain) => void;
  /** Asks the host for what is not a file of the page. */
  readonly ask: (request: Omit<AssetRequest, 'id'>) => Promise<AssetReply>;
  readonly end: () => Promise<void>;
}

/** The host's process and its workers. Main only introduces them to each other: what they say passes it by. */
export function createHostChild(args: readonly string[]): HostChild {
  let running: RunningHost | null = null;
  let ending = false;
  const host = (): RunningHost => {
    running ??= startHost(args, () => {
      running = null;
    });
    return running;
  };
  host();
  return {
    connectPage: (port) => {
      if (!ending) host().send({ kind: 'page' }, port);
    },
    ask: (request) => (ending ? Promise.resolve({ ...UNAVAILABLE, id: 0 }) : host().ask(request)),
    end: async () => {
      ending = true;
      await running?.end();
    },
  };
}

const UNAVAILABLE: Omit<AssetReply, 'id'> = { status: 503, headers: {}, body: null };

interface RunningHost {
  readonly send: (message: MainToHost, port: MessagePortMain) => void;
  readonly ask: HostChild['ask'];
  readonly end: () => Promise<void>;
}

function startHost(args: readonly string[], onEnd: () => void): RunningHost {
  const child = forkEntry(HOST_ENTRY, args);
  const workers = new Map<number, UtilityProcess>();
  const assets = createAssetClient();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const worker of workers.values()) worker.kill();
      assets.close();
      onEnd();
      resolve();
    });
  });

  const send = (message: MainToHost, ...ports: MessagePortMain[]): void => child.postMessage(message, ports);
  const startWorker = (id: number, name: DesktopWorker): void => {
    const worker = forkEntry(WORKER_ENTRIES[name], []);
    const { port1, port2 } = new MessageChannelMain();
    workers.set(id, worker);
    worker.postMessage(null, [port1]);
    send({ kind: 'worker', id }, port2);
    worker.once('exit', (code) => {
      workers.delete(id);
      send({ kind: 'worker-ended', id, reason: `exit code ${code}` });
    });
  };

  child.on('message', (message: HostToMain) => {
    switch (message.kind) {
      case 'ready':
        break;
      case 'failed':
        dialog.showErrorBox('IMAgent Studio', message.message);
        child.kill();
        app.quit();
        break;
      case 'start-worker':
        startWorker(message.id, message.worker);
        break;
      case 'end-worker':
        workers.get(message.id)?.kill();
        break;
      default:
        message satisfies never;
    }
  });
  send({ kind: 'assets' }, assets.hostEnd);

  return {
    send,
    ask: assets.ask,
    end: async () => {
      send({ kind: 'shutdown' });
      const killer = setTimeout(() => child.kill(), GRACE);
      await ended;
      clearTimeout(killer);
    },
  };
}

/** Requests by number over one port; what is open when the host ends is answered as unavailable. */
function createAssetClient() {
  const { port1: ours, port2: hostEnd } = new MessageChannelMain();
  const open = new Map<number, (reply: AssetReply) => void>();
  let lastId = 0;
  ours.on('message', ({ data }: { data: AssetReply }) => {
    open.get(data.id)?.(data);
    open.delete(data.id);
  });
  ours.start();
  return {
    hostEnd,
    ask: (request: Omit<AssetRequest, 'id'>): Promise<AssetReply> =>
      new Promise((resolve) => {
        lastId += 1;
        open.set(lastId, resolve);
        ours.postMessage({ ...request, id: lastId } satisfies AssetRequest);
      }),
    close: (): void => {
      for (const [id, answer] of open) answer({ ...UNAVAILABLE, id });
      open.clear();
      ours.close();
    },
  };
}

function forkEntry(entry: string, args: readonly string[]): UtilityProcess {
  return utilityProcess.fork(entry, [...args], {
    serviceName: `IMAgent ${basename(entry, '.ts')}`,
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
}
