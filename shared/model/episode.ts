import { z } from 'zod';
import { agentVersionId, episodeId, sampleId } from './ids.ts';
import { episodeLimits, samplingSettings } from './limits.ts';
import { step } from './step.ts';
import type { Step } from './step.ts';
import { imageView } from './view.ts';

/** How an episode ended: a value, never an exception. */
export const episodeStatus = z.enum([
  'answered',
  'no_answer',
  'malformed',
  'too_many_steps',
  'too_long',
  'over_budget',
  'stopped',
  'failed',
]);
export type EpisodeStatus = z.infer<typeof episodeStatus>;

/** What the loop notices by itself; a person confirms or dismisses it in review. */
export const failureFlag = z.enum(['tool_abandonment', 'repeated_call', 'loop', 'format']);
export type FailureFlag = z.infer<typeof failureFlag>;

export const verdict = z.enum(['right', 'wrong', 'unknown']);
export type Verdict = z.infer<typeof verdict>;

/** total = accuracy x toolFactor + weight x format; every part is kept. `format` is 0 or 1, before its weight. */
export const rewardParts = z
  .object({ accuracy: z.number(), toolFactor: z.number(), format: z.number(), total: z.number() })
  .readonly();
export type RewardParts = z.infer<typeof rewardParts>;

export const episodePhase = z.enum(['queued', 'loading_agent', 'reading_images', 'prefill', 'sampling']);

/** While it runs an episode has a phase; once it ended, a status. */
export const episodeState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), phase: episodePhase }).readonly(),
  z.object({ kind: z.literal('ended'), status: episodeStatus, endedAt: z.number() }).readonly(),
]);
export type EpisodeState = z.infer<typeof episodeState>;

export const episodeError = z.object({ code: z.string(), message: z.string() }).readonly();

export const episode = z
  .object({
    id: episodeId,
    sampleId,
    agentVersionId,
    startedAt: z.number(),
    withTools: z.boolean(),
    sampling: samplingSettings,
    limits: episodeLimits,
    state: episodeState,
    views: z.array(imageView).readonly(),
    steps: z.array(step).readonly(),
    answer: z.string().nullable(),
    verdict,
    reward: rewardParts.nullable(),
    flags: z.array(failureFlag).readonly(),
    /** Why a `failed` episode failed. */
    error: episodeError.nullable(),
  })
  .readonly();
export type Episode = z.infer<typeof episode>;

/** What lists show. */
export const episodeSummary = z
  .object({
    id: episodeId,
    sampleId,
    agentVersionId,
    startedAt: z.number(),
    withTools: z.boolean(),
    seed: z.number().int(),
    state: episodeState,
    answer: z.string().nullable(),
    verdict,
    flags: z.array(failureFlag).readonly(),
    stepCount: z.number().int(),
    callCount: z.number().int(),
  })
  .readonly();
export type EpisodeSummary = z.infer<typeof episodeSummary>;

/** Tool calls made, valid or not. */
export function countCalls(steps: readonly Pick<Step, 'action'>[]): number {
  return steps.filter(
    (one) =>
      one.action?.kind === 'zoom_in' || one.action?.kind === 'look_back' || one.action?.kind === 'bad_call',
  ).length;
}

export function summarise(one: Episode): EpisodeSummary {
  const { id, sampleId, agentVersionId, startedAt, withTools, state, answer, verdict, flags } = one;
  return {
    id,
    sampleId,
    agentVersionId,
    startedAt,
    withTools,
    state,
    answer,
    verdict,
    flags,
    seed: one.sampling.seed,
    stepCount: one.steps.length,
    callCount: countCalls(one.steps),
  };
}
