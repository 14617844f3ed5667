import type { WebSocket, WebSocketServer } from 'ws';

const INTERVAL_MS = 15_000;
/** What may wait for a page that does not read. It comes back, and its streams go on from where it was. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Ends connections whose other end is gone or does not read. Returns how to stop that. */
export function keepSocketsAlive(server: WebSocketServer): () => void {
  const silent = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket) || socket.bufferedAmount > MAX_WAITING_BYTES) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.once('pong', () => silent.delete(socket));
      socket.ping();
    }
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
