import { join } from 'node:path';
import type { RunFromInput } from '../../../shared/contract/corrections.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import { CONTEXT_START } from '../../../shared/correction/context-key.ts';
import type { CorrectedEpisode, CorrectedStep } from '../../../shared/correction/corrected-episode.ts';
import { nextStepKey } from '../../../shared/correction/operations.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { Correction, CorrectionOperation, StepKey } from '../../../shared/model/correction.ts';
import type { EpisodeEvent } from '../../../shared/model/episode-event.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { Step } from '../../../shared/model/step.ts';
import type { AgentVersionId, CorrectionId, EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import { BackendError } from '../../agent/backend.ts';
import type { EpisodeInput } from '../../agent/episode-input.ts';
import type { EpisodePast, PastTurn } from '../../agent/episode-past.ts';
import { continueEpisode } from '../../agent/loop.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import type { BegunRun } from '../../store/repositories/correction-runs.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { AgentPool } from '../../agent/agent-pool.ts';
import { createLiveEpisode } from '../live-episode.ts';
import type { LiveEpisode, NumberedMessage } from '../live-episode.ts';
import { paced } from '../pace.ts';
import type { RunQueue } from '../run-queue.ts';

export interface CorrectionRunsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly pool: AgentPool;
  readonly queue: RunQueue;
  /** @throws StudioError not_found when there is no agent to run */
  readonly chooseAgent: (id: AgentVersionId) => Promise<StoredAgent>;
}

export interface RunRequest {
  readonly by: ReviewerId;
  readonly episode: Episode;
  readonly correction: Correction;
  readonly corrected: CorrectedEpisode;
  readonly input: RunFromInput;
}

/** Runs that go on from an edited step. They live beside the episodes: their steps belong to the correction. */
export interface CorrectionRuns {
  /** Resolves when the run is stored; it then goes on by itself, and its steps are put into the correction at its end. */
  start(request: RunRequest): Promise<{ readonly run: EpisodeId }>;
  /** Ends soon after, with the whole steps that it had. */
  stop(run: EpisodeId): void;
  runningOf(correction: CorrectionId): EpisodeId | null;
  watch(
    run: EpisodeId,
    after: number | null,
    signal: AbortSignal,
  ): AsyncGenerator<NumberedMessage, void, void>;
  close(): Promise<void>;
}

interface Run {
  readonly correction: CorrectionId;
  readonly live: LiveEpisode;
  readonly abort: AbortController;
}

