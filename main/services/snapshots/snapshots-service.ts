import type {
  SnapshotCheck,
  SnapshotDiff,
  SnapshotSamples,
  TakeProgress,
  TakeSnapshotInput,
} from '../../../shared/contract/snapshots.ts';
import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { JobId, ReviewerId, SnapshotId } from '../../../shared/model/ids.ts';
import type { Snapshot, SnapshotDemonstration } from '../../../shared/model/snapshot.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import { toImageRecord } from '../../store/repositories/images.ts';
import { createProgress } from '../progress.ts';
import type { Progress } from '../progress.ts';
import { checkSnapshot } from './check-snapshot.ts';
import { takeSnapshot } from './take-snapshot.ts';
import type { TakeDeps } from './take-snapshot.ts';

export interface SnapshotsDeps extends TakeDeps {
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
}

/** Immutable versions of the dataset: taking them, looking into them, and what training could not use of them. */
export interface SnapshotsService {
  list(): readonly Snapshot[];
  get(id: SnapshotId): Snapshot;
  take(input: TakeSnapshotInput): TakeProgress;
  watchTake(id: JobId, signal: AbortSignal): AsyncGenerator<TakeProgress, void, void>;
  cancelTake(id: JobId): void;
  taken(id: JobId): Promise<TakeProgress>;
  remove(id: SnapshotId, by: ReviewerId | undefined): void;
  samples(id: SnapshotId, from: number, limit: number): SnapshotSamples;
  demonstrations(id: SnapshotId, from: number, limit: number): readonly SnapshotDemonstration[];
  check(id: SnapshotId): Promise<SnapshotCheck>;
  diff(before: SnapshotId, after: SnapshotId, from: number, limit: number): SnapshotDiff;
  close(): Promise<void>;
}

interface Take {
  readonly progress: Progress<TakeProgress>;
  readonly abort: AbortController;
  work: Promise<void>;
}

/** Ended ones that are still remembered, so that a page that was away learns how they ended. */
const REMEMBERED = 20;

export function createSnapshotsService(deps: SnapshotsDeps): SnapshotsService {
  const { workspace, now, notify, log } = deps;
  const { snapshots, images } = workspace;
  const takes = new Map<JobId, Take>();

  function find(id: JobId): Take {
    const one = takes.get(id);
    if (!one)
      throw new StudioError(
        'not_found',
        'This work is not known. It may be from before the app was started.',
      );
    return one;
  }

  async function work({ progress, abort }: Take, input: TakeSnapshotInput): Promise<void> {
    try {
      const id = await takeSnapshot(deps, input, abort.signal, (done, total) =>
        progress.set({ ...progress.get(), done, total }),
      );
      progress.set({ ...progress.get(), state: 'finished', snapshot: snapshots.get(id) });
      notify('snapshots');
      notify('journal');
    } catch (error) {
      if (abort.signal.aborted) return progress.set({ ...progress.get(), state: 'cancelled' });
      if (!isStudioError(error)) log.error('snapshot failed', error);
      const message = isStudioError(error) ? error.message : 'Something went wrong inside the app.';
      progress.set({ ...progress.get(), state: 'failed', error: message });
    }
  }

  return {
    list: () => snapshots.list(),
    get: (id) => snapshots.get(id),
    take: (input) => {
      const id = newId.job();
      const first: TakeProgress = { id, state: 'running', total: 0, done: 0, snapshot: null, error: null };
      const progress = createProgress(first, ({ state }) => state !== 'running');
      const take: Take = { progress, abort: new AbortController(), work: Promise.resolve() };
      takes.set(id, take);
      for (const [old, { progress: other }] of takes) {
        if (takes.size <= REMEMBERED) break;
        if (other.get().state !== 'running') takes.delete(old);
      }
      take.work = work(take, input);
      return progress.get();
    },
    watchTake: (id, signal) => find(id).progress.watch(signal),
    cancelTake: (id) => find(id).abort.abort(),
    taken: async (id) => {
      const take = find(id);
      await take.work;
      return take.progress.get();
    },
    remove: (id, by) => {
      const { name } = snapshots.get(id);
      const at = now();
      const who = by ?? workspace.reviewers.first(at).id;
      workspace.journal.act({ by: who, at, label: `Remove snapshot "${name}"`, subject: id }, () =>
        snapshots.remove(id),
      );
      notify('snapshots');
      notify('journal');
    },
    samples: (id, from, limit) => {
      const { counts } = snapshots.get(id);
      const items = snapshots.samplePage(id, from, limit).map((sample) => ({
        sample,
        images: snapshots.imagesOf(id, sample.images),
        shown: sample.images.map((sha256) => {
          const known = images.findBySha256(sha256);
          return known === null ? null : toImageRecord(known.image);
        }),
      }));
      return { items, total: counts.samples };
    },
    demonstrations: (id, from, limit) => {
      snapshots.get(id);
      return snapshots.demonstrationPage(id, from, limit);
    },
    check: async (id) => {
      snapshots.get(id);
      return await checkSnapshot(snapshots, workspace.folder, id);
    },
    diff: (before, after, from, limit) => {
      snapshots.get(before);
      snapshots.get(after);
      return {
        ...snapshots.diffCounts(before, after),
        changedSamples: snapshots.sampleDiff(before, after, from, limit),
        changedDemonstrations: snapshots.demonstrationDiff(before, after, from, limit),
      };
    },
    close: async () => {
      for (const { abort } of takes.values()) abort.abort();
      await Promise.all([...takes.values()].map((take) => take.work));
    },
  };
}
