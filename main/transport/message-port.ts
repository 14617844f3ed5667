import { EventEmitter } from 'node:events';
import type { MessagePort as NodePort } from 'node:worker_threads';
import type { RpcSocket, ServeRpc } from './rpc.ts';
import { MAX_MESSAGE_BYTES } from './rpc.ts';

/** A wire that carries strings: one end of a message channel, of whichever kind. */
export interface StringPort {
  send(data: string): void;
  onMessage(listener: (data: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

/** Electron's port in a utility process, of which only this is known here. */
export interface EventPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

export function fromNodePort(port: NodePort): StringPort {
  return {
    send: (data) => port.postMessage(data),
    onMessage: (listener) => {
      port.on('message', listener);
    },
    onClose: (listener) => {
      port.on('close', listener);
    },
    close: () => port.close(),
  };
}

export function fromEventPort(port: EventPort): StringPort {
  return {
    send: (data) => port.postMessage(data),
    onMessage: (listener) => {
      port.on('message', (event) => listener(event.data));
      port.start();
    },
    onClose: (listener) => {
      port.on('close', listener);
    },
    close: () => port.close(),
  };
}

const OPEN = 1;
const CLOSED = 3;

/** The face of a WebSocket, in front of a port. */
class PortSocket extends EventEmitter implements RpcSocket {
  readyState = OPEN;
  readonly OPEN = OPEN;
  readonly #port: StringPort;

  constructor(port: StringPort) {
    super();
    this.#port = port;
    port.onClose(() => this.#closed());
    port.onMessage((data) => {
      // Whoever holds the port is the page that the shell let in; this only keeps a fault from growing.
      if (typeof data !== 'string' || data.length > MAX_MESSAGE_BYTES) this.close();
      else this.emit('message', Buffer.from(data), false);
    });
  }

  #closed(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.emit('close');
  }

  send(data: string): void {
    if (this.readyState === OPEN) this.#port.send(data);
  }

  close(): void {
    this.#port.close();
    this.#closed();
  }

  terminate(): void {
    this.close();
  }
}

/** Serves every procedure over a port. Returns how to hang up. */
export function servePort(port: StringPort, serve: ServeRpc): () => void {
  const socket = new PortSocket(port);
  serve(socket);
  return () => socket.close();
}
