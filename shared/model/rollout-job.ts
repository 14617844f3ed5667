import { z } from 'zod';
import { agentVersionId, evaluationId, jobId, sampleId } from './ids.ts';
import { episodeLimits, samplingSettings } from './limits.ts';
import { sampleFilter } from './sample-filter.ts';

const filterScope = z
  .object({
    kind: z.literal('filter'),
    filter: sampleFilter.default({}),
  })
  .readonly();

/** Which samples a job is to play: some that were chosen, or every one that a filter finds while it goes along. */
export const jobScopeInput = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('samples'), ids: z.array(sampleId).min(1).max(10_000).readonly() }).readonly(),
  filterScope,
]);
export type JobScopeInput = z.infer<typeof jobScopeInput>;

/** What a job says of its samples: the chosen ones may be thousands. */
export const jobScope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('samples'), count: z.number().int() }).readonly(),
  filterScope,
]);
export type JobScope = z.infer<typeof jobScope>;

export const MAX_GROUP_SIZE = 64;

export const jobPlan = z
  .object({
    /** Rollouts of a sample with tools, and without. */
    size: z.number().int().min(0).max(MAX_GROUP_SIZE),
    sizeWithout: z.number().int().min(0).max(MAX_GROUP_SIZE),
    /** The seed in it is the job's; every rollout gets one of its own (rolloutSeed), unless it is greedy. */
    sampling: samplingSettings,
    limits: episodeLimits,
    /** Time that it may take until it pauses by itself; null: as long as it needs. */
    capMs: z.number().int().positive().nullable(),
  })
  .readonly();
export type JobPlan = z.infer<typeof jobPlan>;

/** `active` jobs run one after another, oldest first: two agents that took turns would be loaded again and again. */
export const jobState = z.enum(['active', 'paused', 'finished', 'cancelled']);
export type JobState = z.infer<typeof jobState>;

export const rolloutJob = z
  .object({
    id: jobId,
    /** Set where it measures an agent version; else it makes groups. */
    evaluationId: evaluationId.nullable(),
    agentVersionId,
    agentName: z.string(),
    scope: jobScope,
    plan: jobPlan,
    state: jobState,
    /** True for the one that has the engine now. */
    running: z.boolean(),
    /** Why it paused by itself. */
    reason: z.string().nullable(),
    createdAt: z.number(),
    endedAt: z.number().nullable(),
    /** Time for which it ran, pauses left out. */
    spentMs: z.number(),
    sampleTotal: z.number().int(),
    samplesDone: z.number().int(),
    episodesDone: z.number().int(),
    episodesFailed: z.number().int(),
    episodesRight: z.number().int(),
  })
  .readonly();
export type RolloutJob = z.infer<typeof rolloutJob>;

export function episodesPerSample(plan: JobPlan): number {
  return plan.size + plan.sizeWithout;
}

/** Episodes of the whole job, as far as is known. */
export function episodeTotal(job: Pick<RolloutJob, 'plan' | 'sampleTotal'>): number {
  return job.sampleTotal * episodesPerSample(job.plan);
}

/** Milliseconds that are left at the pace so far; null before there is a pace. */
export function remainingMs(job: RolloutJob): number | null {
  if (job.episodesDone === 0 || job.spentMs <= 0) return null;
  return Math.max(0, ((episodeTotal(job) - job.episodesDone) * job.spentMs) / job.episodesDone);
}
