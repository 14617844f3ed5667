/** The turns of one episode over an open context: append, sample, judge, and again. */
import { assertNever } from '../../shared/model/assert-never.ts';
import type { EpisodeEvent } from '../../shared/model/episode-event.ts';
import type { EpisodeStatus } from '../../shared/model/episode.ts';
import type { EpisodeLimits } from '../../shared/model/limits.ts';
import type { SampledToken as StoredToken, StepAction } from '../../shared/model/step.ts';
import type { ImageView } from '../../shared/model/view.ts';
import type { BackendEpisode, ContextSegment, GenerateResult, SampledToken } from './backend.ts';
import type { EpisodeInput, EpisodeSettings } from './episode-input.ts';
import { parseTurn } from '../../shared/agent/parser.ts';
import type { ParsedTurn } from '../../shared/agent/parser.ts';
import { badCall, callAction } from '../../shared/agent/step-action.ts';
import { errorResponseSegments, promptSegments, systemText, viewResponseSegments } from './prompt.ts';
import type { PromptSegment } from './prompt.ts';
import { callKey, runTool, TOOLS } from '../../shared/agent/tools/index.ts';
import type { ToolResult, ViewSizing } from '../../shared/agent/tools/tool.ts';
import { pixelsOf, viewSource } from './views.ts';

const STOP_STRINGS = ['</tool_call>', '</answer>'] as const;

/** What has happened so far. The loop writes it; it outlives an error, so that nothing seen is lost. */
export interface EpisodeFacts {
  readonly views: ImageView[];
  /** Text of every turn that ended by itself or was cut by a limit. */
  readonly turns: string[];
  /** Keys of the valid calls; equal calls have equal keys. */
  readonly validCalls: string[];
  calls: number;
  badCalls: number;
  badCallsInRow: number;
}

