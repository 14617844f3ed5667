import { PORT_OFFERED, PORT_WANTED } from '../../shared/contract/desktop.ts';

/** The page asks with one message; the preload answers with the other and one MessagePort. */
function requestPort(): Promise<MessagePort> {
  return new Promise((resolve) => {
    const listener = (event: MessageEvent): void => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== PORT_OFFERED || port === undefined) return;
      window.removeEventListener('message', listener);
      resolve(port);
    };
    window.addEventListener('message', listener);
    window.postMessage(PORT_WANTED, window.location.origin === 'null' ? '*' : window.location.origin);
  });
}

/**
 * A WebSocket whose wire is a MessagePort of the native shell, so that one protocol runs over both transports.
 * Every new socket asks for a new port: a host that was restarted is reached again.
 */
class PortSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 0;
  #port: MessagePort | null = null;

  constructor(_url: string) {
    super();
    void requestPort().then((port) => this.#open(port));
  }

  #open(port: MessagePort): void {
    if (this.readyState !== PortSocket.CONNECTING) {
      port.close();
      return;
    }
    this.#port = port;
    port.addEventListener('message', (event) =>
      this.dispatchEvent(new MessageEvent('message', { data: event.data })),
    );
    port.addEventListener('close', () => this.#closed());
    port.start();
    this.readyState = PortSocket.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  #closed(): void {
    if (this.readyState === PortSocket.CLOSED) return;
    this.readyState = PortSocket.CLOSED;
    this.dispatchEvent(new CloseEvent('close', { code: 1006 }));
  }

  send(data: string): void {
    this.#port?.postMessage(data);
  }

  close(): void {
    this.#port?.close();
    this.#closed();
  }
}

/** The class that the tRPC client is given in place of the browser's own. */
export const portWebSocket = PortSocket as unknown as typeof WebSocket;
