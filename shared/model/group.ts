import { z } from 'zod';
import { normaliseAnswer } from './answer-check.ts';
import { episodeStatus, failureFlag, rewardParts, verdict } from './episode.ts';
import type { Episode, EpisodeStatus, RewardParts, Verdict } from './episode.ts';
import { agentVersionId, episodeId, groupId, jobId, sampleId } from './ids.ts';
import { DEFAULT_MASKED_STATUSES, maskDecision } from './token-mask.ts';

/**
 * A group: several rollouts of one sample by one agent version, as GRPO compares them. Some may have been played
 * without tools, for comparison; they are never part of the advantage.
 */

/** What a list orders by. Null where there is nothing to say it of. */
export const groupStatistics = z
  .object({
    /** Rollouts with tools that have ended. */
    done: z.number().int(),
    doneWithout: z.number().int(),
    /** Rollouts with tools that training would drop whole. */
    masked: z.number().int(),
    /** Share of right answers, of those that a reference answer could judge. */
    accuracy: z.number().nullable(),
    accuracyWithout: z.number().nullable(),
    /** Accuracy with tools minus accuracy without. */
    gain: z.number().nullable(),
    /** Over the rollouts that training keeps. The variance is the unbiased one, as the trainer's. */
    rewardMean: z.number().nullable(),
    rewardVariance: z.number().nullable(),
    /** Chance that two of its rollouts, drawn at random, answered differently. No answer is an answer of its own. */
    disagreement: z.number().nullable(),
    /** All rewards that training keeps are equal (or there are fewer than two): no gradient comes of it. */
    allEqual: z.boolean(),
  })
  .readonly();
export type GroupStatistics = z.infer<typeof groupStatistics>;

export const group = z
  .object({
    id: groupId,
    jobId,
    sampleId,
    agentVersionId,
    createdAt: z.number(),
    /** Rollouts wanted with tools, and without. */
    size: z.number().int(),
    sizeWithout: z.number().int(),
    statistics: groupStatistics,
    /** The rollout of this sample that was picked as a demonstration; it may be one of another group. */
    demonstration: episodeId.nullable(),
  })
  .readonly();
export type Group = z.infer<typeof group>;

/** A call as the strip of a rollout shows it. */
export const rolloutCall = z
  .object({
    step: z.number().int(),
    kind: z.enum(['zoom_in', 'look_back', 'bad_call']),
    /** View that the call named and the one that it brought in. */
    image: z.number().int().nullable(),
    resultView: z.number().int().nullable(),
  })
  .readonly();
export type RolloutCall = z.infer<typeof rolloutCall>;

/** One rollout of a group, without its tokens: what the group view puts side by side. */
export const rollout = z
  .object({
    episodeId,
    /** 0-based; the ones without tools come after those with. */
    number: z.number().int(),
    withTools: z.boolean(),
    seed: z.number().int(),
    /** Null while it runs. */
    status: episodeStatus.nullable(),
    answer: z.string().nullable(),
    verdict,
    /** With the tool gain and format weight that were set when it ran. */
    reward: rewardParts.nullable(),
    flags: z.array(failureFlag).readonly(),
    validCalls: z.number().int(),
    badCalls: z.number().int(),
    stepCount: z.number().int(),
    /** Tokens that the model wrote, and the length of the whole context at the end. */
    sampledTokens: z.number().int(),
    contextTokens: z.number().int(),
    durationMs: z.number(),
    calls: z.array(rolloutCall).readonly(),
    lastThought: z.string(),
    error: z.string().nullable(),
  })
  .readonly();
export type Rollout = z.infer<typeof rollout>;

/** What statistics are made of. */
export interface RolloutOutcome {
  readonly withTools: boolean;
  /** Null while it runs. */
  readonly status: EpisodeStatus | null;
  readonly answer: string | null;
  readonly verdict: Verdict;
  readonly reward: RewardParts | null;
}

