import * as contract from '../../shared/contract/evaluations.ts';
import { t } from './trpc.ts';

const { procedure } = t;

export const evaluationsRouter = t.router({
  start: procedure
    .input(contract.startEvaluationInput)
    .output(contract.startedEvaluation)
    .mutation(({ ctx, input }) => ctx.evaluations.start(input)),
  list: procedure.output(contract.evaluationList).query(({ ctx }) => ctx.evaluations.list()),
  compare: procedure
    .input(contract.compareInput)
    .output(contract.comparison)
    .query(({ ctx, input }) => ctx.evaluations.compare(input)),
  pairs: procedure
    .input(contract.listPairsInput)
    .output(contract.pairPage)
    .query(({ ctx, input }) => ctx.evaluations.pairs(input)),
});
