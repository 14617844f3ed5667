import { z } from 'zod';
import { bbox } from './bbox.ts';
import { correctionId, episodeId, reviewerId, sampleId, snapshotId } from './ids.ts';
import { imageFormat } from './image.ts';
import { sampleFilter, sampleStanding } from './sample-filter.ts';
import { answerKind, split, tolerance } from './sample.ts';

/** An image as a snapshot holds it. The file never changes: its name is made of its digest. */
export const snapshotImage = z
  .object({
    /** Of the bytes that were imported. */
    sha256: z.string().length(64),
    name: z.string(),
    format: imageFormat,
    /** Canonical size. */
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    /** Canonical pixels, relative to the workspace folder. */
    file: z.string(),
  })
  .readonly();
export type SnapshotImage = z.infer<typeof snapshotImage>;

/** A run of the sample that reviewers accepted, with what it answered. */
const acceptedRun = z.object({ episodeId, answer: z.string().nullable(), withTools: z.boolean() }).readonly();

/** A sample as it was. `images` are digests, in order; the images themselves are read beside it. */
export const snapshotSample = z
  .object({
    id: sampleId,
    question: z.string(),
    images: z.array(z.string().length(64)).readonly(),
    choices: z.array(z.string()).readonly().nullable(),
    answers: z.array(z.string()).readonly(),
    answerKind,
    /** Absent where it is the default: a snapshot from before it was kept has the same hash. */
    tolerance: tolerance.optional(),
    kind: z.string(),
    /** In order of the alphabet. */
    tags: z.array(z.string()).readonly(),
    split,
    /** Where it stood in review; null where nobody had looked at it. */
    standing: sampleStanding.nullable(),
    accepted: z.array(acceptedRun).readonly(),
  })
  .readonly();
export type SnapshotSample = z.infer<typeof snapshotSample>;

/** Where a demonstration comes from: a correction that was accepted, or a rollout that was picked as it is. */
const demonstrationSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('correction'), id: correctionId }).readonly(),
  z.object({ kind: z.literal('rollout'), id: episodeId }).readonly(),
]);

/** What the assistant says, turn by turn, as it is to be learned. Tool results follow from it and are not kept. */
export const snapshotDemonstration = z
  .object({
    sampleId,
    source: demonstrationSource,
    withTools: z.boolean(),
    turns: z
      .array(z.object({ text: z.string(), mark: z.enum(['good', 'bad']).nullable() }).readonly())
      .min(1)
      .readonly(),
    /** Boxes that a person stands behind: 0-based index into the sample's images, canonical pixels. */
    approvedBoxes: z
      .array(z.object({ image: z.number().int().nonnegative(), box: bbox }).readonly())
      .readonly(),
  })
  .readonly();
export type SnapshotDemonstration = z.infer<typeof snapshotDemonstration>;

export const snapshotCounts = z
  .object({
    samples: z.number().int(),
    images: z.number().int(),
    demonstrations: z.number().int(),
    acceptedRuns: z.number().int(),
    splits: z
      .object({
        train: z.number().int(),
        validation: z.number().int(),
        test: z.number().int(),
        none: z.number().int(),
      })
      .readonly(),
  })
  .readonly();
export type SnapshotCounts = z.infer<typeof snapshotCounts>;

/** An immutable version of the dataset. Its rows are its own: later edits of samples and reviews leave them alone. */
export const snapshot = z
  .object({
    id: snapshotId,
    name: z.string(),
    note: z.string(),
    createdAt: z.number(),
    by: reviewerId.nullable(),
    /** Which samples were taken. */
    filter: sampleFilter,
    /** Of everything in it but ids and times: two snapshots with the same content have the same hash. */
    hash: z.string().length(64),
    counts: snapshotCounts,
  })
  .readonly();
export type Snapshot = z.infer<typeof snapshot>;

/** What training could not use, or should not. The first four leave a sample out; the others warn. */
export const snapshotProblem = z.enum([
  'no_reference_answer',
  'missing_image_file',
  'answer_outside_choices',
  'rejected',
  'box_outside_image',
  'image_in_two_splits',
  'no_train_samples',
]);
export type SnapshotProblem = z.infer<typeof snapshotProblem>;
