/**
 * What only a native shell can do. Electron's preload offers it as `window.shell`; in a browser the
 * page falls back to uploads and file inputs.
 */
export interface Shell {
  readonly kind: 'desktop';
  /** Asks for image files or a folder; null when the person cancelled. */
  choosePaths(kind: 'files' | 'folder'): Promise<readonly string[] | null>;
  /** The path on disk of a `File` dropped on the window (no DOM here, so no such type). */
  pathForFile(file: object): string;
}
