import { z } from 'zod';
import * as contract from '../../shared/contract/curation.ts';
import { bulkProgress } from '../../shared/model/bulk-edit.ts';
import { savedView } from '../../shared/model/saved-view.ts';
import { live, nothing, t } from './trpc.ts';

const { procedure } = t;

export const curationRouter = t.router({
  facets: procedure.output(contract.sampleFacets).query(({ ctx }) => ctx.library.facets()),
  count: procedure
    .input(contract.countInput)
    .output(z.number().int())
    .query(({ ctx, input }) => ctx.library.countSamples(input.filter)),
  startBulk: procedure
    .input(contract.startBulkInput)
    .output(bulkProgress)
    .mutation(({ ctx, input }) => ctx.bulk.start(input)),
  watchBulk: procedure.input(contract.jobIdInput).subscription(async function* ({ ctx, input, signal }) {
    for await (const progress of ctx.bulk.watch(input.id, live(signal))) yield bulkProgress.parse(progress);
  }),
  similarImages: procedure
    .input(contract.similarInput)
    .output(contract.similarImages)
    .query(({ ctx, input }) => ctx.library.similarImages(input.limit)),
  sharing: procedure
    .input(contract.sharingInput)
    .output(contract.sharing)
    .query(({ ctx, input }) => ctx.splits.sharing(input.selection, input.split)),
  previewSplits: procedure
    .input(contract.splitsInput)
    .output(contract.splitPreview)
    .query(({ ctx, input }) => ctx.splits.preview(input)),
  assignSplits: procedure
    .input(contract.assignSplitsInput)
    .output(bulkProgress)
    .mutation(({ ctx, input }) => ctx.splits.assign(input)),
  cancelBulk: procedure
    .input(contract.jobIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.bulk.cancel(input.id)),
});

export const viewsRouter = t.router({
  list: procedure.output(contract.savedViews).query(({ ctx }) => ctx.views.list()),
  save: procedure
    .input(contract.saveViewInput)
    .output(savedView)
    .mutation(({ ctx, input }) => ctx.views.save(input)),
  remove: procedure
    .input(contract.removeViewInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.views.remove(input.id, input.by)),
});
