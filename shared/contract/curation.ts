import { z } from 'zod';
import { bulkEdit } from '../model/bulk-edit.ts';
import { jobId, savedViewId } from '../model/ids.ts';
import { sampleFilter, sampleSelection, sampleSort } from '../model/sample-filter.ts';
import { sampleColumn, savedView, savedViewName } from '../model/saved-view.ts';
import { by } from './journal.ts';

/**
 * curation.facets         query          -> SampleFacets (what can be filtered by, with counts)
 * curation.count          query          {filter} -> number
 * curation.startBulk      mutation       {by, selection, edit} -> BulkProgress
 * curation.watchBulk      subscription   {id} -> BulkProgress (every change, ends with it)
 * curation.cancelBulk     mutation       {id} -> void        (what was done stays, and one undo takes it back)
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
