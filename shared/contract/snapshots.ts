import { z } from 'zod';
import { jobId, sampleId, snapshotId } from '../model/ids.ts';
import { imageRecord } from '../model/image.ts';
import { sampleFilter } from '../model/sample-filter.ts';
import {
  snapshot,
  snapshotDemonstration,
  snapshotImage,
  snapshotProblem,
  snapshotSample,
} from '../model/snapshot.ts';
import { by } from './journal.ts';

/**
 * snapshots.list          query          -> Snapshot[] (newest first)
 * snapshots.get           query          {id} -> Snapshot
 * snapshots.take          mutation       {by, name, note, filter} -> TakeProgress
 * snapshots.watchTake     subscription   {id} -> TakeProgress (every change, ends with it)
 * snapshots.cancelTake    mutation       {id} -> void
 * snapshots.remove        mutation       {by, id} -> void       (undo brings it back)
 * snapshots.samples       query          {id, from, limit} -> SnapshotSamples
 * snapshots.demonstrations query         {id, from, limit} -> SnapshotDemonstration[]
 * snapshots.check         query          {id} -> SnapshotCheck
 * snapshots.diff          query          {before, after, from, limit} -> SnapshotDiff
 */

const snapshotName = z.string().trim().min(1, 'Write a name.').max(100);

export const takeSnapshotInput = z
  .object({ by, name: snapshotName, note: z.string().trim().max(2000).default(''), filter: sampleFilter })
  .readonly();
export type TakeSnapshotInput = z.infer<typeof takeSnapshotInput>;

export const takeProgress = z
  .object({
    id: jobId,
    state: z.enum(['running', 'finished', 'cancelled', 'failed']),
    total: z.number().int(),
    done: z.number().int(),
    /** Once it has finished. */
    snapshot: snapshot.nullable(),
    error: z.string().nullable(),
  })
  .readonly();
export type TakeProgress = z.infer<typeof takeProgress>;

export const takeIdInput = z.object({ id: jobId }).readonly();
export const snapshotIdInput = z.object({ id: snapshotId }).readonly();
export const removeSnapshotInput = z.object({ by, id: snapshotId }).readonly();

const page = {
  from: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(500).default(100),
};
export const snapshotPageInput = z.object({ id: snapshotId, ...page }).readonly();
/** Samples of a snapshot with what is shown of their images: the asset ids of those that are still in the library. */
export const snapshotSamples = z
  .object({
    items: z
      .array(
        z
          .object({
            sample: snapshotSample,
            images: z.array(snapshotImage).readonly(),
            shown: z.array(imageRecord.nullable()).readonly(),
          })
          .readonly(),
      )
      .readonly(),
    total: z.number().int(),
  })
  .readonly();
export type SnapshotSamples = z.infer<typeof snapshotSamples>;
export const snapshotDemonstrations = z.array(snapshotDemonstration).readonly();

/** One kind of trouble, with how often it comes up and the first that have it. */
export const snapshotFinding = z
  .object({
    problem: snapshotProblem,
    /** True where training leaves the sample or demonstration out; else it is told and taken. */
    leftOut: z.boolean(),
    count: z.number().int(),
    examples: z
      .array(z.object({ sampleId: sampleId.nullable(), text: z.string() }).readonly())
      .max(20)
      .readonly(),
  })
  .readonly();
export type SnapshotFinding = z.infer<typeof snapshotFinding>;

export const snapshotCheck = z
  .object({
    findings: z.array(snapshotFinding).readonly(),
    /** Samples that would train: of the splits train and none, or of validation where these hold nothing. */
    usable: z.number().int(),
    /** False: training refuses the snapshot. */
    trainable: z.boolean(),
  })
  .readonly();
export type SnapshotCheck = z.infer<typeof snapshotCheck>;

const diffCounts = z
  .object({
    added: z.number().int(),
    removed: z.number().int(),
    changed: z.number().int(),
    same: z.number().int(),
  })
  .readonly();
export const diffInput = z.object({ before: snapshotId, after: snapshotId, ...page }).readonly();
export const snapshotDiff = z
  .object({
    samples: diffCounts,
    demonstrations: diffCounts,
    /** Removed and changed ones first, then added ones. */
    changedSamples: z
      .array(z.object({ before: snapshotSample.nullable(), after: snapshotSample.nullable() }).readonly())
      .readonly(),
    changedDemonstrations: z
      .array(
        z
          .object({ before: snapshotDemonstration.nullable(), after: snapshotDemonstration.nullable() })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type SnapshotDiff = z.infer<typeof snapshotDiff>;
