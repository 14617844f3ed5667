import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** Small files of a run folder are read whole; anything bigger was not written by us. */
const MAX_SMALL_FILE = 4 * 1024 * 1024;

/** A small JSON file of a run folder; null where it is not there, too big, or not what the schema says. */
export function readSmallJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): z.infer<Schema> | null {
  try {
    if (statSync(path).size > MAX_SMALL_FILE) return null;
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Replaces a file whole: a reader, or a crash, finds the old or the new one. */
export function replaceJson(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    sync(draft, 'r+');
    renameSync(draft, path);
    // Windows can't open a folder, and needs no sync of one.
    if (process.platform !== 'win32') sync(dirname(path), 'r');
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function sync(path: string, flags: string): void {
  const handle = openSync(path, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
