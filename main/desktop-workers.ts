import type { HostToMain, MainToHost } from '../shared/contract/desktop.ts';
import type { SpawnWorker } from './worker-process.ts';

/** The end of a port in a utility process; Electron's `MessagePortMain`, of which the host knows only this. */
export interface DesktopPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** A message of Electron main with the ports that came with it. */
interface FromMain {
  readonly data: MainToHost;
  readonly ports: readonly DesktopPort[];
}

/** `process.parentPort` of the host. */
export interface MainPort {
  postMessage(message: HostToMain): void;
  on(event: 'message', listener: (event: FromMain) => void): unknown;
}

interface Worker {
  readonly connected: (port: DesktopPort) => void;
  readonly ended: (reason: string) => void;
}

/**
 * Workers of the desktop: Electron main forks them and hands over a port to each, because a utility process can't
 * fork others. What is said before the port is there waits for it.
 */
export function createDesktopWorkers(main: MainPort): SpawnWorker {
  const workers = new Map<number, Worker>();
  let lastId = 0;

  main.on('message', ({ data, ports }) => {
    const port = ports[0];
    if (data.kind === 'worker' && port !== undefined) workers.get(data.id)?.connected(port);
    if (data.kind === 'worker-ended') workers.get(data.id)?.ended(data.reason);
  });

  return (name) => {
    lastId += 1;
    const id = lastId;
    const waiting: unknown[] = [];
    const listeners: ((message: unknown) => void)[] = [];
    const exitListeners: ((reason: string) => void)[] = [];
    let wire: DesktopPort | null = null;
    let exitReason: string | null = null;
    workers.set(id, {
      connected: (port) => {
        wire = port;
        port.on('message', (event) => {
          for (const listener of listeners) listener(event.data);
        });
        port.start();
        for (const message of waiting.splice(0)) port.postMessage(message);
      },
      ended: (reason) => {
        workers.delete(id);
        wire?.close();
        exitReason = reason;
        for (const listener of exitListeners) listener(reason);
      },
    });
    main.postMessage({ kind: 'start-worker', id, worker: name });
    return {
      send: (message) => {
        if (exitReason !== null) return;
        if (wire === null) waiting.push(message);
        else wire.postMessage(message);
      },
      onMessage: (listener) => {
        listeners.push(listener);
      },
      onExit: (listener) => {
        if (exitReason === null) exitListeners.push(listener);
        else queueMicrotask(() => listener(exitReason ?? ''));
      },
      kill: () => main.postMessage({ kind: 'end-worker', id }),
    };
  };
}
