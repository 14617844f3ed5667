import { setImmediate } from 'node:timers/promises';
import type { StartBulkInput } from '../../../shared/contract/curation.ts';
import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { BulkEdit, BulkProgress } from '../../../shared/model/bulk-edit.ts';
import type { JobId, ReviewerId } from '../../../shared/model/ids.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import type { Workspace } from '../../store/workspace.ts';
import { createProgress } from '../progress.ts';
import type { Progress } from '../progress.ts';
import { membersOf } from './image-sets.ts';

export interface BulkDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
}

/** Edits of many samples: one action each, in parts, so that nobody else waits for long. */
export interface BulkService {
  start(input: StartBulkInput): BulkProgress;
  /** Several edits as one action. */
  run(by: ReviewerId | undefined, label: string, steps: readonly BulkStep[]): BulkProgress;
  watch(id: JobId, signal: AbortSignal): AsyncGenerator<BulkProgress, void, void>;
  cancel(id: JobId): void;
  settled(id: JobId): Promise<BulkProgress>;
  close(): Promise<void>;
}

/** Rows of a part: what takes some tens of milliseconds. */
const PART = 1000;
/** Ended edits that are still remembered, so that a page that was away learns how they ended. */
const REMEMBERED = 50;

export interface BulkStep {
  readonly edit: BulkEdit;
  readonly rows: readonly number[];
}

interface Job {
  readonly progress: Progress<BulkProgress>;
  readonly abort: AbortController;
  work: Promise<void>;
}

export function createBulkService({ workspace, now, notify, log }: BulkDeps): BulkService {
  const jobs = new Map<JobId, Job>();

  function find(id: JobId): Job {
    const job = jobs.get(id);
    if (!job)
      throw new StudioError(
        'not_found',
        'This work is not known. It may be from before the app was started.',
      );
    return job;
  }

  async function work(
    job: Job,
    by: ReviewerId | undefined,
    label: string,
    steps: readonly BulkStep[],
  ): Promise<void> {
    const { progress, abort } = job;
    const at = now();
    const who = by ?? workspace.reviewers.first(at).id;
    const parts = workspace.journal.actInParts({ by: who, at, label, subject: null });
    try {
      for (const { edit, rows } of steps) {
        for (let from = 0; from < rows.length && !abort.signal.aborted; from += PART) {
          const part = rows.slice(from, from + PART);
          const changed = parts.run(() => workspace.bulkEdits.apply(edit, part, at));
          const before = progress.get();
          progress.set({ ...before, done: before.done + part.length, changed: before.changed + changed });
          await setImmediate();
        }
      }
      progress.set({ ...progress.get(), state: abort.signal.aborted ? 'cancelled' : 'finished' });
    } catch (error) {
      if (!isStudioError(error)) log.error('bulk edit failed', error);
      const message = isStudioError(error) ? error.message : 'Something went wrong inside the app.';
      progress.set({ ...progress.get(), state: 'failed', error: message });
    }
    notify('samples');
    notify('journal');
  }

  function run(by: ReviewerId | undefined, label: string, steps: readonly BulkStep[]): BulkProgress {
    const id = newId.job();
    const total = steps.reduce((sum, { rows }) => sum + rows.length, 0);
    const first: BulkProgress = { id, state: 'running', total, done: 0, changed: 0, error: null };
    const progress = createProgress(first, ({ state }) => state !== 'running');
    const job: Job = { progress, abort: new AbortController(), work: Promise.resolve() };
    jobs.set(id, job);
    for (const [old, { progress: other }] of jobs) {
      if (jobs.size <= REMEMBERED) break;
      if (other.get().state !== 'running') jobs.delete(old);
    }
    job.work = work(job, by, label, steps);
    return progress.get();
  }

  return {
    start: ({ by, edit, selection }) => {
      const chosen = workspace.sampleSearch.rowsOf(selection);
      const isSpread = edit.kind === 'set_split' && edit.withSharing;
      const rows = isSpread ? membersOf(workspace.sampleSearch.imagePairs(), chosen) : chosen;
      return run(by, labelOf(edit, rows.length), [{ edit, rows }]);
    },
    run,
    watch: (id, signal) => find(id).progress.watch(signal),
    cancel: (id) => find(id).abort.abort(),
    settled: async (id) => {
      const job = find(id);
      await job.work;
      return job.progress.get();
    },
    close: async () => {
      for (const { abort } of jobs.values()) abort.abort();
      await Promise.all([...jobs.values()].map((job) => job.work));
    },
  };
}

function labelOf(edit: BulkEdit, count: number): string {
  const samples = count === 1 ? 'one sample' : `${count.toLocaleString('en')} samples`;
  switch (edit.kind) {
    case 'add_tag':
      return `Tag ${samples} "${edit.tag}"`;
    case 'remove_tag':
      return `Take tag "${edit.tag}" from ${samples}`;
    case 'set_split':
      return `Put ${samples} into split ${edit.split}`;
    case 'set_kind':
      return `Set kind of ${samples} to ${edit.sampleKind}`;
    case 'remove':
      return `Remove ${samples}`;
    default:
      return assertNever(edit);
  }
}
