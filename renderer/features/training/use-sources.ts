import { useCall } from '../../client/hooks.ts';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';

/** What a run can be trained on. `id` null: the samples as they are now. */
export interface SourceChoice {
  readonly id: string | null;
  readonly name: string;
  readonly about: string;
}

/** Snapshots, newest first, then the samples as they are. */
export function useSources(): {
  readonly sources: readonly SourceChoice[];
  readonly initial: string | null;
} {
  const info = useCall('app.info', undefined).data;
  const snapshots = useCall('snapshots.list', undefined).data ?? [];
  const now: SourceChoice = {
    id: null,
    name: 'The samples as they are now',
    about:
      info === undefined
        ? ''
        : `${formatPlural(info.counts.samples, 'sample')}. They are copied into the run, so later edits do not reach it.`,
  };
  const taken = snapshots.map(({ id, name, createdAt, counts }) => ({
    id,
    name: `${name} (${formatTime(createdAt)})`,
    about: `${formatPlural(counts.splits.train + counts.splits.none, 'sample')} to train on, ${formatCount(counts.splits.validation)} to measure on, ${formatPlural(counts.demonstrations, 'corrected trajectory', 'corrected trajectories')}.`,
  }));
  return { sources: [...taken, now], initial: taken[0]?.id ?? null };
}
