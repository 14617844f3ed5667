import { StudioError } from '../../../shared/contract/errors.ts';
import type { StartedJob, StartJobInput } from '../../../shared/contract/groups.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import { rolloutSeed } from '../../../shared/model/group.ts';
import type { EvaluationId, GroupId, JobId } from '../../../shared/model/ids.ts';
import type { JobPlan, JobScopeInput, RolloutJob } from '../../../shared/model/rollout-job.ts';
import { episodesPerSample } from '../../../shared/model/rollout-job.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import type { JobSample, StoredJob } from '../../store/repositories/rollout-jobs.ts';
import type { Workspace } from '../../store/workspace.ts';
import { createJobFeed } from './job-watch.ts';

/** Jobs that a list and a watcher are told of. */
const SHOWN = 50;
/** So many rollouts that fail one after another are no accident: the job pauses and says why. */
const FAILURES_IN_ROW = 3;

/** The part of the episodes service that a job stands on. */
export interface EpisodePlayer {
  play(
    input: {
      readonly sampleId: JobSample['id'];
      readonly agentVersionId: StoredAgent['id'];
      readonly withTools: boolean;
      readonly sampling: Episode['sampling'];
      readonly limits: Episode['limits'];
    },
    options: { readonly onStored: (id: Episode['id']) => void; readonly signal: AbortSignal },
  ): Promise<Episode>;
}

export interface JobsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  /** As `notify`, for what changes many times a second. */
  readonly notifySeldom: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly episodes: EpisodePlayer;
  /** @throws StudioError not_found when there is no agent to run */
  readonly chooseAgent: (id: StartJobInput['agentVersionId']) => Promise<StoredAgent>;
}

export interface PlannedJob {
  readonly evaluationId: EvaluationId | null;
  readonly agent: StoredAgent;
  readonly scope: JobScopeInput;
  readonly plan: JobPlan;
}

/** Rollouts in the background. A job is in the database; what runs here only moves it on. */
export interface JobsService {
  start(input: StartJobInput): Promise<StartedJob>;
  /** @throws StudioError bad_input when the scope holds no sample */
  add(job: PlannedJob): RolloutJob;
  get(id: JobId): RolloutJob;
  list(): readonly RolloutJob[];
  /** The rollout that runs is played to its end. */
  pause(id: JobId): void;
  resume(id: JobId): void;
  /** The rollout that runs is stopped and not counted. */
  cancel(id: JobId): void;
  /** For when something else needs the machine. */
  pauseAll(reason: string): void;
  watch(signal: AbortSignal): AsyncGenerator<readonly RolloutJob[], void, void>;
  /** Goes on with what the last run of the app left active. */
  begin(): void;
  /** Breaks off what runs, so that it is played again at the next start. */
  close(): Promise<void>;
}

