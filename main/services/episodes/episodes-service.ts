import { join } from 'node:path';
import type { ImageRegion } from '../../../shared/contract/assets.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic, StartEpisodeInput } from '../../../shared/contract/procedures.ts';
import type { EpisodeEvent } from '../../../shared/model/episode-event.ts';
import type { Episode, EpisodeSummary } from '../../../shared/model/episode.ts';
import { summarise } from '../../../shared/model/episode.ts';
import type { SampledToken } from '../../../shared/model/step.ts';
import type { EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import type { Sample } from '../../../shared/model/sample.ts';
import { BackendError } from '../../agent/backend.ts';
import type { ViewSource } from '../../agent/backend.ts';
import type { EpisodeInput } from '../../agent/episode-input.ts';
import { runEpisode } from '../../agent/loop.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { AgentPool } from '../../agent/agent-pool.ts';
import { createLiveEpisode } from '../live-episode.ts';
import { paced } from '../pace.ts';
import type { RunPriority, RunQueue } from '../run-queue.ts';
import type { LiveEpisode, NumberedMessage } from '../live-episode.ts';

export interface EpisodesDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  /** As `notify`, for what changes many times a second in the background. */
  readonly notifySeldom: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly pool: AgentPool;
  /** Of the one engine: whatever runs in it waits here. */
  readonly queue: RunQueue;
  /** @throws StudioError not_found when there is no agent to run */
  readonly chooseAgent: (id: StartEpisodeInput['agentVersionId']) => Promise<StoredAgent>;
}

export interface EpisodesService {
  /** Resolves when the episode is stored; it then runs on its own. */
  start(input: StartEpisodeInput): Promise<{ readonly id: EpisodeId }>;
  /**
   * Plays an episode in the background, behind what people run, and resolves when it has ended. `onStored` runs in the
   * transaction that stores it; an abort of `signal` stops it.
   * @throws StudioError not_found, cancelled
   */
  play(
    input: StartEpisodeInput,
    options: { readonly onStored: (id: EpisodeId) => void; readonly signal: AbortSignal },
  ): Promise<Episode>;
  /** Ends as `stopped` soon after. One that has ended stays as it is. */
  stop(id: EpisodeId): void;
  get(id: EpisodeId): Episode;
  list(sample: SampleId, limit: number): readonly EpisodeSummary[];
  /** Of one step, where the whole episode is too long to come with them. */
  tokens(id: EpisodeId, index: number): readonly SampledToken[];
  watch(
    id: EpisodeId,
    after: number | null,
    signal: AbortSignal,
  ): AsyncGenerator<NumberedMessage, void, void>;
  /** Where the pixels of a view come from. @throws StudioError not_found */
  viewSource(id: EpisodeId, number: number): ViewSource;
  /** The engine gives its memory back, once what runs has ended; the next episode takes it again. */
  release(): Promise<void>;
  /** Where the pixels of a part of an image come from. @throws StudioError not_found, bad_input */
  regionSource(id: EpisodeId, region: ImageRegion): ViewSource;
  /** Stops what runs and waits until it is stored. */
  close(): Promise<void>;
}

/** As large as the pixel budget of any agent. */
const MAX_REGION_PIXELS = 64_000_000;

