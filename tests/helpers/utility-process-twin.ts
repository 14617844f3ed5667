import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import type { TwinMessage } from './electron-twin.ts';

/** Runs an entry as Electron runs one in a utility process: `process.parentPort` is there before it. */
const [entry = ''] = process.argv.splice(2, 1);
const tell = (message: TwinMessage): void => {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
};

class ReceivedPort extends EventEmitter {
  readonly #id: number;
  #waiting: unknown[] | null = [];

  constructor(id: number) {
    super();
    this.#id = id;
  }

  start(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const data of waiting) this.emit('message', { data, ports: [] });
  }

  postMessage(message: unknown): void {
    tell({ kind: 'port', id: this.#id, message });
  }

  close(): void {
    tell({ kind: 'close', id: this.#id });
  }

  deliver(data: unknown): void {
    if (this.#waiting === null) this.emit('message', { data, ports: [] });
    else this.#waiting.push(data);
  }
}

const received = new Map<number, ReceivedPort>();
const parentPort = Object.assign(new EventEmitter(), {
  postMessage: (data: unknown) => tell({ kind: 'main', data, ports: [] }),
});
Object.assign(process, { parentPort });
process.once('disconnect', () => process.exit(0));

await import(pathToFileURL(entry).href);

// What was sent before the entry has run waits in the channel, as it does in Electron.
process.on('message', (message: TwinMessage) => {
  if (message.kind === 'main') {
    const ports = message.ports.map((id) => {
      const port = new ReceivedPort(id);
      received.set(id, port);
      return port;
    });
    parentPort.emit('message', { data: message.data, ports });
  } else if (message.kind === 'port') {
    received.get(message.id)?.deliver(message.message);
  } else {
    received.get(message.id)?.emit('close');
  }
});
