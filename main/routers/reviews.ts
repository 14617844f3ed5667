import { z } from 'zod';
import * as contract from '../../shared/contract/reviews.ts';
import { flagState, review } from '../../shared/model/review.ts';
import { t } from './trpc.ts';

const { procedure } = t;

export const reviewsRouter = t.router({
  queue: procedure
    .input(contract.queueInput)
    .output(contract.queuePage)
    .query(({ ctx, input }) => ctx.reviews.queue(input)),
  items: procedure
    .input(contract.queueItemsInput)
    .output(z.array(contract.queueItem).readonly())
    .query(({ ctx, input }) => ctx.reviews.items(input.ids, input.by)),
  progress: procedure.output(contract.progress).query(({ ctx }) => ctx.reviews.progress()),
  get: procedure
    .input(contract.getReviewInput)
    .output(contract.episodeReview)
    .query(({ ctx, input }) => ctx.reviews.get(input.episodeId)),
  put: procedure
    .input(contract.putReviewInput)
    .output(review)
    .mutation(({ ctx, input }) => ctx.reviews.put(input)),
  decideFlag: procedure
    .input(contract.decideFlagInput)
    .output(flagState)
    .mutation(({ ctx, input }) => ctx.reviews.decideFlag(input)),
  agreement: procedure.output(contract.agreementList).query(({ ctx }) => ctx.reviews.agreement()),
});
