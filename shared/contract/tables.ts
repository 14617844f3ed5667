import { z } from 'zod';
import { importId } from '../model/ids.ts';
import { columnMapping } from '../model/table-import.ts';
import { by } from './journal.ts';

/**
 * tables.open             mutation       {path} -> TablePreview      (a file or folder on the host's machine)
 * tables.openUpload       mutation       {id} -> TablePreview        (after imports.beginUpload and the files)
 * tables.check            query          {id, mapping, imagesFolder, count} -> CheckedRow[]
 * tables.start            mutation       {by, id, mapping, imagesFolder} -> ImportJob   (then imports.watch)
 * tables.resume           mutation       {by, id} -> ImportJob
 * tables.list             query          -> TableImport[] (newest first)
 */

const path = z.string().min(1).max(4096);

export const openTableInput = z.object({ path }).readonly();
export const openUploadInput = z.object({ id: importId }).readonly();
const mapped = {
  id: importId,
  mapping: columnMapping,
  /** Where the images are that rows name; null: beside the table. Images outside of it are refused. */
  imagesFolder: path.nullable(),
};
export const checkTableInput = z
  .object({ ...mapped, count: z.number().int().min(1).max(50).default(10) })
  .readonly();
export const startTableInput = z.object({ by, ...mapped }).readonly();
export type StartTableInput = z.infer<typeof startTableInput>;
export const resumeTableInput = z.object({ by, id: importId }).readonly();