export function createJobsService(deps: JobsDeps): JobsService {
  const { workspace, now, notifySeldom, log } = deps;
  const { rolloutJobs: jobs, groups, samples } = workspace;
  const feed = createJobFeed();
  let running: { readonly id: JobId; readonly abort: AbortController } | null = null;
  let loop: Promise<void> = Promise.resolve();
  let awake = false;
  let closing = false;
  let failuresInRow = 0;

  function changed(): void {
    feed.changed();
    notifySeldom('jobs');
  }

  function show(job: StoredJob): RolloutJob {
    const { cursor: _cursor, capLeftMs: _left, ...shown } = job;
    return { ...shown, running: running?.id === job.id };
  }

  function find(id: JobId): StoredJob {
    const job = jobs.get(id);
    if (!job) throw new StudioError('not_found', 'This job is not in the workspace.');
    return job;
  }

  function wake(): void {
    if (awake || closing) return;
    awake = true;
    loop = run();
  }

  async function run(): Promise<void> {
    for (;;) {
      const job = closing ? null : jobs.nextActive();
      if (job === null) {
        running = null;
        awake = false;
        changed();
        return;
      }
      try {
        await step(job);
      } catch (error) {
        const known = error instanceof StudioError;
        if (!known) log.error('a job of rollouts failed', error);
        pauseBecause(
          job.id,
          known ? error.message : 'Something went wrong inside the app. Its log has the details.',
        );
      }
    }
  }

  function pauseBecause(id: JobId, reason: string): void {
    try {
      jobs.setState(id, 'paused', reason, now());
    } catch (error) {
      // A full disk, most likely. Nothing more can be saved; at the next start the job goes on where it stood.
      log.error('a job could not be paused', error);
      closing = true;
    }
    changed();
  }

  /** One rollout of a job, or the step to its next sample. */
  async function step(job: StoredJob): Promise<void> {
    if (job.capLeftMs !== null && job.capLeftMs <= 0) {
      return pauseBecause(job.id, 'Its time is up. Resume it to give it the same time again.');
    }
    const sample = nextSample(job);
    if (sample === null) {
      jobs.setState(job.id, 'finished', null, now());
      notifySeldom(job.evaluationId === null ? 'groups' : 'evaluations');
      return changed();
    }
    // An import may have gone on since the job was started.
    if (job.samplesDone >= job.sampleTotal && job.scope.kind === 'filter') {
      jobs.widen(job.id, Math.max(job.samplesDone + 1, samples.count(job.scope.filter)));
    }
    const number = nextRollout(job, sample);
    if (number === null) {
      jobs.advance(job.id, sample.cursor);
      return changed();
    }
    await playRollout(job, sample, number);
  }

  function nextSample({ id, scope, cursor }: StoredJob): JobSample | null {
    if (scope.kind === 'samples') return jobs.nextChosen(id, cursor);
    const found = samples.next(scope.filter, cursor);
    return found === null ? null : { id: found.id, cursor: found.place };
  }

  /** The first rollout of a sample that has not been played to its end; null when all have. */
  function nextRollout(job: StoredJob, sample: JobSample): number | null {
    const done = new Set(
      jobs
        .rollouts(job.id, sample.id)
        .filter(({ ended, interrupted }) => ended && !interrupted)
        .map(({ number }) => number),
    );
    for (let number = 0; number < episodesPerSample(job.plan); number += 1) {
      if (!done.has(number)) return number;
    }
    return null;
  }

  async function playRollout(job: StoredJob, sample: JobSample, number: number): Promise<void> {
    const { plan } = job;
    const abort = new AbortController();
    const startedAt = now();
    if (running?.id !== job.id) failuresInRow = 0;
    running = { id: job.id, abort };
    changed();
    const group =
      job.evaluationId === null
        ? groups.ensure(job.id, sample.id, plan.size, plan.sizeWithout, startedAt)
        : null;
    const isGreedy = plan.sampling.temperature === 0;
    const seed = isGreedy ? plan.sampling.seed : rolloutSeed(plan.sampling.seed, sample.id, number);
    const episode = await deps.episodes.play(
      {
        sampleId: sample.id,
        agentVersionId: job.agentVersionId,
        withTools: number < plan.size,
        sampling: { ...plan.sampling, seed },
        limits: plan.limits,
      },
      { signal: abort.signal, onStored: (id) => jobs.link(job.id, sample.id, number, id) },
    );
    if (abort.signal.aborted) jobs.unlink(job.id, sample.id, number);
    else settle(job, sample, number, group, episode, now() - startedAt);
    notifySeldom(group === null ? 'evaluations' : 'groups');
  }

  function settle(
    job: StoredJob,
    sample: JobSample,
    number: number,
    group: GroupId | null,
    episode: Episode,
    ms: number,
  ): void {
    const { verdict } = episode;
    const kinds = episode.steps.map(({ action }) => action?.kind);
    const lookBacks = kinds.filter((kind) => kind === 'look_back').length;
    const validCalls = kinds.filter((kind) => kind === 'zoom_in').length + lookBacks;
    const failed = episode.state.kind === 'ended' && episode.state.status === 'failed';
    workspace.write(() => {
      jobs.count(job.id, { failed, right: verdict === 'right', ms });
      jobs.score(job.id, sample.id, number, { verdict, validCalls, lookBacks });
      if (group !== null) groups.refresh(group);
    });
    failuresInRow = failed ? failuresInRow + 1 : 0;
    changed();
    if (failuresInRow < FAILURES_IN_ROW) return;
    failuresInRow = 0;
    if (jobs.get(job.id)?.state !== 'active') return;
    pauseBecause(
      job.id,
      `${FAILURES_IN_ROW} rollouts failed one after another: ${episode.error?.message ?? 'no reason was given'}`,
    );
  }

  function add({ evaluationId, agent, scope, plan }: PlannedJob): RolloutJob {
    const sampleTotal = scope.kind === 'samples' ? scope.ids.length : samples.count(scope.filter);
    if (sampleTotal === 0) throw new StudioError('bad_input', 'No sample fits this choice. Choose others.');
    const id = newId.job();
    const agentVersionId = agent.id;
    jobs.add({ id, evaluationId, agentVersionId, scope, plan, createdAt: now(), sampleTotal });
    deps.notify('jobs');
    wake();
    feed.changed();
    return show(find(id));
  }

  return {
    start: async (input) => {
      const agent = await deps.chooseAgent(input.agentVersionId);
      const { size, sizeWithout, capMs } = input;
      const settings = workspace.settings.get();
      const sampling = input.sampling ?? { temperature: 1, topP: 1, topK: 0, seed: 0 };
      const limits = input.limits ?? settings.limits ?? agent.limits;
      const plan = { size, sizeWithout, sampling, limits, capMs };
      const job = add({ evaluationId: null, agent, scope: input.scope, plan });
      const only = input.scope.kind === 'samples' && input.scope.ids.length === 1 ? input.scope.ids[0] : null;
      const groupId = only ? groups.ensure(job.id, only, size, sizeWithout, now()) : null;
      deps.notify('groups');
      return { job, groupId };
    },
    add,
    get: (id) => show(find(id)),
    list: () => jobs.list(SHOWN).map(show),
    pause: (id) => {
      if (find(id).state !== 'active') return;
      jobs.setState(id, 'paused', null, now());
      changed();
    },
    resume: (id) => {
      if (find(id).state !== 'paused') return;
      jobs.renewCap(id);
      jobs.setState(id, 'active', null, now());
      wake();
      changed();
    },
    cancel: (id) => {
      const { state } = find(id);
      if (state === 'finished' || state === 'cancelled') return;
      jobs.setState(id, 'cancelled', null, now());
      if (running?.id === id) running.abort.abort();
      changed();
    },
    pauseAll: (reason) => {
      for (const { id, state } of jobs.list(SHOWN)) if (state === 'active') pauseBecause(id, reason);
    },
    async *watch(signal) {
      for await (const _ of feed.watch(signal)) yield jobs.list(SHOWN).map(show);
    },
    begin: wake,
    close: async () => {
      closing = true;
      running?.abort.abort();
      await loop;
    },
  };
}
