import { EventEmitter } from 'node:events';
import type { MessagePort as NodePort } from 'node:worker_threads';

/** Node's port with the face of Electron's: events carry `data`, and nothing comes before `start()`. */
export class PortTwin extends EventEmitter {
  readonly #port: NodePort;

  constructor(port: NodePort) {
    super();
    this.#port = port;
  }

  start(): void {
    this.#port.on('message', (data) => this.emit('message', { data, ports: [] }));
    this.#port.on('close', () => this.emit('close'));
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message);
  }

  close(): void {
    this.#port.close();
  }

  /** The port itself, to be handed to another process. */
  release(): NodePort {
    return this.#port;
  }
}
