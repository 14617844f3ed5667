import { tracked } from '@trpc/server';
import { z } from 'zod';
import * as contract from '../../shared/contract/corrections.ts';
import { imageSizing } from '../../shared/model/agent-version.ts';
import { correction, correctionSummary } from '../../shared/model/correction.ts';
import { watchMessage } from '../../shared/model/episode-event.ts';
import { live, nothing, sequenceOf, t } from './trpc.ts';

const { procedure } = t;

export const correctionsRouter = t.router({
  list: procedure
    .input(contract.episodeCorrectionsInput)
    .output(z.array(correctionSummary).readonly())
    .query(({ ctx, input }) => ctx.corrections.list(input.episodeId)),
  get: procedure
    .input(contract.getCorrectionInput)
    .output(contract.correctionState)
    .query(({ ctx, input }) => ctx.corrections.get(input.id)),
  sizing: procedure
    .input(contract.episodeCorrectionsInput)
    .output(imageSizing)
    .query(({ ctx, input }) => ctx.corrections.sizing(input.episodeId)),
  create: procedure
    .input(contract.createCorrectionInput)
    .output(correction)
    .mutation(({ ctx, input }) => ctx.corrections.create(input)),
  edit: procedure
    .input(contract.editCorrectionInput)
    .output(contract.editOutcome)
    .mutation(({ ctx, input }) => ctx.corrections.edit(input)),
  applyAside: procedure
    .input(contract.applyAsideInput)
    .output(contract.editOutcome)
    .mutation(({ ctx, input }) => ctx.corrections.applyAside(input)),
  dropAside: procedure
    .input(contract.dropAsideInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.corrections.dropAside(input.setAside, input.by)),
  runFrom: procedure
    .input(contract.runFromInput)
    .output(contract.runOutcome)
    .mutation(({ ctx, input }) => ctx.corrections.runFrom(input)),
  stopRun: procedure
    .input(contract.correctionRunInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.corrections.stopRun(input.run)),
  watchRun: procedure.input(contract.watchRunInput).subscription(async function* ({ ctx, input, signal }) {
    const after = sequenceOf(input.lastEventId);
    for await (const { sequence, message } of ctx.corrections.watchRun(input.run, after, live(signal))) {
      yield tracked(String(sequence), watchMessage.parse(message));
    }
  }),
});
