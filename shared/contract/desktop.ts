/**
 * What the processes of the desktop shell say to each other. Electron main only introduces: it forks the host and
 * its workers and hands each pair the two ends of a MessagePort, over which they then speak without it.
 */

/** The page asks its preload for a port with this message; the preload answers with `PORT_OFFERED` and the port. */
export const PORT_WANTED = 'imagent:port-wanted';
export const PORT_OFFERED = 'imagent:port';
/** The page's preload asks main for a dialog. */
export const CHOOSE_PATHS = 'imagent:choose-paths';

/** Processes that do what must neither freeze the host nor take it down. */
export type DesktopWorker = 'engine' | 'images' | 'tables';

/** Each but the last two carries one port. */
export type MainToHost =
  /** A page: the port carries the frames of every procedure, as strings. */
  | { readonly kind: 'page' }
  /** Electron's `app:` handler: the port carries AssetRequest, and AssetReply back. */
  | { readonly kind: 'assets' }
  /** The worker that was asked for. */
  | { readonly kind: 'worker'; readonly id: number }
  | { readonly kind: 'worker-ended'; readonly id: number; readonly reason: string }
  /** Close the store and end. */
  | { readonly kind: 'shutdown' };

export type HostToMain =
  | { readonly kind: 'ready' }
  /** The host can't start; the message is for the person. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'start-worker'; readonly id: number; readonly worker: DesktopWorker }
  | { readonly kind: 'end-worker'; readonly id: number };

/** A request of the page that is not for one of its own files. */
export interface AssetRequest {
  readonly id: number;
  readonly method: string;
  /** Path and query, beginning with `/`. */
  readonly path: string;
  readonly contentType: string | null;
  readonly body: Uint8Array | null;
}

export interface AssetReply {
  readonly id: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}
