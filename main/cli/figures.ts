import { episodeStatus } from '../../shared/model/episode.ts';
import type { Episode, EpisodeStatus } from '../../shared/model/episode.ts';
import type { Sample } from '../../shared/model/sample.ts';

/** A sample that was run, and how its episode ended. */
export interface Evaluated {
  readonly sample: Pick<Sample, 'kind' | 'choices' | 'answers' | 'answerKind'>;
  readonly episode: Pick<Episode, 'state' | 'verdict' | 'steps' | 'answer'>;
}

export interface KindFigures {
  readonly accuracy: number | null;
  readonly count: number;
  readonly chance: number | null;
}

/** Rates are shares of all episodes; null where there is nothing to divide by. */
export interface EvalFigures {
  readonly accuracy: number | null;
  /** What guessing among a question's choices gives; null where some question does not say what they are. */
  readonly chance: number | null;
  readonly by_kind: Readonly<Record<string, KindFigures>>;
  /** Episodes with a valid tool call. */
  readonly tool_rate: number | null;
  readonly look_back_rate: number | null;
  readonly answered_rate: number | null;
  readonly status_counts: Readonly<Partial<Record<EpisodeStatus, number>>>;
  readonly episodes: number;
  readonly calls_per_episode: number | null;
  readonly seconds: number;
  readonly episodes_per_second: number | null;
}

/** `seconds` is the wall time from the first episode's start to the last one's end. */
export function evalFigures(evaluated: readonly Evaluated[], seconds: number): EvalFigures {
  const byKind = Map.groupBy(evaluated, ({ sample }) => sample.kind);
  const kinds = [...byKind].sort(([left], [right]) => (left < right ? -1 : 1));
  const actions = evaluated.map(({ episode }) => episode.steps.map((step) => step.action?.kind));
  const valid = actions.map((kinds) => kinds.filter((kind) => kind === 'zoom_in' || kind === 'look_back'));
  return {
    accuracy: accuracyOf(evaluated),
    chance: chanceOf(evaluated),
    by_kind: Object.fromEntries(
      kinds.map(([kind, some]) => [
        kind,
        { accuracy: accuracyOf(some), count: some.length, chance: chanceOf(some) },
      ]),
    ),
    tool_rate: mean(valid.map((calls) => (calls.length > 0 ? 1 : 0))),
    look_back_rate: mean(valid.map((calls) => (calls.includes('look_back') ? 1 : 0))),
    answered_rate: mean(evaluated.map((one) => (statusOf(one) === 'answered' ? 1 : 0))),
    status_counts: countStatuses(evaluated),
    episodes: evaluated.length,
    calls_per_episode: mean(valid.map((calls) => calls.length)),
    seconds: round(seconds, 3),
    episodes_per_second: seconds > 0 && evaluated.length > 0 ? round(evaluated.length / seconds, 3) : null,
  };
}

/** Of the samples whose answer is known. An episode that failed counts as wrong: it gave no right answer. */
function accuracyOf(evaluated: readonly Evaluated[]): number | null {
  const known = evaluated.filter(({ sample }) => sample.answers.length > 0);
  return mean(known.map(({ episode }) => (episode.verdict === 'right' ? 1 : 0)));
}

function chanceOf(evaluated: readonly Evaluated[]): number | null {
  const known = evaluated.filter(({ sample }) => sample.answers.length > 0);
  const chances = known.map(({ sample: { choices, answerKind } }) => {
    if (choices !== null) return 1 / choices.length;
    return answerKind === 'yes_no' ? 0.5 : null;
  });
  const certain = chances.filter((chance) => chance !== null);
  return certain.length === chances.length ? mean(certain) : null;
}

function countStatuses(evaluated: readonly Evaluated[]): Readonly<Partial<Record<EpisodeStatus, number>>> {
  const counts = episodeStatus.options.map(
    (status) => [status, evaluated.filter((one) => statusOf(one) === status).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function statusOf({ episode }: Evaluated): EpisodeStatus | null {
  return episode.state.kind === 'ended' ? episode.state.status : null;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : round(values.reduce((sum, value) => sum + value, 0) / values.length, 4);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