export function createCorrectionRuns(deps: CorrectionRunsDeps): CorrectionRuns {
  const { workspace, now, notify, log, pool, queue } = deps;
  const { correctionRuns, corrections, episodes, samples, journal } = workspace;
  const runs = new Map<EpisodeId, Run>();
  let closing = false;

  function save(run: Episode, event: EpisodeEvent): void | Promise<void> {
    if (event.type === 'finished') {
      workspace.writeSoon(() => correctionRuns.finish(run));
      return workspace.synced();
    }
    const index =
      event.type === 'step_finished' ? event.index : event.type === 'view_added' ? event.byStep : null;
    const step = run.steps.find((one) => one.index === index);
    if (step !== undefined) workspace.writeSoon(() => correctionRuns.saveStep(run.id, step));
    return undefined;
  }

  async function play(run: Run, agent: StoredAgent, past: EpisodePast, request: RunRequest): Promise<void> {
    const { live, abort } = run;
    try {
      await live.apply({ type: 'phase', phase: 'loading_agent' });
      const backend = await pool.use(agent.source, abort.signal);
      const { withTools, sampling, limits } = live.current();
      const settings = { withTools, sampling, limits };
      const events = continueEpisode(backend, inputOf(request.episode), settings, past, abort.signal);
      for await (const event of paced(events, request.input.pace ?? null, abort.signal)) {
        await live.apply(event);
      }
    } catch (error) {
      await endAfter(live, error, abort.signal);
    }
  }

  async function endAfter(live: LiveEpisode, error: unknown, signal: AbortSignal): Promise<void> {
    const isKnown = error instanceof BackendError || error instanceof StudioError;
    if (!isKnown) log.error('a run from a corrected step failed', error);
    const event: EpisodeEvent = {
      type: 'finished',
      status: signal.aborted ? 'stopped' : 'failed',
      answer: null,
      verdict: 'unknown',
      reward: null,
      flags: [],
      error: signal.aborted
        ? null
        : {
            code: isKnown ? error.code : 'internal',
            message: isKnown
              ? error.message
              : 'Something went wrong inside the app. Its log has the details.',
          },
      endedAt: now(),
    };
    try {
      await live.apply(event);
    } catch (failure) {
      log.error('the end of a run from a corrected step was not saved', failure);
      live.endUnsaved(event);
    }
  }

  function inputOf(episode: Episode): EpisodeInput {
    const images = episodes.images(episode.id).map((image) => ({
      path: join(workspace.folder, image.file),
      key: image.sha256,
      width: image.width,
      height: image.height,
    }));
    const sample = samples.get(episode.sampleId);
    if (!sample)
      throw new StudioError('not_found', 'The sample of this episode is not in the workspace any more.');
    const { question, choices, answers, answerKind, tolerance } = sample;
    const reference = answers.length === 0 ? null : { answers, answerKind, choices, tolerance };
    return { images, question, choices, reference };
  }

  /** A step's own tokens, if its text is still exactly what was sampled and its agent tells ids. */
  function sampledTurn({ sampled }: CorrectedStep): PastTurn['sampled'] {
    const step = sampled && correctionRuns.sampledStep(sampled.run, sampled.index);
    if (sampled === null || step === null) return null;
    const ids = step.tokens.map(({ id }) => id);
    if (ids.length === 0 || ids.some((id) => id < 0)) return null;
    const next = correctionRuns.sampledStep(sampled.run, sampled.index + 1);
    return { ids, endsWithTurnEnd: closedItself(step, next) };
  }

  /** Puts what was sampled into the correction, as one action of the person who asked for it. */
  function keep(request: RunRequest, begun: BegunRun, run: Episode): void {
    const { by, episode, corrected } = request;
    const { correction: id, after } = begun;
    const current = corrections.get(id);
    const operation = continuedBy(begun, run, (current ?? request.correction).operations);
    if (operation === null) return;
    const label = after === null ? 'Run from the start' : `Run from ${stepName(corrected, after)}`;
    if (current !== null && !isSkipped(episode, current, operation)) {
      journal.act({ by, at: now(), label, subject: episode.id }, () => corrections.append(id, [operation]));
      notify('journal');
    } else {
      // The step that it went on from was taken out or undone meanwhile. What was sampled is not thrown away unasked.
      setAside(begun, operation);
    }
    notify('corrections');
  }

  function setAside({ correction, by, revision }: BegunRun, operation: CorrectionOperation): void {
    const aside = { id: newId.setAside(), by, at: now(), revision, operations: [operation] };
    corrections.setAside(correction, aside);
  }

  // The app ended while these ran: what they had sampled waits for the person who asked for it.
  for (const { begun, run } of correctionRuns.takeLeftovers()) {
    const operation = continuedBy(begun, run, corrections.get(begun.correction)?.operations ?? []);
    if (operation !== null) setAside(begun, operation);
  }

  return {
    start: async (request) => {
      const { episode, correction, corrected, input } = request;
      if ([...runs.values()].some((run) => run.correction === correction.id)) {
        throw new StudioError(
          'conflict',
          'The agent is already going on from a step of this correction. Stop it first.',
        );
      }
      const past = pastOf(episode, corrected, input.after, sampledTurn);
      const agent = await deps.chooseAgent(episode.agentVersionId);
      if (closing) throw new StudioError('cancelled', 'The app is closing.');
      const initial: Episode = {
        ...episode,
        id: newId.episode(),
        startedAt: now(),
        sampling: input.sampling ?? episode.sampling,
        state: { kind: 'running', phase: 'queued' },
        views: past.views,
        steps: [],
        answer: null,
        verdict: 'unknown',
        reward: null,
        flags: [],
        error: null,
      };
      const begun: BegunRun = {
        correction: correction.id,
        by: request.by,
        revision: correction.revision,
        after: input.after,
        context: contextBehind(corrected, input.after),
      };
      correctionRuns.create(begun, episode.id, initial);
      const live = createLiveEpisode(initial, { save });
      const run: Run = { correction: correction.id, live, abort: new AbortController() };
      runs.set(initial.id, run);
      notify('corrections');
      void queue
        .enter('person', async () => {
          await play(run, agent, past, request);
          // Kept before the run is no longer listed: whoever sees it gone finds its steps.
          keep(request, begun, live.current());
        })
        .catch((error: unknown) => log.error('a run from a corrected step was not kept', error))
        .finally(() => {
          runs.delete(initial.id);
          notify('corrections');
        });
      return { run: initial.id };
    },
    stop: (id) => {
      runs.get(id)?.abort.abort();
    },
    runningOf: (correction) => [...runs].find(([, run]) => run.correction === correction)?.[0] ?? null,
    async *watch(id, after, signal) {
      const run = runs.get(id);
      if (run !== undefined) {
        yield* run.live.watch(after, signal);
        return;
      }
      const stored = correctionRuns.get(id);
      if (stored === null) throw new StudioError('not_found', 'This run is not in the workspace.');
      yield { sequence: 0, message: { type: 'snapshot', episode: stored } };
    },
    close: async () => {
      closing = true;
      for (const { abort } of runs.values()) abort.abort();
      await queue.idle();
    },
  };
}

