import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { type MessagePort as NodePort, parentPort, workerData } from 'node:worker_threads';
import { PortTwin } from './port-twin.ts';

/** Runs an entry as Electron runs one in a utility process: `process.parentPort` first, then the entry. */
const wire = parentPort;
if (wire === null) throw new Error('This file is run as a thread.');

class ParentPortTwin extends EventEmitter {
  postMessage(message: unknown): void {
    wire?.postMessage(message);
  }
}
const twin = new ParentPortTwin();
Object.assign(process, { parentPort: twin });

await import(pathToFileURL((workerData as { readonly entry: string }).entry).href);

// Electron keeps what was sent before the entry has run, too.
wire.on('message', ({ data, ports }: { readonly data: unknown; readonly ports: readonly NodePort[] }) => {
  twin.emit('message', { data, ports: ports.map((port) => new PortTwin(port)) });
});
