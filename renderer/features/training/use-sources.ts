import { useCall } from '../../client/hooks.ts';

/** What a run can be trained on. `id` null: the samples as they are now. */
export interface SourceChoice {
  readonly id: string | null;
  readonly name: string;
  readonly about: string;
}

/** Snapshots, newest first, then the samples as they are. */
export function useSources(_wanted: string | null): {
  readonly sources: readonly SourceChoice[];
  readonly initial: string | null;
} {
  const info = useCall('app.info', undefined).data;
  const now: SourceChoice = {
    id: null,
    name: 'The samples as they are now',
    about:
      info === undefined
        ? ''
        : `${info.counts.samples} samples. They are copied into the run, so later edits do not reach it.`,
  };
  return { sources: [now], initial: null };
}
