import { z } from 'zod';
import * as contract from '../../shared/contract/journal.ts';
import { journalAction, journalState } from '../../shared/model/journal.ts';
import { reviewer } from '../../shared/model/reviewer.ts';
import { t } from './trpc.ts';

const { procedure } = t;

export const reviewersRouter = t.router({
  list: procedure.output(z.array(reviewer).readonly()).query(({ ctx }) => ctx.journal.listReviewers()),
  add: procedure
    .input(contract.addReviewerInput)
    .output(reviewer)
    .mutation(({ ctx, input }) => ctx.journal.addReviewer(input.name)),
  rename: procedure
    .input(contract.renameReviewerInput)
    .output(reviewer)
    .mutation(({ ctx, input }) => ctx.journal.renameReviewer(input.id, input.name)),
});

export const journalRouter = t.router({
  state: procedure
    .input(contract.journalInput)
    .output(journalState)
    .query(({ ctx, input }) => ctx.journal.state(input.by)),
  undo: procedure
    .input(contract.journalInput)
    .output(journalAction.nullable())
    .mutation(({ ctx, input }) => ctx.journal.undo(input.by)),
  redo: procedure
    .input(contract.journalInput)
    .output(journalAction.nullable())
    .mutation(({ ctx, input }) => ctx.journal.redo(input.by)),
  history: procedure
    .input(contract.historyInput)
    .output(z.array(journalAction).readonly())
    .query(({ ctx, input }) => ctx.journal.history(input.subject, input.limit)),
});
