import { z } from 'zod';
import { importId } from './ids.ts';

/** Why one item of an import was not taken. The rest goes on. */
export const rejectionCode = z.enum([
  'not_an_image',
  'unsupported_format',
  'broken_image',
  'too_many_pixels',
  'too_many_bytes',
  'empty_file',
  'outside_folder',
  'unreadable',
  'bad_row',
  'missing_image',
]);
export type RejectionCode = z.infer<typeof rejectionCode>;

export const rejection = z
  .object({
    /** Path relative to what was imported, or `file:line` for a row. Shown as text. */
    name: z.string(),
    code: rejectionCode,
    message: z.string(),
  })
  .readonly();
export type Rejection = z.infer<typeof rejection>;

export const importJob = z
  .object({
    id: importId,
    state: z.enum(['scanning', 'running', 'finished', 'cancelled', 'failed']),
    /** Null while the number of items is not known. */
    total: z.number().int().nullable(),
    done: z.number().int(),
    importedImages: z.number().int(),
    duplicates: z.number().int(),
    importedSamples: z.number().int(),
    /** The first of them; `rejectedCount` has the whole number. */
    rejections: z.array(rejection).readonly(),
    rejectedCount: z.number().int(),
    error: z.string().nullable(),
  })
  .readonly();
export type ImportJob = z.infer<typeof importJob>;
