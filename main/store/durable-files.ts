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
