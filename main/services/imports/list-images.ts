import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rejection } from '../../../shared/model/import-job.ts';
import { syncFolder } from '../../store/durable-files.ts';
import type { StoredImage } from '../../store/repositories/images.ts';
import { placeInBatch } from '../../store/repositories/page.ts';
import { INCOMING, isIncoming } from './image-preparer.ts';
import type { ReceivedFile } from './image-messages.ts';
import { reject } from './scan.ts';
import type { FoundFile } from './scan.ts';
import type { TakeImageDeps } from './take-image.ts';

/** A file that was asked for, and what became of it. */
export type Listed =
  | { readonly ok: true; readonly image: StoredImage; readonly isNew: boolean }
  | { readonly ok: false; readonly rejection: Rejection };

/**
 * Lists many files by their headers, in one transaction: they can be seen and used at once, and their pixels are
 * looked at later. The files are on the disk before the rows are.
 * @throws StudioError disk_full and the like, which end the whole import
 */
export async function listImages(
  deps: TakeImageDeps,
  files: readonly FoundFile[],
  position: { readonly batch: number; readonly index: number },
): Promise<readonly Listed[]> {
  const { workspace } = deps;
  const drafts = files.map(({ path }) => ({ path, draft: join(workspace.temporaryFolder, randomUUID()) }));
  try {
    const received = await deps.images.ask<'receive'>({ op: 'receive', files: drafts });
    if (!received.ok) {
      const { code, message } = received.refusal;
      return files.map(({ name }) => ({ ok: false, rejection: reject(name, code, message) }));
    }
    const seen = received.value.files;
    await moveIn(deps, drafts, seen);
    return deps.write(() =>
      files.map((file, at) => listOne(deps, file, seen[at], { ...position, index: position.index + at })),
    );
  } finally {
    await Promise.all(drafts.map(({ draft }) => rm(draft, { force: true })));
  }
}

function placeOf({ sha256, format }: Extract<ReceivedFile, { ok: true }>): string {
  return `${INCOMING}/${sha256}.${format}`;
}

async function moveIn(
  { workspace }: TakeImageDeps,
  drafts: readonly { readonly draft: string }[],
  received: readonly ReceivedFile[],
): Promise<void> {
  await Promise.all(
    received.map(async (one, at) => {
      const draft = drafts[at]?.draft;
      if (!one.ok || draft === undefined) return;
      // One that could not be read before is looked at anew.
      const known = workspace.images.findBySha256(one.sha256);
      if (known !== null && !(known.removed && isIncoming(known.image))) return;
      await rename(draft, join(workspace.folder, placeOf(one)));
    }),
  );
  await syncFolder(join(workspace.folder, INCOMING));
}

function listOne(
  { workspace, now }: TakeImageDeps,
  file: FoundFile,
  received: ReceivedFile | undefined,
  { batch, index }: { readonly batch: number; readonly index: number },
): Listed {
  if (received === undefined) throw new Error('the worker answered for fewer files than it was asked');
  if (!received.ok) {
    const { code, message } = received.refusal;
    return { ok: false, rejection: reject(file.name, code, message) };
  }
  const { sha256, byteSize, format, width, height } = received;
  const place = placeInBatch(batch, index);
  const known = workspace.images.findBySha256(sha256);
  if (known !== null) {
    if (known.removed) workspace.images.restore(known.image.id, place);
    return { ok: true, image: known.image, isNew: known.removed };
  }
  const image = workspace.images.add({
    file: placeOf(received),
    // Until there is a smaller one.
    thumbnail: placeOf(received),
    place,
    sha256,
    name: file.name.split('/').at(-1) ?? file.name,
    format,
    width,
    height,
    byteSize,
    importedAt: now(),
  });
  return { ok: true, image, isNew: true };
}
