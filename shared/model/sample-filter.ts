import { z } from 'zod';
import { verdict } from './episode.ts';
import { reviewerId, sampleId } from './ids.ts';
import { reviewFlag, standing } from './review.ts';
import { split } from './sample.ts';

/** How far a sample has come: no run yet, run but not looked at by a person, looked at. */
export const sampleStatus = z.enum(['never_run', 'unreviewed', 'reviewed']);
export type SampleStatus = z.infer<typeof sampleStatus>;

/** Where a reviewed sample stands: as its best run does. */
export const sampleStanding = standing.exclude(['unreviewed']);
export type SampleStanding = z.infer<typeof sampleStanding>;

/** Both ends belong to it; an end that is left out is open. */
function range<Value extends z.ZodNumber>(value: Value) {
  return z.object({ from: value.optional(), to: value.optional() }).readonly();
}

const words = z.array(z.string().min(1).max(64)).min(1).max(64).readonly();

/**
 * Which samples are meant. A part that is left out asks nothing; parts that are there must all hold; of a list any
 * item is enough, but of `tags` every one. An empty filter means every sample. It is a value: it stands in addresses,
 * saved views, bulk actions and jobs, and is never a list of ids.
 */
export const sampleFilter = z
  .object({
    /** Words, each of which begins a word of the question, an answer, a tag or a note. */
    search: z.string().max(200).optional(),
    status: z.array(sampleStatus).min(1).readonly().optional(),
    standings: z.array(sampleStanding).min(1).readonly().optional(),
    /** How the newest run that ended compares with the references. */
    verdicts: z.array(verdict).min(1).readonly().optional(),
    /** Raised in any of its runs and not dismissed. */
    flags: z.array(reviewFlag).min(1).readonly().optional(),
    tags: words.optional(),
    withoutTags: words.optional(),
    kinds: z.array(z.string().max(64)).min(1).max(64).readonly().optional(),
    splits: z.array(split).min(1).readonly().optional(),
    imageCount: range(z.number().int().min(0)).optional(),
    /** Share of right answers among its runs that could be scored; a sample without such a run has none. */
    accuracy: range(z.number().min(0).max(1)).optional(),
    episodeCount: range(z.number().int().min(0)).optional(),
    /** Who reviewed any of its runs last. */
    reviewers: z.array(reviewerId).min(1).max(64).readonly().optional(),
    /** Epoch milliseconds. */
    createdAt: range(z.number().int()).optional(),
    reviewedAt: range(z.number().int()).optional(),
  })
  .readonly();
export type SampleFilter = z.infer<typeof sampleFilter>;

export const ALL_SAMPLES: SampleFilter = {};

/** `place`: newest batch first, inside a batch in the order of the file. */
export const sampleSortKey = z.enum([
  'place',
  'created_at',
  'last_run_at',
  'reviewed_at',
  'accuracy',
  'episode_count',
  'image_count',
  'kind',
  'split',
]);
export type SampleSortKey = z.infer<typeof sampleSortKey>;

export const sampleSort = z.object({ key: sampleSortKey, descending: z.boolean() }).readonly();
export type SampleSort = z.infer<typeof sampleSort>;

export const IN_PLACE: SampleSort = { key: 'place', descending: false };

/** Samples that an action is about: some that were chosen, or all that match but a few. */
export const sampleSelection = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ids'), ids: z.array(sampleId).min(1).max(10_000).readonly() }).readonly(),
  z
    .object({
      kind: z.literal('filter'),
      filter: sampleFilter,
      except: z.array(sampleId).max(10_000).readonly().default([]),
    })
    .readonly(),
]);
export type SampleSelection = z.infer<typeof sampleSelection>;

/** What follows from a sample's runs and reviews; filters and columns look at it. */
export const sampleFacts = z
  .object({
    standing: sampleStanding.nullable(),
    flags: z.array(reviewFlag).readonly(),
    /** Runs that could be compared with a reference, and those of them that were right. */
    scored: z.number().int(),
    right: z.number().int(),
    reviewedAt: z.number().nullable(),
  })
  .readonly();
export type SampleFacts = z.infer<typeof sampleFacts>;
