import { tracked } from '@trpc/server';
import { z } from 'zod';
import * as procedures from '../shared/contract/procedures.ts';
import { agentVersion } from '../shared/model/agent-version.ts';
import { watchMessage } from '../shared/model/episode-event.ts';
import { episode, episodeSummary } from '../shared/model/episode.ts';
import { episodeId } from '../shared/model/ids.ts';
import { importJob } from '../shared/model/import-job.ts';
import { sample } from '../shared/model/sample.ts';
import { sampledToken } from '../shared/model/step.ts';
import { settings } from '../shared/model/settings.ts';
import { correctionsRouter } from './routers/corrections.ts';
import { evaluationsRouter } from './routers/evaluations.ts';
import { experimentsRouter } from './routers/experiments.ts';
import { groupsRouter, jobsRouter } from './routers/groups.ts';
import { curationRouter, viewsRouter } from './routers/curation.ts';
import { exportsRouter } from './routers/exports.ts';
import { guideRouter } from './routers/guide.ts';
import { journalRouter, reviewersRouter } from './routers/journal.ts';
import { reviewsRouter } from './routers/reviews.ts';
import { chartsRouter, runsRouter, trainerRouter } from './routers/runs.ts';
import { tablesRouter } from './routers/tables.ts';
import { live, nothing, sequenceOf, t } from './routers/trpc.ts';
import { snapshotsRouter } from './routers/snapshots.ts';

const { procedure } = t;

const app = t.router({
  info: procedure.output(procedures.appInfo).query(({ ctx }) => ctx.appInfo()),
  activity: procedure.subscription(async function* ({ ctx, signal }) {
    for await (const topic of ctx.changes.watch(live(signal))) yield procedures.changeNotice.parse({ topic });
  }),
});

const settingsRouter = t.router({
  get: procedure.output(settings).query(({ ctx }) => ctx.settings.get()),
  set: procedure
    .input(settings)
    .output(settings)
    .mutation(({ ctx, input }) => ctx.settings.set(input)),
});

const agents = t.router({
  list: procedure.output(z.array(agentVersion).readonly()).query(({ ctx }) => ctx.agents.list()),
  add: procedure
    .input(procedures.addAgentInput)
    .output(agentVersion)
    .mutation(({ ctx, input }) => ctx.agents.add(input)),
  remove: procedure
    .input(procedures.removeAgentInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.agents.remove(input.id, input.by)),
});

const images = t.router({
  list: procedure
    .input(procedures.listImagesInput)
    .output(procedures.imagePage)
    .query(({ ctx, input }) => ctx.library.listImages(input)),
  remove: procedure
    .input(procedures.removeImagesInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.library.removeImages(input.ids, input.by)),
});

const samples = t.router({
  list: procedure
    .input(procedures.listSamplesInput)
    .output(procedures.samplePage)
    .query(({ ctx, input }) => ctx.library.listSamples(input)),
  get: procedure
    .input(procedures.getSampleInput)
    .output(procedures.sampleRow)
    .query(({ ctx, input }) => ctx.library.getSample(input.id)),
  create: procedure
    .input(procedures.createSampleInput)
    .output(sample)
    .mutation(({ ctx, input }) => ctx.library.createSample(input.draft, input.by)),
  update: procedure
    .input(procedures.updateSampleInput)
    .output(sample)
    .mutation(({ ctx, input }) => ctx.library.updateSample(input.id, input.revision, input.draft, input.by)),
  remove: procedure
    .input(procedures.removeSamplesInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.library.removeSamples(input.ids, input.by)),
});

const imports = t.router({
  startPaths: procedure
    .input(procedures.startPathsInput)
    .output(importJob)
    .mutation(({ ctx, input }) => ctx.imports.startPaths(input.paths, input.by)),
  beginUpload: procedure.output(importJob).mutation(({ ctx }) => ctx.imports.beginUpload()),
  finishUpload: procedure
    .input(procedures.finishUploadInput)
    .output(importJob)
    .mutation(({ ctx, input }) => ctx.imports.finishUpload(input.id, input.by)),
  cancel: procedure
    .input(procedures.importIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.imports.cancel(input.id)),
  watch: procedure.input(procedures.importIdInput).subscription(async function* ({ ctx, input, signal }) {
    for await (const job of ctx.imports.watch(input.id, live(signal))) yield importJob.parse(job);
  }),
});

const episodes = t.router({
  start: procedure
    .input(procedures.startEpisodeInput)
    .output(z.object({ id: episodeId }).readonly())
    .mutation(({ ctx, input }) => ctx.episodes.start(input)),
  stop: procedure
    .input(procedures.episodeIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.episodes.stop(input.id)),
  get: procedure
    .input(procedures.episodeIdInput)
    .output(episode)
    .query(({ ctx, input }) => ctx.episodes.get(input.id)),
  list: procedure
    .input(procedures.listEpisodesInput)
    .output(z.array(episodeSummary).readonly())
    .query(({ ctx, input }) => ctx.episodes.list(input.sampleId, input.limit)),
  tokens: procedure
    .input(procedures.stepTokensInput)
    .output(z.array(sampledToken).readonly())
    .query(({ ctx, input }) => ctx.episodes.tokens(input.id, input.index)),
  watch: procedure.input(procedures.watchEpisodeInput).subscription(async function* ({ ctx, input, signal }) {
    const after = sequenceOf(input.lastEventId);
    for await (const { sequence, message } of ctx.episodes.watch(input.id, after, live(signal))) {
      yield tracked(String(sequence), watchMessage.parse(message));
    }
  }),
});

/** The one list of what crosses the wire. The page imports its type and nothing else of the host. */
export const appRouter = t.router({
  app,
  settings: settingsRouter,
  agents,
  images,
  samples,
  imports,
  episodes,
  corrections: correctionsRouter,
  evaluations: evaluationsRouter,
  experiments: experimentsRouter,
  groups: groupsRouter,
  guide: guideRouter,
  jobs: jobsRouter,
  reviewers: reviewersRouter,
  charts: chartsRouter,
  runs: runsRouter,
  trainer: trainerRouter,
  journal: journalRouter,
  tables: tablesRouter,
  exports: exportsRouter,
  reviews: reviewsRouter,
  curation: curationRouter,
  views: viewsRouter,
  snapshots: snapshotsRouter,
});

export type AppRouter = typeof appRouter;
