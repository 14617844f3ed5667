import { z } from 'zod';
import * as contract from '../../shared/contract/exports.ts';
import { exportJob } from '../../shared/model/export-job.ts';
import { nothing, t } from './trpc.ts';

const { procedure } = t;

export const exportsRouter = t.router({
  start: procedure
    .input(contract.startExportInput)
    .output(exportJob)
    .mutation(({ ctx, input }) => ctx.exports.start(input)),
  cancel: procedure
    .input(contract.exportIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.exports.cancel(input.id)),
  list: procedure.output(z.array(exportJob).readonly()).query(({ ctx }) => ctx.exports.list()),
});
