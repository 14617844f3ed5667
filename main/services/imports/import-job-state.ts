import type { ImportId } from '../../../shared/model/ids.ts';
import type { ImportJob, Rejection } from '../../../shared/model/import-job.ts';

/** Rejections that a job carries; the rest is counted. */
const SHOWN_REJECTIONS = 200;
/** Shortest time between two values of a watched job, in milliseconds. */
const WATCH_INTERVAL_MS = 80;

/** A job whose progress can be watched. The only writer is the import that it belongs to. */
export interface JobState {
  get(): ImportJob;
  update(change: (job: ImportJob) => ImportJob): void;
  reject(rejections: readonly Rejection[]): void;
  /** The job now and whenever it changed, until it has ended. Values that come faster than a person sees are skipped. */
  watch(signal: AbortSignal): AsyncGenerator<ImportJob, void, void>;
}

export function hasEnded(job: ImportJob): boolean {
  return job.state === 'finished' || job.state === 'cancelled' || job.state === 'failed';
}

export function createJobState(id: ImportId): JobState {
  let job: ImportJob = {
    id,
    state: 'scanning',
    total: null,
    done: 0,
    importedImages: 0,
    duplicates: 0,
    importedSamples: 0,
    rejections: [],
    rejectedCount: 0,
    error: null,
  };
  const watchers = new Set<() => void>();

  function update(change: (job: ImportJob) => ImportJob): void {
    job = change(job);
    for (const wake of watchers) wake();
  }

  function nextChange(seen: ImportJob, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        watchers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (job !== seen || signal.aborted) return resolve();
      watchers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  return {
    get: () => job,
    update,
    reject: (rejections) =>
      update((one) => ({
        ...one,
        rejections: [...one.rejections, ...rejections].slice(0, SHOWN_REJECTIONS),
        rejectedCount: one.rejectedCount + rejections.length,
      })),
    async *watch(signal) {
      while (!signal.aborted) {
        const shown = job;
        yield shown;
        if (hasEnded(shown)) return;
        await nextChange(shown, signal);
        if (!hasEnded(job)) await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL_MS));
      }
    },
  };
}
