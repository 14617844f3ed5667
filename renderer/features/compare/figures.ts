import type {
  Comparison,
  Evaluation,
  EvaluationCounts,
  PairedTest,
  Share,
} from '../../../shared/model/evaluation.ts';
import { shareOf } from '../../../shared/model/evaluation.ts';
import type { Interval } from '../../../shared/model/statistics.ts';
import type { ComparedId } from '../../state/route.ts';
import { formatCount } from '../../ui/format.ts';

/** A measured share as a row of the table: both sides and the difference. */
export interface FigureRow {
  readonly name: string;
  readonly why: string;
  readonly a: Share | null;
  readonly b: Share | null;
  /** Of the difference, where the flips are known. */
  readonly interval: Interval | null;
  /** Which side is better beyond chance; more tool calls are neither good nor bad by themselves. */
  readonly better: 'a' | 'b' | null;
}

const UNTESTED = { interval: null, better: null } as const;

/** The side that is better by the exact test at the 5% level. */
function betterOf({ gained, lost, p }: PairedTest): 'a' | 'b' | null {
  if (p >= 0.05) return null;
  return gained > lost ? 'b' : 'a';
}

export function figureRows(test: PairedTest, a: EvaluationCounts, b: EvaluationCounts): readonly FigureRow[] {
  return [
    {
      name: 'Accuracy',
      why: 'Right answers among the samples that a reference could judge in both; no answer is a wrong one',
      a: test.accuracyA,
      b: test.accuracyB,
      interval: test.difference,
      better: betterOf(test),
    },
    {
      name: 'Uses a tool',
      why: 'Episodes with at least one valid call',
      a: shareOf(a.usedTool, a.episodes),
      b: shareOf(b.usedTool, b.episodes),
      ...UNTESTED,
    },
    {
      name: 'Looks back',
      why: 'Episodes with at least one look back',
      a: shareOf(a.lookedBack, a.episodes),
      b: shareOf(b.lookedBack, b.episodes),
      ...UNTESTED,
    },
    {
      name: 'Answers',
      why: 'Episodes that ended with an answer',
      a: shareOf(a.answered, a.episodes),
      b: shareOf(b.answered, b.episodes),
      ...UNTESTED,
    },
  ];
}

/** `75.0%`. */
function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** `75.0% (61–85)`: the 95% interval in percent. */
export function shareWords(share: Share | null): string {
  if (share === null) return '–';
  const { low, high } = share.interval;
  return `${percent(share.share)} (${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)})`;
}

/** Points of the second minus the first: `+3.1`, `−0.4`, `0.0`. */
export function differenceWords(a: Share | null, b: Share | null): string {
  if (a === null || b === null) return '–';
  const points = Math.round(1000 * (b.share - a.share)) / 10 + 0;
  if (points === 0) return '0.0';
  return points > 0 ? `+${points.toFixed(1)}` : `−${Math.abs(points).toFixed(1)}`;
}

/** `+18.8 (−3 to +41)`: the difference in points, with its 95% interval where there is one. */
export function changeWords({ a, b, interval }: Pick<FigureRow, 'a' | 'b' | 'interval'>): string {
  const words = differenceWords(a, b);
  return interval === null ? words : `${words} (${points(interval.low)} to ${points(interval.high)})`;
}

function points(share: number): string {
  const whole = Math.round(100 * share) + 0;
  return whole === 0 ? '0' : whole > 0 ? `+${whole}` : `−${Math.abs(whole)}`;
}

/** What the reader must know before the figures are believed; nothing where they cover everything. */
export function cautions({ a, b, countsA }: Comparison, { pairs }: PairedTest): readonly string[] {
  const running = [a.finished ? '' : 'A', b.finished ? '' : 'B'].filter((side) => side !== '');
  const unjudged = countsA.episodes - pairs;
  return [
    running.length === 0
      ? ''
      : `${running.join(' and ')} ${running.length === 1 ? 'has' : 'have'} not finished: these figures will change.`,
    a.scopeKey === b.scopeKey
      ? ''
      : 'The two were run on different choices of samples. Only the samples that both played are compared.',
    unjudged <= 0
      ? ''
      : `Accuracy is of ${formatCount(pairs)}: on the other ${formatCount(unjudged)} an episode failed or was stopped, or there is no reference answer.`,
  ].filter((text) => text !== '');
}

/** p to two significant places; very small ones as a bound. */
export function pWords(p: number): string {
  return p < 0.0001 ? '< 0.0001' : `= ${Number(p.toPrecision(2))}`;
}

/** What the test says, in a sentence that does not say more than it can. */
export function testWords(test: PairedTest): string {
  const { pairs, gained, lost } = test;
  if (pairs === 0) return 'No sample has been judged in both yet.';
  if (gained + lost === 0) return `Both came out the same on all ${formatCount(pairs)} samples.`;
  const flips = `B is right on ${formatCount(gained)} that A got wrong, and wrong on ${formatCount(lost)} that A got right.`;
  if (gained === lost) return `${flips} Neither is ahead.`;
  const better = betterOf(test);
  return better !== null
    ? `${flips} ${better.toUpperCase()} is better beyond what chance would explain.`
    : `${flips} Chance alone would explain that: more samples are needed to tell them apart.`;
}

/**
 * The evaluations that two ids mean. An agent version means its newest, if it can be of the same samples as the other's.
 * Newest first comes in.
 */
export function resolvePair(
  evaluations: readonly Evaluation[],
  a: ComparedId,
  b: ComparedId,
): readonly [Evaluation, Evaluation] | null {
  const meant = (id: ComparedId): readonly Evaluation[] =>
    evaluations.filter((one) => one.id === id || one.agentVersionId === id);
  const pairs = meant(a).flatMap((one) =>
    meant(b)
      .filter((other) => other.id !== one.id)
      .map((other) => [one, other] as const),
  );
  return pairs.find(([one, other]) => one.scopeKey === other.scopeKey) ?? pairs[0] ?? null;
}
