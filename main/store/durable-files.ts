import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Windows can't open a folder, and needs no sync of one. */
const CAN_SYNC_FOLDER = process.platform !== 'win32';

export function fsyncFile(path: string): void {
  const handle = openSync(path, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes a rename inside the folder last. */
export function fsyncFolder(path: string): void {
  if (!CAN_SYNC_FOLDER) return;
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** As `fsyncFolder`, off the event loop. */
export async function syncFolder(path: string): Promise<void> {
  if (!CAN_SYNC_FOLDER) return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Forces one file to the disk, off the event loop. */
export interface FileSync {
  /** Resolves when all that was written to the file before the call is on the disk. */
  sync(): Promise<void>;
}

async function syncOnce(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Calls that come while a sync runs share the next one: what they wrote may have come too late for the first. */
export function createFileSync(path: string, syncFile: (path: string) => Promise<void> = syncOnce): FileSync {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return {
    sync() {
      next ??= running.then(
        () => begin(),
        () => begin(),
      );
      return next;
    },
  };

  function begin(): Promise<void> {
    next = null;
    running = syncFile(path);
    return running;
  }
}

/**
 * Replaces a file whole: a reader sees the old or the new content, also after a crash. Writing over a file on a
 * full disk would leave it empty.
 */
export function replaceFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content, { flag: 'wx', mode: 0o600 });
    fsyncFile(draft);
    renameSync(draft, path);
    fsyncFolder(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
