import { z } from 'zod';
import { guideFacts } from '../model/guide.ts';
import { agentVersionId, jobId, sampleId, snapshotId } from '../model/ids.ts';
import { by } from './journal.ts';

/**
 * guide.get               query          -> Guide
 * guide.show              mutation       {shown} -> void          (dismissed for good, until it is asked for again)
 * guide.play              mutation       -> {jobId}               (some runs to review; answers when they have ended)
 * guide.prepare           mutation       {by} -> {snapshotId}     (more questions, once; then a snapshot of all)
 */

export const guide = z
  .object({
    /** The workspace has what the demo's first steps are about. */
    exists: z.boolean(),
    /** And a person has not put them away. */
    shown: z.boolean(),
    /** The agent to train that came with the app, where it is still in the workspace. */
    beginner: agentVersionId.nullable(),
    /** A sample to begin with. */
    sample: sampleId.nullable(),
    /** Null where nothing is shown. */
    facts: guideFacts.nullable(),
  })
  .readonly();
export type Guide = z.infer<typeof guide>;

export const showGuideInput = z.object({ shown: z.boolean() }).readonly();
/** The job that played; null where nothing was missing. */
export const playedGuide = z.object({ jobId: jobId.nullable() }).readonly();
export const prepareInput = z.object({ by }).readonly();
export const prepared = z.object({ snapshotId }).readonly();
