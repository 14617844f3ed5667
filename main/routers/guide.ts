import * as contract from '../../shared/contract/guide.ts';
import { nothing, t } from './trpc.ts';

const { procedure } = t;

export const guideRouter = t.router({
  get: procedure.output(contract.guide).query(({ ctx }) => ctx.guide.get()),
  show: procedure
    .input(contract.showGuideInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.guide.show(input.shown)),
  play: procedure
    .output(contract.playedGuide)
    .mutation(async ({ ctx }) => ({ jobId: await ctx.guide.play() })),
  prepare: procedure
    .input(contract.prepareInput)
    .output(contract.prepared)
    .mutation(async ({ ctx, input }) => ({ snapshotId: await ctx.guide.prepare(input.by) })),
});
