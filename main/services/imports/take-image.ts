import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Rejection } from '../../../shared/model/import-job.ts';
import { syncFolder } from '../../store/durable-files.ts';
import { placeInBatch } from '../../store/repositories/page.ts';
import type { StoredImage } from '../../store/repositories/images.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { ImageAnswers } from './image-messages.ts';
import type { ImageProcess } from './image-process.ts';
import { reject } from './scan.ts';
import type { FoundFile } from './scan.ts';

export interface TakeImageDeps {
  readonly workspace: Workspace;
  readonly images: ImageProcess;
  readonly now: () => number;
  /** One transaction of the import that this is part of. */
  readonly write: <T>(change: () => T) => T;
  /** Resolves when an image that is listed has been looked at whole; with what is wrong with it. */
  readonly prepared: (image: StoredImage) => Promise<Rejection | null>;
}

export type TakenImage =
  | { readonly ok: true; readonly image: StoredImage; readonly isNew: boolean }
  | { readonly ok: false; readonly rejection: Rejection };

/**
 * Brings one file into the workspace: its canonical pixels, a thumbnail, a row. The files are on the disk before
 * the row is, so a row never points at nothing; what a crash leaves between the two is a file that the next
 * import of the same image replaces.
 * @throws StudioError disk_full and the like, which end the whole import
 */
export async function takeImage(
  deps: TakeImageDeps,
  file: FoundFile,
  position: { readonly batch: number; readonly index: number },
): Promise<TakenImage> {
  const draft = join(deps.workspace.temporaryFolder, randomUUID());
  try {
    const taken = await deps.images.ask<'take'>({ op: 'take', path: file.path, draft });
    if (!taken.ok)
      return { ok: false, rejection: reject(file.name, taken.refusal.code, taken.refusal.message) };
    const { sha256, byteSize } = taken.value;
    const known = deps.workspace.images.findBySha256(sha256);
    if (known !== null) {
      const trouble = await deps.prepared(known.image);
      if (trouble !== null) return { ok: false, rejection: { ...trouble, name: file.name } };
      if (known.removed) {
        const place = placeInBatch(position.batch, position.index);
        deps.write(() => deps.workspace.images.restore(known.image.id, place));
      }
      return { ok: true, image: known.image, isNew: known.removed };
    }
    const prepared = await deps.images.ask<'prepare'>({ op: 'prepare', draft });
    if (!prepared.ok) {
      return { ok: false, rejection: reject(file.name, prepared.refusal.code, prepared.refusal.message) };
    }
    const files = await keepFiles(deps.workspace.folder, sha256, prepared.value);
    const { format, width, height } = prepared.value;
    const image = deps.write(() => {
      const added = deps.workspace.images.add({
        ...files,
        place: placeInBatch(position.batch, position.index),
        sha256,
        name: file.name.split('/').at(-1) ?? file.name,
        format,
        width,
        height,
        byteSize,
        importedAt: deps.now(),
      });
      deps.workspace.looks.put(added.id, prepared.value.look);
      return added;
    });
    return { ok: true, image, isNew: true };
  } finally {
    await Promise.all(['', '.canonical', '.thumbnail'].map((end) => rm(`${draft}${end}`, { force: true })));
  }
}

/** Where the files of an image are kept, by the digest of what was imported. */
export async function keepFiles(
  folder: string,
  sha256: string,
  prepared: ImageAnswers['prepare'],
): Promise<{ readonly file: string; readonly thumbnail: string }> {
  const shard = sha256.slice(0, 2);
  const file = `images/${shard}/${sha256}.${prepared.extension}`;
  const thumbnail = `thumbnails/${shard}/${sha256}.webp`;
  await keepFile(prepared.canonical, join(folder, file));
  await keepFile(prepared.thumbnail, join(folder, thumbnail));
  return { file, thumbnail };
}

/** The draft stays until the row names the new place, so that a crash between the two costs nothing. */
async function keepFile(from: string, to: string): Promise<void> {
  const made = await mkdir(dirname(to), { recursive: true });
  await rm(to, { force: true });
  // A second name for the same file; where the file system has no such thing, a copy.
  await link(from, to).catch(() => copyDurably(from, to));
  await syncFolder(dirname(to));
  // A new shard must itself be found again after a power loss.
  if (made !== undefined) await syncFolder(dirname(dirname(to)));
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const file = await open(to, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
