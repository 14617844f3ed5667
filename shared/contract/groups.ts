import { z } from 'zod';
import { group, rollout } from '../model/group.ts';
import { agentVersionId, episodeId, groupId, jobId, sampleId } from '../model/ids.ts';
import { imageRecord } from '../model/image.ts';
import { episodeLimits, samplingSettings } from '../model/limits.ts';
import { jobScopeInput, MAX_GROUP_SIZE, rolloutJob } from '../model/rollout-job.ts';
import { sample } from '../model/sample.ts';
import { imageView } from '../model/view.ts';
import { by } from './journal.ts';

/**
 * groups.list             query          ListGroupsInput -> GroupPage
 * groups.get              query          {id} -> GroupDetail
 * groups.pick             mutation       {by, id, episodeId} -> void   (null: no demonstration)
 * jobs.start              mutation       StartJobInput -> StartedJob
 * jobs.pause|resume|cancel mutation      {id} -> void
 * jobs.list               query          -> RolloutJob[] (newest first)
 * jobs.watch              subscription   -> RolloutJob[] (those that go on, and those that ended while one watched)
 */

export const groupOrder = z.enum(['newest', 'variance', 'disagreement', 'gain', 'loss', 'accuracy']);
export type GroupOrder = z.infer<typeof groupOrder>;

export const listGroupsInput = z
  .object({
    cursor: z.string().max(200).nullish(),
    limit: z.number().int().min(1).max(500).default(100),
    /** Largest first, but for `loss` (least gain first) and `accuracy` (least accurate first). */
    order: groupOrder.default('newest'),
    jobId: jobId.optional(),
    sampleId: sampleId.optional(),
  })
  .readonly();
export type ListGroupsInput = z.infer<typeof listGroupsInput>;

export const groupRow = z
  .object({
    group,
    question: z.string(),
    kind: z.string(),
    agentName: z.string(),
    images: z.array(imageRecord).readonly(),
  })
  .readonly();
export type GroupRow = z.infer<typeof groupRow>;

export const groupPage = z
  .object({
    items: z.array(groupRow).readonly(),
    nextCursor: z.string().nullable(),
    total: z.number().int(),
  })
  .readonly();
export type GroupPage = z.infer<typeof groupPage>;

/** A rollout with the images that its strip shows. */
export const groupMember = z.object({ rollout, views: z.array(imageView).readonly() }).readonly();
export type GroupMember = z.infer<typeof groupMember>;

export const groupDetail = z
  .object({
    group,
    sample,
    images: z.array(imageRecord).readonly(),
    agentName: z.string(),
    members: z.array(groupMember).readonly(),
  })
  .readonly();
export type GroupDetail = z.infer<typeof groupDetail>;

export const groupIdInput = z.object({ id: groupId }).readonly();
export const pickInput = z.object({ by, id: groupId, episodeId: episodeId.nullable() }).readonly();
export type PickInput = z.infer<typeof pickInput>;

export const startJobInput = z
  .object({
    scope: jobScopeInput,
    /** Left out: the chosen agent. */
    agentVersionId: agentVersionId.optional(),
    size: z.number().int().min(1).max(MAX_GROUP_SIZE).default(8),
    sizeWithout: z.number().int().min(0).max(MAX_GROUP_SIZE).default(0),
    /** Left out: temperature 1 over the whole distribution, as in training. */
    sampling: samplingSettings.optional(),
    limits: episodeLimits.optional(),
    capMs: z.number().int().positive().nullable().default(null),
  })
  .readonly();
export type StartJobInput = z.infer<typeof startJobInput>;
/** For one sample the group is there at once, to be looked at while it fills. */
export const startedJob = z.object({ job: rolloutJob, groupId: groupId.nullable() }).readonly();
export type StartedJob = z.infer<typeof startedJob>;
export const jobIdInput = z.object({ id: jobId }).readonly();
