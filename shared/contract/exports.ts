import { z } from 'zod';
import { exportFormat } from '../model/export-job.ts';
import { jobId, snapshotId } from '../model/ids.ts';

/**
 * exports.start           mutation       StartExportInput -> ExportJob
 * exports.cancel          mutation       {id} -> void
 * exports.list            query          -> ExportJob[] (newest first; of this start of the app)
 */

export const startExportInput = z.discriminatedUnion('format', [
  z.object({ format: z.literal('imagent'), folder: z.string().min(1).max(4096) }).readonly(),
  z
    .object({
      format: exportFormat.exclude(['imagent']),
      folder: z.string().min(1).max(4096),
      /** What is exported: these forms hold a dataset and not a workspace. */
      snapshotId,
    })
    .readonly(),
]);
export type StartExportInput = z.infer<typeof startExportInput>;
export const exportIdInput = z.object({ id: jobId }).readonly();
