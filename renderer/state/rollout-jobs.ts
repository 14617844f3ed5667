import type { JobId, SampleId } from '../../shared/model/ids.ts';
import type { RolloutJob } from '../../shared/model/rollout-job.ts';
import type { SampleFilter } from '../../shared/model/sample-filter.ts';
import type { StudioClient } from '../client/client.ts';
import { toFailure } from '../client/failure.ts';
import { notifyFailure } from './notices.ts';
import { createStore, type Store } from './store.ts';

/** Jobs of rollouts as the host tells of them, and which of them the corner shows. */
export interface JobsState {
  readonly jobs: readonly RolloutJob[];
  /** Seen going on by this page, so that their end is news. */
  readonly seen: ReadonlySet<JobId>;
  readonly dismissed: ReadonlySet<JobId>;
}

const store = createStore<JobsState>({ jobs: [], seen: new Set(), dismissed: new Set() });
export const jobsStore: Store<JobsState> = store;

export function goesOn(job: RolloutJob): boolean {
  return job.state === 'active' || job.state === 'paused';
}

export function jobsArrived(jobs: readonly RolloutJob[]): void {
  store.set((state) => ({
    ...state,
    jobs,
    seen: new Set([...state.seen, ...jobs.filter(goesOn).map(({ id }) => id)]),
  }));
}

/** Takes a job off the corner. One that is started again comes back. */
export function dismissJob(id: JobId): void {
  store.set((state) => ({ ...state, dismissed: new Set([...state.dismissed, id]) }));
}

/** Oldest first, as they have their turns. */
export function jobsToShow({ jobs, seen, dismissed }: JobsState): readonly RolloutJob[] {
  return jobs.filter(({ id }) => seen.has(id) && !dismissed.has(id)).toReversed();
}

export async function changeJob(
  client: StudioClient,
  what: 'pause' | 'resume' | 'cancel',
  id: JobId,
): Promise<void> {
  try {
    await client.mutate(`jobs.${what}`, { id });
  } catch (error) {
    notifyFailure(toFailure(error));
  }
}

/** What the dialog that runs groups is asked for. */
export type RunRequest =
  | { readonly kind: 'samples'; readonly ids: readonly SampleId[] }
  | { readonly kind: 'filter'; readonly filter: SampleFilter };

const request = createStore<RunRequest | null>(null);
export const runRequestStore: Store<RunRequest | null> = request;

/** Opens the dialog, from any screen. */
export function askToRunGroups(what: RunRequest): void {
  request.set(() => what);
}

export function closeRunDialog(): void {
  request.set(() => null);
}
