import { z } from 'zod';
import { agentVersionId, evaluationId } from './ids.ts';
import type { Interval } from './statistics.ts';
import { mcnemarExact, pairedDifferenceInterval, wilsonInterval } from './statistics.ts';

/** What an agent version did on the samples of one kind. Counts, so that they can be added up. */
export const evaluationCounts = z
  .object({
    episodes: z.number().int(),
    /** Those whose answer a reference could judge. */
    scored: z.number().int(),
    right: z.number().int(),
    /** Episodes with a valid call of any tool, and with a look back. */
    usedTool: z.number().int(),
    lookedBack: z.number().int(),
    answered: z.number().int(),
    failed: z.number().int(),
  })
  .readonly();
export type EvaluationCounts = z.infer<typeof evaluationCounts>;

export const evaluation = z
  .object({
    id: evaluationId,
    agentVersionId,
    agentName: z.string(),
    /** The tools were offered. */
    withTools: z.boolean(),
    /** Names what was measured: two with the same text measured the same choice of samples in the same way. */
    scopeKey: z.string(),
    scopeWords: z.string(),
    createdAt: z.number(),
    finished: z.boolean(),
    sampleTotal: z.number().int(),
    counts: evaluationCounts,
  })
  .readonly();
export type Evaluation = z.infer<typeof evaluation>;

/** Samples of one kind that two evaluations both judged, by how the two answers came out. */
export const pairCounts = z
  .object({
    kind: z.string(),
    bothRight: z.number().int(),
    /** Wrong in the first, right in the second. */
    gained: z.number().int(),
    lost: z.number().int(),
    bothWrong: z.number().int(),
  })
  .readonly();
export type PairCounts = z.infer<typeof pairCounts>;

export const comparison = z
  .object({
    a: evaluation,
    b: evaluation,
    /** Of the samples that both played. */
    countsA: evaluationCounts,
    countsB: evaluationCounts,
    kinds: z.array(pairCounts).readonly(),
  })
  .readonly();
export type Comparison = z.infer<typeof comparison>;

export const NO_COUNTS: EvaluationCounts = {
  episodes: 0,
  scored: 0,
  right: 0,
  usedTool: 0,
  lookedBack: 0,
  answered: 0,
  failed: 0,
};

/** A share with its interval; null where there is nothing to divide by. */
export interface Share {
  readonly share: number;
  readonly interval: Interval;
}

export function shareOf(part: number, whole: number): Share | null {
  const interval = wilsonInterval(part, whole);
  return interval === null ? null : { share: part / whole, interval };
}

/** What the flips between two evaluations say. */
export interface PairedTest {
  readonly pairs: number;
  readonly gained: number;
  readonly lost: number;
  readonly accuracyA: Share | null;
  readonly accuracyB: Share | null;
  /** Of the accuracy of the second minus that of the first; null without a pair. */
  readonly difference: Interval | null;
  /** Exact, two-sided. */
  readonly p: number;
}

export function pairedTest(kinds: readonly Omit<PairCounts, 'kind'>[]): PairedTest {
  const sum = (part: 'bothRight' | 'gained' | 'lost' | 'bothWrong'): number =>
    kinds.reduce((total, kind) => total + kind[part], 0);
  const [bothRight, gained, lost, bothWrong] = [
    sum('bothRight'),
    sum('gained'),
    sum('lost'),
    sum('bothWrong'),
  ];
  const pairs = bothRight + gained + lost + bothWrong;
  return {
    pairs,
    gained,
    lost,
    accuracyA: shareOf(bothRight + lost, pairs),
    accuracyB: shareOf(bothRight + gained, pairs),
    difference: pairedDifferenceInterval(gained, lost, pairs),
    p: mcnemarExact(gained, lost),
  };
}
