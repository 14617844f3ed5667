import type { DesktopPort } from './desktop-workers.ts';

/** The worker's end of the channel to the host. */
export interface WorkerChannel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** `process.parentPort` of a utility process: its first message brings the port to the host. */
interface ParentPort {
  once(event: 'message', listener: (event: { readonly ports: readonly DesktopPort[] }) => void): void;
}

/**
 * Connects a worker to the host: over the port that Electron main hands it, or over the channel of a fork. A
 * worker whose host is gone, however it went, ends itself.
 */
export function connectToHost(): WorkerChannel {
  const port = (process as { readonly parentPort?: ParentPort }).parentPort;
  if (port !== undefined) {
    return connectOverPort(port);
  }
  if (process.send === undefined) {
    process.stderr.write('This process is started by the application, not by hand.\n');
    process.exit(2);
  }
  process.once('disconnect', () => process.exit(0));
  // Ctrl+C reaches every process of the terminal; the host decides when a worker ends.
  process.on('SIGINT', () => {});
  return {
    send: (message) => {
      // A failed send is followed by 'disconnect'.
      if (process.connected) process.send?.(message, undefined, {}, () => undefined);
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
  };
}

/** What is said before the port has come waits for it. */
function connectOverPort(parent: ParentPort): WorkerChannel {
  const waiting: unknown[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  let wire: DesktopPort | null = null;
  parent.once('message', ({ ports }) => {
    const port = ports[0];
    if (port === undefined) process.exit(1);
    wire = port;
    port.on('message', (event) => {
      for (const listener of listeners) listener(event.data);
    });
    port.on('close', () => process.exit(0));
    port.start();
    for (const message of waiting.splice(0)) port.postMessage(message);
  });
  return {
    send: (message) => {
      if (wire === null) waiting.push(message);
      else wire.postMessage(message);
    },
    onMessage: (listener) => {
      listeners.push(listener);
    },
  };
}
