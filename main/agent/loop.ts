/**
 * The episode loop: think, call a tool or answer, until an answer or a limit.
 *
 * It owns no storage: it emits events, and whoever consumes them keeps them. What a model does is never an
 * exception: every way to end is a status. Twin of `trainer/imagent_trainer/rollout/`.
 */
import { isCorrect } from '../../shared/model/answer-check.ts';
import type { EpisodeEvent } from '../../shared/model/episode-event.ts';
import type { RewardParts, Verdict } from '../../shared/model/episode.ts';
import { DEFAULT_REWARD, rewardOf } from '../../shared/model/reward.ts';
import { BackendError } from './backend.ts';
import type { AgentBackend } from './backend.ts';
import type { EpisodeInput, EpisodeSettings } from './episode-input.ts';
import { factsOf, pastSegments } from './episode-past.ts';
import type { EpisodePast } from './episode-past.ts';
import { failureFlags } from './flags.ts';
import { thinkState } from '../../shared/agent/parser.ts';
import type { ViewSizing } from '../../shared/agent/tools/tool.ts';
import { playTurns } from './turns.ts';
import type { EpisodeEnd, EpisodeFacts } from './turns.ts';
import { inputViews, pixelsOf } from './views.ts';

/** The last event of every episode that was played to its end. */
export type EpisodeFinished = Extract<EpisodeEvent, { type: 'finished' }>;

/**
 * Plays one episode, event by event; the `finished` event comes last and is also the return value.
 *
 * Never throws: a fault of the backend ends as `failed`, an abort of `signal` as `stopped`, each with what the
 * episode had. Leaving the loop early frees the context.
 */
export function runEpisode(
  backend: AgentBackend,
  input: EpisodeInput,
  settings: EpisodeSettings,
  signal: AbortSignal,
): AsyncGenerator<EpisodeEvent, EpisodeFinished, void> {
  return playOut(noFacts(), input, settings, signal, (facts, scope) =>
    play(backend, input, settings, facts, scope),
  );
}

/**
 * Goes on behind turns that are there already: they are read again as they stand, and none of them is sampled again.
 * Ends and never throws, as `runEpisode`.
 */
export function continueEpisode(
  backend: AgentBackend,
  input: EpisodeInput,
  settings: EpisodeSettings,
  past: EpisodePast,
  signal: AbortSignal,
): AsyncGenerator<EpisodeEvent, EpisodeFinished, void> {
  return playOut(factsOf(past, backend.description.images), input, settings, signal, (facts, scope) =>
    goOn(backend, input, settings, { past, facts }, scope),
  );
}

function noFacts(): EpisodeFacts {
  return { views: [], turns: [], validCalls: [], calls: 0, badCalls: 0, badCallsInRow: 0 };
}

/** Plays to an end, whatever happens on the way. */
async function* playOut(
  facts: EpisodeFacts,
  input: EpisodeInput,
  settings: EpisodeSettings,
  signal: AbortSignal,
  turns: (facts: EpisodeFacts, scope: AbortSignal) => AsyncGenerator<EpisodeEvent, EpisodeEnd, void>,
): AsyncGenerator<EpisodeEvent, EpisodeFinished, void> {
  const left = new AbortController();
  let end: EpisodeEnd;
  try {
    end = yield* turns(facts, AbortSignal.any([signal, left.signal]));
  } catch (error) {
    end = endOfError(error, signal);
  } finally {
    left.abort();
  }
  const finished = finish(end, facts, input, settings);
  yield finished;
  return finished;
}

async function* play(
  backend: AgentBackend,
  input: EpisodeInput,
  settings: EpisodeSettings,
  facts: EpisodeFacts,
  signal: AbortSignal,
): AsyncGenerator<EpisodeEvent, EpisodeEnd, void> {
  const sizing: ViewSizing = backend.description.images;
  const sized = inputViews(input.images, sizing);
  if (!sized.ok) {
    return { status: 'failed', error: { code: 'view_invalid', message: sized.error } };
  }
  for (const view of sized.views) {
    facts.views.push(view);
    yield { type: 'view_added', view, byStep: null };
  }
  if (pixelsOf(facts.views) > settings.limits.maxEpisodePixels) {
    return { status: 'over_budget' };
  }
  const episode = await backend.openEpisode({ signal });
  try {
    return yield* playTurns({ episode, input, settings, sizing, facts, signal });
  } finally {
    episode.close();
  }
}

async function* goOn(
  backend: AgentBackend,
  input: EpisodeInput,
  settings: EpisodeSettings,
  { past, facts }: { readonly past: EpisodePast; readonly facts: EpisodeFacts },
  signal: AbortSignal,
): AsyncGenerator<EpisodeEvent, EpisodeEnd, void> {
  const episode = await backend.openEpisode({ signal });
  const context = { episode, input, settings, sizing: backend.description.images, facts, signal };
  try {
    const { read, next } = pastSegments(past, context);
    if (read.length > 0) {
      yield { type: 'phase', phase: 'prefill' };
      await episode.append(read, { signal });
    }
    return yield* playTurns(context, { index: past.turns.length, segments: next });
  } finally {
    episode.close();
  }
}

function endOfError(error: unknown, signal: AbortSignal): EpisodeEnd {
  if (signal.aborted) {
    return { status: 'stopped' };
  }
  if (!(error instanceof BackendError)) {
    return { status: 'failed', error: { code: 'internal', message: String(error) } };
  }
  const { code, message } = error;
  return { status: code === 'context_full' ? 'too_long' : 'failed', error: { code, message } };
}

function finish(
  end: EpisodeEnd,
  facts: EpisodeFacts,
  input: EpisodeInput,
  settings: EpisodeSettings,
): EpisodeFinished {
  const { status } = end;
  const toolsOffered = settings.withTools;
  return {
    type: 'finished',
    status,
    answer: end.answer ?? null,
    ...score(end, facts, input, settings),
    flags: failureFlags({ status, toolsOffered, ...facts }),
    error: end.error ?? null,
    endedAt: Date.now(),
  };
}

/** Unscored, never wrong, where no reference is known or where the model was not to blame. */
function score(
  end: EpisodeEnd,
  facts: EpisodeFacts,
  { reference }: EpisodeInput,
  settings: EpisodeSettings,
): { readonly verdict: Verdict; readonly reward: RewardParts | null } {
  if (
    reference === null ||
    reference.answers.length === 0 ||
    end.status === 'stopped' ||
    end.status === 'failed'
  ) {
    return { verdict: 'unknown', reward: null };
  }
  const correct = end.answer !== undefined && isCorrect(end.answer, reference);
  const reward = rewardOf(
    {
      answered: end.status === 'answered',
      correct,
      validCalls: facts.validCalls.length,
      badCalls: facts.badCalls,
      thoughtsClosed: facts.turns.every((turn) => thinkState(turn) === 'closed'),
    },
    settings.reward ?? DEFAULT_REWARD,
  );
  return { verdict: correct ? 'right' : 'wrong', reward };
}
