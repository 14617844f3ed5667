import { z } from 'zod';

/**
 * Ids are random, opaque and never reused. The prefix makes a wrong id visible in a log;
 * the brand makes it a type error.
 */
function id<const Brand extends string>(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[a-z0-9]{16,32}$`), `not a ${prefix} id`)
    .brand<Brand>();
}

export const imageId = id<'ImageId'>('img');
export const sampleId = id<'SampleId'>('smp');
export const episodeId = id<'EpisodeId'>('eps');
export const agentVersionId = id<'AgentVersionId'>('agt');
export const importId = id<'ImportId'>('imp');
export const reviewerId = id<'ReviewerId'>('rev');
export const correctionId = id<'CorrectionId'>('cor');
export const groupId = id<'GroupId'>('grp');
export const snapshotId = id<'SnapshotId'>('snp');
export const savedViewId = id<'SavedViewId'>('svw');
export const runId = id<'RunId'>('run');
export const evaluationId = id<'EvaluationId'>('evl');
export const experimentId = id<'ExperimentId'>('exp');
/** Work that goes on in the background: rollouts of many samples, an export, an agent made from a checkpoint. */
export const jobId = id<'JobId'>('job');

export type ImageId = z.infer<typeof imageId>;
export type SampleId = z.infer<typeof sampleId>;
export type EpisodeId = z.infer<typeof episodeId>;
export type AgentVersionId = z.infer<typeof agentVersionId>;
export type ImportId = z.infer<typeof importId>;
export type ReviewerId = z.infer<typeof reviewerId>;
export type CorrectionId = z.infer<typeof correctionId>;
export type GroupId = z.infer<typeof groupId>;
export type SnapshotId = z.infer<typeof snapshotId>;
export type SavedViewId = z.infer<typeof savedViewId>;
export type RunId = z.infer<typeof runId>;
export type EvaluationId = z.infer<typeof evaluationId>;
export type ExperimentId = z.infer<typeof experimentId>;
export type JobId = z.infer<typeof jobId>;
