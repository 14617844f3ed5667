import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isStudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { ImageId } from '../../../shared/model/ids.ts';
import type { Rejection } from '../../../shared/model/import-job.ts';
import type { Log } from '../../log.ts';
import type { StoredImage } from '../../store/repositories/images.ts';
import { toStoreError } from '../../store/store-error.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { ImageProcess } from './image-process.ts';
import { reject } from './scan.ts';
import { keepFiles } from './take-image.ts';

/** An image stands here from when its header was read until its pixels were looked at. */
export const INCOMING = 'incoming';

export interface PreparerDeps {
  readonly workspace: Workspace;
  readonly images: ImageProcess;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
}

/**
 * Looks at the pixels of images that are listed already, behind everything that a person waits for: decodes them
 * whole, makes thumbnails, learns what they look like. What was left at the end of the last run goes on at the next.
 */
export interface ImagePreparer {
  /** Resolves when the image was looked at; with what is wrong with it, where it had to be dropped. */
  prepared(image: StoredImage): Promise<Rejection | null>;
  /** Goes on with what an earlier run left, and then with looks that nobody has taken yet. */
  begin(): void;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Looks of older images that are taken in one go, before the others get a turn. */
const LOOKS_AT_ONCE = 16;

export function isIncoming(image: StoredImage): boolean {
  return image.file.startsWith(`${INCOMING}/`);
}

export function createImagePreparer(deps: PreparerDeps): ImagePreparer {
  const { workspace, images, now, notify, log } = deps;
  const waiting = new Map<ImageId, Promise<Rejection | null>>();
  let tail: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** In the action that brought it: undo and redo of the import know that it is gone. */
  function drop(id: ImageId): void {
    const known = workspace.importActions.ofImage(id);
    const change = (): void => workspace.images.drop(id, now());
    if (known === null) change();
    else workspace.journal.amend(known.action, change);
  }

  async function prepare(image: StoredImage): Promise<Rejection | null> {
    const draft = join(workspace.folder, image.file);
    const prepared = await images.ask<'prepare'>({ op: 'prepare', draft });
    try {
      if (!prepared.ok) {
        drop(image.id);
        await rm(draft, { force: true });
        return reject(image.name, prepared.refusal.code, prepared.refusal.message);
      }
      const { width, height, look } = prepared.value;
      const files = await keepFiles(workspace.folder, image.sha256, prepared.value);
      workspace.write(() => {
        workspace.images.settle(image.id, { ...files, width, height });
        workspace.looks.put(image.id, look);
      });
      await rm(draft, { force: true });
      return null;
    } finally {
      await Promise.all(['.canonical', '.thumbnail'].map((end) => rm(`${draft}${end}`, { force: true })));
      notify('images');
    }
  }

  function enqueue(image: StoredImage): Promise<Rejection | null> {
    const known = waiting.get(image.id);
    if (known !== undefined) return known;
    const work = tail.then(() => (closed ? null : prepare(image)));
    waiting.set(image.id, work);
    tail = work
      .catch((error: unknown) => {
        if (!closed) log.error(`image ${image.id} not prepared`, error);
      })
      .finally(() => waiting.delete(image.id));
    return work.catch((error: unknown) => {
      if (isStudioError(error)) throw error;
      throw toStoreError(error);
    });
  }

  async function lookAtOlder(): Promise<void> {
    for (;;) {
      const older = closed ? [] : workspace.looks.missing(LOOKS_AT_ONCE);
      if (older.length === 0) return;
      for (const image of older) {
        const seen = await images.ask<'look'>({ op: 'look', path: join(workspace.folder, image.file) });
        if (closed) return;
        // One that can't be read looks like nothing, so that it is not asked again for ever.
        workspace.looks.put(image.id, seen.ok ? seen.value.look : '0000000000000000');
      }
    }
  }

  return {
    prepared: async (image) => {
      const now = workspace.images.get(image.id) ?? image;
      return isIncoming(now) ? await enqueue(now) : null;
    },
    begin: () => {
      for (const image of workspace.images.incoming()) void enqueue(image).catch(() => {});
      tail = tail.then(lookAtOlder).catch((error: unknown) => {
        if (!closed) log.error('looks of older images not taken', error);
      });
    },
    idle: async () => {
      while (waiting.size > 0) await Promise.allSettled(waiting.values());
    },
    close: async () => {
      closed = true;
      await tail;
    },
  };
}
