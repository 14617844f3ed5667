import { z } from 'zod';
import { jobId } from './ids.ts';
import { split } from './sample.ts';

const tag = z.string().trim().min(1).max(64);

/** One edit that is made of many samples at once. */
export const bulkEdit = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add_tag'), tag }).readonly(),
  z.object({ kind: z.literal('remove_tag'), tag }).readonly(),
  z
    .object({
      kind: z.literal('set_split'),
      split,
      /** Also of the samples that share images with them, and with those, and so on. */
      withSharing: z.boolean().default(false),
    })
    .readonly(),
  z.object({ kind: z.literal('set_kind'), sampleKind: z.string().trim().min(1).max(64) }).readonly(),
  z.object({ kind: z.literal('remove') }).readonly(),
]);
export type BulkEdit = z.infer<typeof bulkEdit>;

/** How far work over many samples has come. */
export const bulkProgress = z
  .object({
    id: jobId,
    state: z.enum(['running', 'finished', 'cancelled', 'failed']),
    total: z.number().int(),
    done: z.number().int(),
    /** Samples that were not as wanted before. */
    changed: z.number().int(),
    error: z.string().nullable(),
  })
  .readonly();
export type BulkProgress = z.infer<typeof bulkProgress>;
