import { z } from 'zod';
import { savedViewId } from './ids.ts';
import { sampleFilter, sampleSort } from './sample-filter.ts';

/** Columns of the samples table that can be shown; the question always is. */
export const sampleColumn = z.enum([
  'images',
  'kind',
  'split',
  'tags',
  'answers',
  'last_run',
  'standing',
  'accuracy',
  'episodes',
  'flags',
  'created_at',
  'reviewed_at',
]);
export type SampleColumn = z.infer<typeof sampleColumn>;

export const DEFAULT_COLUMNS: readonly SampleColumn[] = [
  'images',
  'kind',
  'answers',
  'last_run',
  'accuracy',
  'episodes',
];

export const savedViewName = z.string().trim().min(1, 'Write a name.').max(100);

/** A way of looking at the samples that was given a name. */
export const savedView = z
  .object({
    id: savedViewId,
    name: savedViewName,
    filter: sampleFilter,
    sort: sampleSort,
    columns: z.array(sampleColumn).max(16).readonly(),
  })
  .readonly();
export type SavedView = z.infer<typeof savedView>;
