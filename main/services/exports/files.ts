import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import { syncFolder } from '../../store/durable-files.ts';
import { toStoreError } from '../../store/store-error.ts';

/** Bytes that are gathered before they are written. */
const BUFFER = 1 << 20;

/** Writes lines one after the other; the file is on the disk when `end` returns. */
export interface LineFile {
  write(value: unknown): Promise<void>;
  end(): Promise<number>;
}

export async function writeLines(path: string): Promise<LineFile> {
  const file = await open(path, 'wx', 0o644);
  let waiting: string[] = [];
  let size = 0;
  let lines = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await file.write(waiting.join(''));
    waiting = [];
    size = 0;
  };
  return {
    write: async (value) => {
      const line = `${JSON.stringify(value)}\n`;
      waiting.push(line);
      size += line.length;
      lines += 1;
      if (size >= BUFFER) await flush();
    },
    end: async () => {
      await flush();
      await file.sync();
      await file.close();
      return lines;
    },
  };
}

export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function copyWhole(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Makes a folder whole or not at all: `fill` writes into a draft beside it, which then gets the name.
 * @throws StudioError conflict when there is something of that name, path_unreadable, disk_full
 */
export async function makeFolder<T>(folder: string, fill: (draft: string) => Promise<T>): Promise<T> {
  if ((await stat(folder).catch(() => null)) !== null) {
    throw new StudioError(
      'conflict',
      `${folder} is there already. Choose another name; nothing was written.`,
    );
  }
  const draft = join(dirname(folder), `.${basename(folder)}.${process.pid}.part`);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft);
    const result = await fill(draft);
    await rename(draft, folder);
    await syncFolder(dirname(folder));
    return result;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const mapped = toStoreError(error);
    if (mapped instanceof StudioError) throw mapped;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (/^E(ACCES|PERM|ROFS|NOTDIR|NOENT)$/u.test(code)) {
      throw new StudioError(
        'path_not_allowed',
        `${folder} can not be written. Choose a folder that is yours.`,
      );
    }
    throw error;
  }
}
