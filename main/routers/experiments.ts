import * as contract from '../../shared/contract/experiments.ts';
import { experiment } from '../../shared/model/experiment.ts';
import { nothing, t } from './trpc.ts';

const { procedure } = t;

export const experimentsRouter = t.router({
  list: procedure.output(contract.experimentList).query(({ ctx }) => ctx.experiments.list()),
  start: procedure
    .input(contract.startExperimentInput)
    .output(experiment)
    .mutation(({ ctx, input }) => ctx.experiments.start(input)),
  resume: procedure
    .input(contract.experimentIdInput)
    .output(experiment)
    .mutation(({ ctx, input }) => ctx.experiments.resume(input.id)),
  stop: procedure
    .input(contract.experimentIdInput)
    .output(experiment)
    .mutation(async ({ ctx, input }) => await ctx.experiments.stop(input.id)),
  remove: procedure
    .input(contract.experimentIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.experiments.remove(input.id)),
});
