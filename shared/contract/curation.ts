import { z } from 'zod';
import { bulkEdit } from '../model/bulk-edit.ts';
import { jobId, savedViewId } from '../model/ids.ts';
import { imageRecord } from '../model/image.ts';
import { sampleFilter, sampleSelection, sampleSort } from '../model/sample-filter.ts';
import { split } from '../model/sample.ts';
import { sampleColumn, savedView, savedViewName } from '../model/saved-view.ts';
import { by } from './journal.ts';

/**
 * curation.facets         query          -> SampleFacets (what can be filtered by, with counts)
 * curation.count          query          {filter} -> number
 * curation.startBulk      mutation       {by, selection, edit} -> BulkProgress
 * curation.watchBulk      subscription   {id} -> BulkProgress (every change, ends with it)
 * curation.cancelBulk     mutation       {id} -> void        (what was done stays, and one undo takes it back)
 * curation.sharing        query          {selection, split} -> {others} (samples in other splits that share their images)
 * curation.previewSplits  query          SplitsInput -> SplitPreview
 * curation.assignSplits   mutation       {by, ...SplitsInput} -> BulkProgress
 * curation.similarImages query          {limit} -> SimilarImages (groups that look alike)
 * views.list              query          -> SavedView[]
 * views.save              mutation       {by, view} -> SavedView (a view without an id is a new one)
 * views.remove            mutation       {by, id} -> void
 */

export const sampleFacets = z
  .object({
    tags: z.array(z.object({ tag: z.string(), count: z.number().int() }).readonly()).readonly(),
    kinds: z.array(z.object({ kind: z.string(), count: z.number().int() }).readonly()).readonly(),
  })
  .readonly();
export type SampleFacets = z.infer<typeof sampleFacets>;

export const countInput = z.object({ filter: sampleFilter }).readonly();
export const startBulkInput = z.object({ by, selection: sampleSelection, edit: bulkEdit }).readonly();
export type StartBulkInput = z.infer<typeof startBulkInput>;
export const jobIdInput = z.object({ id: jobId }).readonly();

export const sharingInput = z.object({ selection: sampleSelection, split }).readonly();
export const sharing = z.object({ others: z.number().int() }).readonly();

const splitsInputParts = {
  selection: sampleSelection,
  seed: z.number().int().min(0).max(0xffff_ffff),
  /** Weights; their sum is the whole. */
  shares: z
    .object({
      train: z.number().min(0).max(1000),
      validation: z.number().min(0).max(1000),
      test: z.number().min(0).max(1000),
    })
    .readonly()
    .refine(({ train, validation, test }) => train + validation + test > 0, 'One share must be above 0.'),
};
export const splitsInput = z.object(splitsInputParts).readonly();
export type SplitsInput = z.infer<typeof splitsInput>;
export const assignSplitsInput = z.object({ by, ...splitsInputParts }).readonly();
export type AssignSplitsInput = z.infer<typeof assignSplitsInput>;

export const splitPreview = z
  .object({
    counts: z
      .object({ train: z.number().int(), validation: z.number().int(), test: z.number().int() })
      .readonly(),
    /** Sets of samples that hang together by shared images; a set is never divided. */
    sets: z.number().int(),
    largestSet: z.number().int(),
    /** Samples that were not chosen but share images with chosen ones, and so come along. */
    alongCount: z.number().int(),
    changed: z.number().int(),
  })
  .readonly();
export type SplitPreview = z.infer<typeof splitPreview>;

export const similarInput = z.object({ limit: z.number().int().min(1).max(500).default(100) }).readonly();
export const similarImages = z
  .object({
    groups: z.array(z.object({ images: z.array(imageRecord).readonly() }).readonly()).readonly(),
    /** Groups there are; the first of them are in `groups`. */
    total: z.number().int(),
    /** Images whose look is known, of all. */
    known: z.number().int(),
    images: z.number().int(),
  })
  .readonly();
export type SimilarImages = z.infer<typeof similarImages>;

export const saveViewInput = z
  .object({
    by,
    id: savedViewId.optional(),
    name: savedViewName,
    filter: sampleFilter,
    sort: sampleSort,
    columns: z.array(sampleColumn).max(16).readonly(),
  })
  .readonly();
export type SaveViewInput = z.infer<typeof saveViewInput>;
export const savedViews = z.array(savedView).readonly();
export const removeViewInput = z.object({ by, id: savedViewId }).readonly();
