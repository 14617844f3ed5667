import { z } from 'zod';
import { jobId } from './ids.ts';

/**
 * `imagent`: everything, to be read back without loss. `verl`: the questions of a snapshot as verl's table. `ms_swift`:
 * its questions and demonstrations as ms-swift's rows.
 */
export const exportFormat = z.enum(['imagent', 'verl', 'ms_swift']);
export type ExportFormat = z.infer<typeof exportFormat>;

/** What an export did not take along, and why: every form but our own holds less than a workspace. */
export const exportLoss = z.object({ what: z.string(), count: z.number().int(), why: z.string() }).readonly();
export type ExportLoss = z.infer<typeof exportLoss>;

export const exportReport = z
  .object({
    folder: z.string(),
    files: z.array(z.object({ name: z.string(), rows: z.number().int() }).readonly()).readonly(),
    images: z.number().int(),
    losses: z.array(exportLoss).readonly(),
    /** What was found when the written files were opened again. */
    checked: z.array(z.string()).readonly(),
  })
  .readonly();
export type ExportReport = z.infer<typeof exportReport>;

export const exportJob = z
  .object({
    id: jobId,
    format: exportFormat,
    state: z.enum(['running', 'finished', 'cancelled', 'failed']),
    done: z.number().int(),
    total: z.number().int(),
    report: exportReport.nullable(),
    error: z.string().nullable(),
  })
  .readonly();
export type ExportJob = z.infer<typeof exportJob>;
