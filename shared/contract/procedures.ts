import { z } from 'zod';
import { agentSource } from '../model/agent-version.ts';
import { episodeSummary } from '../model/episode.ts';
import { agentVersionId, episodeId, imageId, importId, sampleId } from '../model/ids.ts';
import { imageRecord } from '../model/image.ts';
import { episodeLimits, samplingSettings } from '../model/limits.ts';
import { sampleFacts, sampleFilter, sampleSort } from '../model/sample-filter.ts';
import { sample, sampleDraft } from '../model/sample.ts';
import { pace } from '../model/settings.ts';
import { by } from './journal.ts';

/**
 * Inputs and outputs of every procedure, by feature. The router (main/router.ts) uses these schemas and
 * adds no other; the page knows the router's type and these.
 *
 * app.info                query          -> AppInfo
 * app.activity            subscription   -> ChangeNotice (what lists must be read again)
 * settings.get|set        query|mutation -> Settings
 * agents.list             query          -> AgentVersion[]
 * agents.add              mutation       AddAgentInput -> AgentVersion
 * agents.remove           mutation       {id} -> void
 * images.list             query          ListImagesInput -> ImagePage
 * images.remove           mutation       {ids} -> void           (refused where a sample uses one)
 * samples.list            query          ListSamplesInput -> SamplePage
 * samples.get             query          {id} -> SampleRow
 * samples.create|update   mutation       -> Sample
 * samples.remove          mutation       {ids} -> void
 * imports.startPaths      mutation       {by, paths} -> ImportJob
 * imports.beginUpload     mutation       -> ImportJob             (then POST /upload/<importId>?name=.. each file)
 * imports.finishUpload    mutation       {by, id} -> ImportJob
 * imports.cancel          mutation       {id} -> void
 * imports.watch           subscription   {id} -> ImportJob (every change, ends when it has finished)
 * episodes.start          mutation       StartEpisodeInput -> {id}
 * episodes.stop           mutation       {id} -> void
 * episodes.get            query          {id} -> Episode
 * episodes.list           query          {sampleId, limit} -> EpisodeSummary[] (newest first)
 * episodes.tokens         query          {id, index} -> SampledToken[] (of a step whose tokens were left out)
 * episodes.watch          subscription   {id, lastEventId?} -> tracked WatchMessage
 */

export const appInfo = z
  .object({
    version: z.string(),
    mode: z.enum(['desktop', 'browser']),
    workspacePath: z.string(),
    /** True where the native dialogs of the shell are there. */
    counts: z
      .object({ images: z.number().int(), samples: z.number().int(), episodes: z.number().int() })
      .readonly(),
  })
  .readonly();
export type AppInfo = z.infer<typeof appInfo>;

export const changeTopic = z.enum([
  'images',
  'samples',
  'episodes',
  'agents',
  'settings',
  'reviewers',
  'journal',
  'reviews',
  'corrections',
  'groups',
  'views',
  'snapshots',
  'runs',
  'evaluations',
  'experiments',
  'jobs',
]);
export type ChangeTopic = z.infer<typeof changeTopic>;
export const changeNotice = z.object({ topic: changeTopic }).readonly();
export type ChangeNotice = z.infer<typeof changeNotice>;

export const addAgentInput = z
  .object({ by, name: z.string().trim().max(200).optional(), source: agentSource })
  .readonly();
export type AddAgentInput = z.infer<typeof addAgentInput>;
export const removeAgentInput = z.object({ by, id: agentVersionId }).readonly();

/** Pages are by cursor: opaque, stable while rows are added. */
const pageInput = {
  cursor: z.string().max(200).nullish(),
  limit: z.number().int().min(1).max(500).default(100),
};

export const listImagesInput = z.object({ ...pageInput, search: z.string().max(200).optional() }).readonly();
export const imagePage = z
  .object({
    items: z.array(imageRecord).readonly(),
    nextCursor: z.string().nullable(),
    total: z.number().int(),
  })
  .readonly();
export type ImagePage = z.infer<typeof imagePage>;
export const removeImagesInput = z
  .object({ by, ids: z.array(imageId).min(1).max(10_000).readonly() })
  .readonly();

export const listSamplesInput = z
  .object({
    ...pageInput,
    filter: sampleFilter.optional(),
    sort: sampleSort.optional(),
  })
  .readonly();
/** A sample with what its row shows: its images in order, and its newest episode. */
export const sampleRow = z
  .object({
    sample,
    images: z.array(imageRecord).readonly(),
    episodeCount: z.number().int(),
    lastEpisode: episodeSummary.nullable(),
    facts: sampleFacts,
  })
  .readonly();
export type SampleRow = z.infer<typeof sampleRow>;
export const samplePage = z
  .object({
    items: z.array(sampleRow).readonly(),
    nextCursor: z.string().nullable(),
    total: z.number().int(),
    /** Kinds in the workspace with their counts, for the filter. */
    kinds: z.array(z.object({ kind: z.string(), count: z.number().int() }).readonly()).readonly(),
  })
  .readonly();
export type SamplePage = z.infer<typeof samplePage>;
export const getSampleInput = z.object({ id: sampleId }).readonly();
export const createSampleInput = z.object({ by, draft: sampleDraft }).readonly();
export const updateSampleInput = z
  .object({ by, id: sampleId, revision: z.number().int(), draft: sampleDraft })
  .readonly();
export const removeSamplesInput = z
  .object({ by, ids: z.array(sampleId).min(1).max(10_000).readonly() })
  .readonly();

export const startPathsInput = z
  .object({ by, paths: z.array(z.string().min(1).max(4096)).min(1).max(1000).readonly() })
  .readonly();
export const importIdInput = z.object({ id: importId }).readonly();
export const finishUploadInput = z.object({ by, id: importId }).readonly();

export const startEpisodeInput = z
  .object({
    sampleId,
    /** Defaults: the workspace's settings, then the agent's own. */
    agentVersionId: agentVersionId.optional(),
    withTools: z.boolean().optional(),
    /** Left out: as fast as the agent goes. */
    pace: pace.optional(),
    sampling: samplingSettings.optional(),
    limits: episodeLimits.optional(),
  })
  .readonly();
export type StartEpisodeInput = z.infer<typeof startEpisodeInput>;
export const episodeIdInput = z.object({ id: episodeId }).readonly();
export const stepTokensInput = z.object({ id: episodeId, index: z.number().int().nonnegative() }).readonly();
export const watchEpisodeInput = z
  .object({ id: episodeId, lastEventId: z.string().max(40).nullish() })
  .readonly();
export const listEpisodesInput = z
  .object({ sampleId, limit: z.number().int().min(1).max(500).default(50) })
  .readonly();