/** How an episode ended. `error` says why where the status alone does not. */
export interface EpisodeEnd {
  readonly status: EpisodeStatus;
  readonly answer?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface TurnContext {
  readonly episode: BackendEpisode;
  readonly input: EpisodeInput;
  readonly settings: EpisodeSettings;
  readonly sizing: ViewSizing;
  readonly facts: EpisodeFacts;
  readonly signal: AbortSignal;
}

/** What a turn leads to: the end of the episode, or segments that open the next turn. */
type Verdict =
  | { readonly kind: 'end'; readonly end: EpisodeEnd }
  | { readonly kind: 'view'; readonly view: ImageView }
  | { readonly kind: 'error'; readonly error: string };

/** Where turns begin: at the question, or behind turns that are there already. */
export interface TurnsStart {
  readonly index: number;
  /** What the next turn reads. */
  readonly segments: readonly PromptSegment[];
}

/** The prompt of an episode whose input views are those of `facts`. */
export function promptOf({ facts, input, settings }: TurnContext): readonly PromptSegment[] {
  const offered = settings.withTools ? TOOLS : [];
  return promptSegments(systemText(offered), facts.views.length, input.question, input.choices);
}

/** Plays turns until the episode ends. Throws only what the backend throws. */
export async function* playTurns(
  context: TurnContext,
  start: TurnsStart = { index: 0, segments: promptOf(context) },
): AsyncGenerator<EpisodeEvent, EpisodeEnd, void> {
  const { facts, settings } = context;
  let { segments } = start;
  for (let { index } = start; ; index += 1) {
    const contextTokens = yield* openStep(context, index, segments);
    const room = settings.limits.maxEpisodeTokens - contextTokens;
    if (room <= 0) {
      return { status: 'too_long' };
    }
    const turn = yield* sampleTurn(context, index, Math.min(room, settings.limits.maxTokensPerTurn));
    facts.turns.push(turn.text);
    const parsed = parseTurn(turn.text);
    const { action, verdict } = judge(context, turn, parsed);
    yield {
      type: 'step_finished',
      index,
      text: turn.text,
      thought: parsed.thought,
      action,
      stopReason: turn.end,
      samplingMs: turn.stats.totalMs,
    };
    switch (verdict.kind) {
      case 'end':
        return verdict.end;
      case 'error':
        segments = errorResponseSegments(verdict.error, turn.endsWithTurnEnd);
        break;
      case 'view':
        facts.views.push(verdict.view);
        yield { type: 'view_added', view: verdict.view, byStep: index };
        segments = viewResponseSegments(verdict.view.number, turn.endsWithTurnEnd);
        break;
      default:
        assertNever(verdict);
    }
  }
}

/** Appends what the next turn reads. Returns the context's length; over the limit the step is not started. */
async function* openStep(
  context: TurnContext,
  index: number,
  segments: readonly PromptSegment[],
): AsyncGenerator<EpisodeEvent, number, void> {
  const { episode, settings, signal } = context;
  yield { type: 'phase', phase: 'prefill' };
  const startedAt = performance.now();
  const { sampling, limits } = settings;
  const followedBy = {
    sampling,
    stopStrings: STOP_STRINGS,
    maxTokens: limits.maxTokensPerTurn,
    maxContextTokens: limits.maxEpisodeTokens,
  };
  const appended = await episode.append(
    segments.map((segment) => contextSegment(segment, context)),
    { signal, followedBy },
  );
  const { contextTokens } = appended;
  if (contextTokens < settings.limits.maxEpisodeTokens) {
    yield {
      type: 'step_started',
      index,
      segments: segments.map((segment, at) => ({ ...segment, tokens: appended.segments[at]?.tokens ?? 0 })),
      contextTokens,
      prefillMs: performance.now() - startedAt,
    };
  }
  return contextTokens;
}

/** A piece of the prompt as the backend takes it. */
export function contextSegment(segment: PromptSegment, context: TurnContext): ContextSegment {
  if (segment.kind === 'text') {
    return segment;
  }
  const view = context.facts.views[segment.view - 1];
  if (view === undefined) {
    throw new RangeError(`the prompt names image ${segment.view}, of ${context.facts.views.length}`);
  }
  return { kind: 'image', view: viewSource(view, context.input.images) };
}

/** Samples one turn, an event a token. A turn that is cut from outside is closed with what it had. */
async function* sampleTurn(
  context: TurnContext,
  index: number,
  maxTokens: number,
): AsyncGenerator<EpisodeEvent, GenerateResult, void> {
  const { episode, settings, signal } = context;
  const startedAt = performance.now();
  let text = '';
  try {
    const { sampling } = settings;
    const turn = episode.generate({ sampling, maxTokens, stopStrings: STOP_STRINGS, signal });
    for (;;) {
      const next = await turn.next();
      if (next.done === true) {
        return next.value;
      }
      text += next.value.text;
      yield { type: 'tokens', index, tokens: [storedToken(next.value)] };
    }
  } catch (error) {
    yield {
      type: 'step_finished',
      index,
      text,
      thought: parseTurn(text).thought,
      action: null,
      stopReason: 'aborted',
      samplingMs: performance.now() - startedAt,
    };
    throw error;
  }
}

function storedToken(token: SampledToken): StoredToken {
  return { id: token.id, text: token.text, logprob: known(token.logprob), entropy: known(token.entropy) };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** What a turn did and what follows. Counts calls in `context.facts`; touches nothing else. */
function judge(
  context: TurnContext,
  turn: GenerateResult,
  parsed: ParsedTurn,
): { readonly action: StepAction | null; readonly verdict: Verdict } {
  if (turn.end === 'max_tokens') {
    return { action: null, verdict: endWith('too_long') };
  }
  switch (parsed.kind) {
    case 'nothing':
      return { action: { kind: 'nothing' }, verdict: endWith('no_answer') };
    case 'answer': {
      const { answer } = parsed;
      return {
        action: { kind: 'answer', answer },
        verdict: { kind: 'end', end: { status: 'answered', answer } },
      };
    }
    case 'bad_call': {
      const { error } = parsed;
      return { action: badCall(error, null, null), verdict: judgeCall(context, turn, { ok: false, error }) };
    }
    case 'call': {
      const { facts, settings, sizing } = context;
      const { name, arguments: args } = parsed;
      const result = runTool(name, args, { views: facts.views, sizing }, settings.withTools);
      const verdict = judgeCall(context, turn, result, name);
      return { action: result.ok ? callAction(result) : badCall(result.error, name, args), verdict };
    }
    default:
      return assertNever(parsed);
  }
}

/** The limits, in the order in which they count: calls, bad calls in a row, pixels, tokens. */
function judgeCall(context: TurnContext, turn: GenerateResult, result: ToolResult, name = ''): Verdict {
  const { facts, sizing } = context;
  const { limits } = context.settings;
  if (facts.calls >= limits.maxCalls) {
    return endWith('too_many_steps');
  }
  facts.calls += 1;
  if (!result.ok) {
    facts.badCalls += 1;
    facts.badCallsInRow += 1;
    return facts.badCallsInRow >= limits.maxBadCallsInRow
      ? endWith('malformed')
      : { kind: 'error', error: result.error };
  }
  facts.badCallsInRow = 0;
  facts.validCalls.push(callKey(name, result.arguments));
  const { view } = result;
  return roomFor(view, turn.contextTokens, facts.views, limits, sizing) ?? { kind: 'view', view };
}

/** Null when the view fits. Its text adds a few tokens more; the append tells how many. */
function roomFor(
  view: ImageView,
  contextTokens: number,
  views: readonly ImageView[],
  limits: EpisodeLimits,
  sizing: ViewSizing,
): Verdict | null {
  if (pixelsOf([...views, view]) > limits.maxEpisodePixels) {
    return endWith('over_budget');
  }
  const imageTokens = (view.width * view.height) / (sizing.factor * sizing.factor);
  return contextTokens + imageTokens >= limits.maxEpisodeTokens ? endWith('too_long') : null;
}

function endWith(status: EpisodeStatus): Verdict {
  return { kind: 'end', end: { status } };
}
