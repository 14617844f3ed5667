import { z } from 'zod';
import * as contract from '../../shared/contract/tables.ts';
import { importJob } from '../../shared/model/import-job.ts';
import { checkedRow, tableImport, tablePreview } from '../../shared/model/table-import.ts';
import { t } from './trpc.ts';

const { procedure } = t;

export const tablesRouter = t.router({
  open: procedure
    .input(contract.openTableInput)
    .output(tablePreview)
    .mutation(({ ctx, input }) => ctx.tables.open(input.path)),
  openUpload: procedure
    .input(contract.openUploadInput)
    .output(tablePreview)
    .mutation(({ ctx, input }) => ctx.tables.openUpload(input.id)),
  check: procedure
    .input(contract.checkTableInput)
    .output(z.array(checkedRow).readonly())
    .query(({ ctx, input }) => ctx.tables.check(input, input.count)),
  start: procedure
    .input(contract.startTableInput)
    .output(importJob)
    .mutation(({ ctx, input }) => ctx.tables.start(input)),
  resume: procedure
    .input(contract.resumeTableInput)
    .output(importJob)
    .mutation(({ ctx, input }) => ctx.tables.resume(input.id, input.by)),
  list: procedure.output(z.array(tableImport).readonly()).query(({ ctx }) => ctx.tables.list()),
});