/** What a run adds to its correction: the turns that ended by themselves or at a limit; null where there is none. */
function continuedBy(
  { after, context }: BegunRun,
  run: Episode,
  operations: readonly CorrectionOperation[],
): CorrectionOperation | null {
  const steps = run.steps.filter((step) => step.stopReason !== null && step.stopReason !== 'aborted');
  if (steps.length === 0) return null;
  const first = Number(nextStepKey(operations, 'c').slice(1));
  return {
    kind: 'continued',
    after,
    context,
    steps: steps.map(({ text, index, stopReason }, at) => ({
      key: `c${first + at}`,
      text,
      run: run.id,
      index,
      whole: stopReason === 'stop_string' || stopReason === 'eos',
    })),
  };
}

function isSkipped(episode: Episode, current: Correction, operation: CorrectionOperation): boolean {
  const count = (operations: readonly CorrectionOperation[]): number =>
    replay(episode, operations, current.sizing).problems.filter(({ kind }) => kind === 'operation_skipped')
      .length;
  return count([...current.operations, operation]) > count(current.operations);
}

function stepName(corrected: CorrectedEpisode, key: StepKey): string {
  return `step ${corrected.steps.findIndex((step) => step.key === key) + 1}`;
}

function contextBehind(corrected: CorrectedEpisode, after: StepKey | null): string {
  return corrected.steps.find((step) => step.key === after)?.contextAfter ?? CONTEXT_START;
}

/** The steps that stay, as the agent reads them again. @throws StudioError bad_input where it can't go on from there */
function pastOf(
  episode: Episode,
  corrected: CorrectedEpisode,
  after: StepKey | null,
  sampled: (step: CorrectedStep) => PastTurn['sampled'],
): EpisodePast {
  const last = after === null ? -1 : corrected.steps.findIndex((step) => step.key === after);
  if (after !== null && last < 0) {
    throw new StudioError('bad_input', 'The step to go on from is not there any more.');
  }
  const kept = corrected.steps.slice(0, last + 1);
  const unreadable = corrected.problems.find(
    ({ kind, step }) => kind === 'unreadable' && kept.some(({ key }) => key === step),
  );
  if (unreadable !== undefined) throw new StudioError('bad_input', unreadable.message);
  const views = corrected.views.slice(0, countViews(episode, kept));
  const turns = kept.map(
    (step, at): PastTurn => ({
      text: step.text,
      sampled: sampled(step),
      outcome: outcomeOf(step, at),
    }),
  );
  return { prompt: recordedPrompt(episode), views, turns };
}

function countViews(episode: Episode, kept: readonly CorrectedStep[]): number {
  const inputs = episode.views.filter((view) => view.origin === 'input').length;
  return inputs + kept.filter((step) => step.resultView !== null).length;
}

/** What the first turn read, as it was then: the sample may have been edited since. */
function recordedPrompt(episode: Episode): EpisodePast['prompt'] {
  return (
    episode.steps[0]?.segments.map((segment) =>
      segment.kind === 'text' ? { kind: 'text', text: segment.text } : { kind: 'image', view: segment.view },
    ) ?? null
  );
}

function outcomeOf({ action, resultView }: CorrectedStep, at: number): PastTurn['outcome'] {
  if (resultView !== null) return { kind: 'view', view: resultView };
  if (action?.kind === 'bad_call') return { kind: 'error', error: action.error };
  throw new StudioError(
    'bad_input',
    `The agent can't go on behind step ${at + 1}: nothing comes back from it. Go on from a step that looks at an image.`,
  );
}

const TURN_END = '<|im_end|>';

/** Whether a turn closed itself: what was read after it then did not. For the last one only its end tells. */
function closedItself(step: Step, next: Step | null): boolean {
  if (step.stopReason !== 'eos') return false;
  const [first] = next?.segments ?? [];
  return first?.kind !== 'text' || !first.text.startsWith(TURN_END);
}