/** Whether training keeps a rollout, with the trajectory mask as it is by default. */
function isKept({ status, reward }: RolloutOutcome): boolean {
  const facts = { scored: reward !== null, isDemonstration: false };
  return status !== null && !maskDecision({ ...facts, status }, DEFAULT_MASKED_STATUSES).dropped;
}

export function statisticsOf(rollouts: readonly RolloutOutcome[]): GroupStatistics {
  const ended = rollouts.filter(({ status }) => status !== null);
  const withTools = ended.filter((one) => one.withTools);
  const without = ended.filter((one) => !one.withTools);
  const kept = withTools.filter(isKept);
  const rewards = kept.flatMap(({ reward }) => (reward === null ? [] : [reward.total]));
  const accuracy = accuracyOf(withTools);
  const accuracyWithout = accuracyOf(without);
  return {
    done: withTools.length,
    doneWithout: without.length,
    masked: withTools.length - kept.length,
    accuracy,
    accuracyWithout,
    gain: accuracy === null || accuracyWithout === null ? null : accuracy - accuracyWithout,
    rewardMean: mean(rewards),
    rewardVariance: variance(rewards),
    disagreement: disagreementOf(withTools.map(({ answer }) => answer)),
    allEqual: rewards.every((reward) => reward === rewards[0]),
  };
}

function accuracyOf(rollouts: readonly RolloutOutcome[]): number | null {
  const judged = rollouts.filter((one) => one.verdict !== 'unknown');
  return mean(judged.map((one) => (one.verdict === 'right' ? 1 : 0)));
}

/** Null for fewer than two. */
export function disagreementOf(answers: readonly (string | null)[]): number | null {
  if (answers.length < 2) return null;
  const counts = new Map<string | null, number>();
  for (const answer of answers) {
    const key = answer === null ? null : normaliseAnswer(answer);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const pairs = answers.length * (answers.length - 1);
  const samePairs = [...counts.values()].reduce((sum, count) => sum + count * (count - 1), 0);
  return 1 - samePairs / pairs;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Unbiased; null for fewer than two. */
export function variance(values: readonly number[]): number | null {
  const centre = mean(values);
  if (centre === null || values.length < 2) return null;
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/**
 * The seed of one rollout. It depends on these three and on nothing else, so that a group can be played again, also
 * after a restart in its middle: FNV-1a over the text, then one round of mixing, because neighbouring texts have
 * neighbouring sums.
 */
export function rolloutSeed(jobSeed: number, sample: string, number: number): number {
  let hash = 0x811c9dc5;
  for (const character of `${jobSeed}/${sample}/${number}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** What the group view shows of an episode. Its tokens are only counted, so they come as a count for each step. */
export function rolloutOf(episode: Episode, number: number, tokenCounts: readonly number[]): Rollout {
  const { steps, state } = episode;
  const last = steps.at(-1);
  const calls = steps.flatMap((step): readonly RolloutCall[] => {
    const { action } = step;
    if (action?.kind !== 'zoom_in' && action?.kind !== 'look_back' && action?.kind !== 'bad_call') return [];
    const image = action.kind === 'bad_call' ? null : action.image;
    return [{ step: step.index, kind: action.kind, image, resultView: step.resultView }];
  });
  const badCalls = calls.filter(({ kind }) => kind === 'bad_call').length;
  return {
    episodeId: episode.id,
    number,
    withTools: episode.withTools,
    seed: episode.sampling.seed,
    status: state.kind === 'ended' ? state.status : null,
    answer: episode.answer,
    verdict: episode.verdict,
    reward: episode.reward,
    flags: episode.flags,
    validCalls: calls.length - badCalls,
    badCalls,
    stepCount: steps.length,
    sampledTokens: tokenCounts.reduce((sum, count) => sum + count, 0),
    contextTokens: (last?.contextTokens ?? 0) + (tokenCounts.at(-1) ?? 0),
    durationMs: steps.reduce((sum, { timings }) => sum + timings.prefillMs + timings.samplingMs, 0),
    calls,
    lastThought: last?.thought ?? '',
    error: episode.error?.message ?? null,
  };
}