interface Run {
  readonly live: LiveEpisode;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export function createEpisodesService(deps: EpisodesDeps): EpisodesService {
  const { workspace, now, notify, log, pool, queue } = deps;
  const { episodes, samples } = workspace;
  const runs = new Map<EpisodeId, Run>();
  let closing = false;

  /** Saves what an event finished. A failure to save ends the run, because the rest could not be saved either. */
  function persist(episode: Episode, event: EpisodeEvent): void | Promise<void> {
    switch (event.type) {
      case 'view_added': {
        workspace.writeSoon(() => {
          episodes.addView(episode.id, event.view);
          const step = event.byStep === null ? undefined : episode.steps[event.byStep];
          if (step) episodes.saveStep(episode.id, step);
        });
        return;
      }
      case 'step_finished': {
        const step = episode.steps.find(({ index }) => index === event.index);
        if (step) workspace.writeSoon(() => episodes.saveStep(episode.id, step));
        return;
      }
      case 'finished':
        workspace.writeSoon(() => episodes.finish(episode));
        return workspace.synced();
      case 'phase':
      case 'step_started':
      case 'tokens':
        return;
      default:
        event satisfies never;
    }
  }

  function inputOf(id: EpisodeId, sample: Sample): EpisodeInput {
    const images = episodes.images(id).map((image) => ({
      path: join(workspace.folder, image.file),
      key: image.sha256,
      width: image.width,
      height: image.height,
    }));
    const { question, choices, answers, answerKind, tolerance } = sample;
    const reference = answers.length === 0 ? null : { answers, answerKind, choices, tolerance };
    return { images, question, choices, reference };
  }

  async function play(
    live: LiveEpisode,
    sample: Sample,
    agent: StoredAgent,
    pace: number | null,
    signal: AbortSignal,
    tell: (topic: ChangeTopic) => void,
    stored: Promise<void>,
  ): Promise<void> {
    try {
      await stored;
      if (signal.aborted) return await live.apply(ended('stopped', null));
      await live.apply({ type: 'phase', phase: 'loading_agent' });
      const backend = await pool.use(agent.source, signal);
      const { withTools, sampling, limits } = live.current();
      const input = inputOf(live.current().id, sample);
      const events = runEpisode(backend, input, { withTools, sampling, limits }, signal);
      for await (const event of paced(events, pace, signal)) {
        await live.apply(event);
      }
    } catch (error) {
      await finishAfter(live, error, signal);
    } finally {
      tell('episodes');
    }
  }

  async function finishAfter(live: LiveEpisode, error: unknown, signal: AbortSignal): Promise<void> {
    const known = error instanceof BackendError || error instanceof StudioError;
    if (!known) log.error('an episode failed', error);
    const event = signal.aborted
      ? ended('stopped', null)
      : ended('failed', {
          code: known ? error.code : 'internal',
          message: known ? error.message : 'Something went wrong inside the app. Its log has the details.',
        });
    try {
      await live.apply(event);
    } catch (failure) {
      // A full disk, most likely. At the next start the episode is found as one that was cut off.
      log.error('the end of an episode was not saved', failure);
      live.endUnsaved(event);
    }
  }

  function ended(status: 'stopped' | 'failed', error: Episode['error']): EpisodeEvent {
    return {
      type: 'finished',
      status,
      answer: null,
      verdict: 'unknown',
      reward: null,
      flags: [],
      error,
      endedAt: now(),
    };
  }

  function get(id: EpisodeId): Episode {
    const episode = runs.get(id)?.live.current() ?? episodes.get(id);
    if (!episode) throw new StudioError('not_found', 'This episode is not in the workspace.');
    return episode;
  }

  /** As it is shown: a very long one without its tokens. */
  function open(id: EpisodeId): Episode {
    const episode = episodes.open(id);
    if (!episode) throw new StudioError('not_found', 'This episode is not in the workspace.');
    return episode;
  }

  async function launch(
    input: StartEpisodeInput,
    priority: RunPriority,
    onStored: (id: EpisodeId) => void,
  ): Promise<Run> {
    const agent = await deps.chooseAgent(input.agentVersionId);
    if (closing) throw new StudioError('cancelled', 'The app is closing.');
    const sample = samples.get(input.sampleId);
    if (!sample) throw new StudioError('not_found', 'This sample is not in the workspace any more.');
    const settings = workspace.settings.get();
    const episode: Episode = {
      id: newId.episode(),
      sampleId: sample.id,
      agentVersionId: agent.id,
      startedAt: now(),
      withTools: input.withTools ?? settings.withTools,
      sampling: input.sampling ?? settings.sampling ?? agent.sampling,
      limits: input.limits ?? settings.limits ?? agent.limits,
      state: { kind: 'running', phase: 'queued' },
      views: [],
      steps: [],
      answer: null,
      verdict: 'unknown',
      reward: null,
      flags: [],
      error: null,
    };
    workspace.writeSoon(() => {
      episodes.create(episode);
      onStored(episode.id);
    });
    const stored = workspace.synced();
    const live = createLiveEpisode(episode, { save: persist });
    const abort = new AbortController();
    const tell = priority === 'person' ? notify : deps.notifySeldom;
    const done = queue
      .enter(priority, () => play(live, sample, agent, input.pace ?? null, abort.signal, tell, stored))
      .finally(() => runs.delete(episode.id));
    const run: Run = { live, abort, done };
    runs.set(episode.id, run);
    tell('episodes');
    await stored;
    return run;
  }

  return {
    start: async (input) => {
      const { live } = await launch(input, 'person', () => {});
      return { id: live.current().id };
    },
    play: async (input, { onStored, signal }) => {
      const { live, abort, done } = await launch(input, 'background', onStored);
      const stop = (): void => abort.abort();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      await done;
      signal.removeEventListener('abort', stop);
      return live.current();
    },
    stop: (id) => {
      const run = runs.get(id);
      if (run) run.abort.abort();
      else get(id);
    },
    get,
    list: (sample, limit) =>
      episodes.list(sample, limit).map((summary) => {
        const live = runs.get(summary.id)?.live.current();
        return live ? summarise(live) : summary;
      }),
    tokens: (id, index) => episodes.tokens(id, index),
    async *watch(id, after, signal) {
      const run = runs.get(id);
      if (run) yield* run.live.watch(after, signal);
      else yield { sequence: 0, message: { type: 'snapshot', episode: open(id) } };
    },
    viewSource: (id, number) => {
      const running = runs.get(id)?.live.current();
      const view = running?.views.find((one) => one.number === number) ?? episodes.view(id, number);
      const image = view && episodes.images(id)[view.rootImage];
      if (!view || !image) throw new StudioError('not_found', 'This episode has no such image.');
      const { rootBox, width, height } = view;
      return {
        imagePath: join(workspace.folder, image.file),
        imageKey: image.sha256,
        box: rootBox,
        width,
        height,
      };
    },
    release: () => queue.enter('person', () => pool.close()),
    regionSource: (id, { rootImage, rootBox, width, height }) => {
      const image = episodes.images(id)[rootImage];
      if (!image) throw new StudioError('not_found', 'This episode has no such image.');
      const [x1, y1, x2, y2] = rootBox;
      const isInside = x1 < x2 && x2 <= image.width && y1 < y2 && y2 <= image.height;
      if (!isInside || width * height > MAX_REGION_PIXELS) {
        throw new StudioError('bad_input', 'The region lies outside the image, or is too large to show.');
      }
      return {
        imagePath: join(workspace.folder, image.file),
        imageKey: image.sha256,
        box: rootBox,
        width,
        height,
      };
    },
    close: async () => {
      closing = true;
      for (const { abort } of runs.values()) abort.abort();
      await queue.idle();
    },
  };
}
