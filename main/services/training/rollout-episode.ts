import type { Episode } from '../../../shared/model/episode.ts';
import type { AgentVersionId, EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import { DEFAULT_LIMITS } from '../../../shared/model/limits.ts';
import type { EpisodeLimits } from '../../../shared/model/limits.ts';
import type { SampledToken, SeenSegment, Step, StepAction } from '../../../shared/model/step.ts';
import type { ImageView } from '../../../shared/model/view.ts';
import type { TrainConfig } from '../../../shared/trainer-protocol/config.ts';
import type {
  Rollout,
  RolloutAction,
  RolloutSegment,
  RolloutTurn,
} from '../../../shared/trainer-protocol/rollout.ts';
import { parseTurn } from '../../../shared/agent/parser.ts';
import type { AgentTokenizer } from '../../agent/engine/tokenizer.ts';
import { errorResponseSegments, viewResponseSegments } from '../../agent/prompt.ts';
import type { PromptSegment } from '../../agent/prompt.ts';

/** What an episode has and a rollout leaves to its run. */
export interface RolloutFrame {
  readonly id: EpisodeId;
  readonly sampleId: SampleId;
  readonly agentVersionId: AgentVersionId;
  readonly at: number;
  readonly config: TrainConfig;
  /** The agent's own limits, where the run set none. */
  readonly limits: EpisodeLimits | null;
  /** Null where the agent's folder has none: then a turn is one piece of text. */
  readonly tokenizer: AgentTokenizer | null;
}

/** A rollout in the shape of an episode, so that it is shown as one. Pure. */
export function rolloutEpisode(rollout: Rollout, frame: RolloutFrame): Episode {
  const { reward } = rollout;
  return {
    id: frame.id,
    sampleId: frame.sampleId,
    agentVersionId: frame.agentVersionId,
    startedAt: frame.at,
    withTools: rollout.with_tools,
    sampling: {
      temperature: frame.config.temperature,
      topP: frame.config.top_p,
      topK: 0,
      seed: rollout.seed % 2 ** 32,
    },
    limits: limitsOf(frame),
    state: { kind: 'ended', status: rollout.status, endedAt: frame.at },
    views: rollout.views.map(
      (view): ImageView => ({
        number: view.number,
        origin: view.origin,
        parent: view.parent,
        rootImage: view.root_image,
        rootBox: view.root_box,
        width: view.width,
        height: view.height,
      }),
    ),
    steps: rollout.turns.map((turn, index) => stepOf(rollout, turn, index, frame.tokenizer)),
    answer: rollout.answer,
    verdict: rollout.correct === null ? 'unknown' : rollout.correct ? 'right' : 'wrong',
    reward:
      reward === null
        ? null
        : {
            accuracy: reward.accuracy ?? 0,
            toolFactor: reward.tool_factor ?? 1,
            format: reward.format ?? 0,
            total: reward.total ?? 0,
          },
    flags: rollout.flags,
    error: null,
  };
}

function limitsOf({ config: { limits }, limits: own }: RolloutFrame): EpisodeLimits {
  const agent = own ?? DEFAULT_LIMITS;
  return {
    maxCalls: limits.max_calls ?? agent.maxCalls,
    maxTokensPerTurn: limits.max_tokens_per_turn ?? agent.maxTokensPerTurn,
    maxEpisodeTokens: limits.max_episode_tokens ?? agent.maxEpisodeTokens,
    maxEpisodePixels: limits.max_episode_pixels ?? agent.maxEpisodePixels,
    maxBadCallsInRow: limits.max_bad_calls_in_row ?? agent.maxBadCallsInRow,
  };
}

function stepOf(rollout: Rollout, turn: RolloutTurn, index: number, tokenizer: AgentTokenizer | null): Step {
  const before = rollout.turns[index - 1];
  const read =
    before === undefined
      ? promptSeen(rollout, tokenizer)
      : resultSeen(
          rollout.segments.filter((one) => one.kind === 'tool_result' && one.turn === index - 1),
          before,
        );
  const at = rollout.segments.findIndex((one) => one.kind === 'turn' && one.turn === index);
  const earlier = at === -1 ? rollout.segments : rollout.segments.slice(0, at);
  return {
    index,
    segments: read,
    contextTokens: earlier.reduce((sum, { tokens }) => sum + tokens, 0),
    tokens: tokensOf(turn, tokenizer),
    text: turn.text,
    thought: parseTurn(turn.text).thought,
    action: actionOf(turn.action),
    resultView: turn.result_view,
    stopReason: turn.end,
    timings: { prefillMs: 0, samplingMs: 0 },
  };
}

/** The prompt as its ids say it: what the model got, also if the app has another prompt by now. */
function promptSeen(rollout: Rollout, tokenizer: AgentTokenizer | null): readonly SeenSegment[] {
  let place = 0;
  return rollout.segments
    .filter(({ kind }) => kind === 'prompt')
    .map(({ tokens, view }) => {
      const ids = rollout.prompt_ids.slice(place, place + tokens);
      place += tokens;
      if (view !== null) return { kind: 'image', view, tokens };
      return { kind: 'text', text: tokenizer?.decode(ids) ?? '', tokens };
    });
}

/** What came back of a call. Its text follows from the call: it is the same in training and in the app. */
function resultSeen(segments: readonly RolloutSegment[], before: RolloutTurn): readonly SeenSegment[] {
  const ended = before.end === 'eos';
  const { action, result_view: view } = before;
  const wanted: readonly PromptSegment[] =
    view !== null
      ? viewResponseSegments(view, ended)
      : action.kind === 'bad_call'
        ? errorResponseSegments(action.error, ended)
        : [];
  return segments.map((segment, index) => {
    const { tokens } = segment;
    if (segment.view !== null) return { kind: 'image', view: segment.view, tokens };
    const text = wanted[index];
    return { kind: 'text', text: text?.kind === 'text' ? text.text : '', tokens };
  });
}

function tokensOf(turn: RolloutTurn, tokenizer: AgentTokenizer | null): readonly SampledToken[] {
  const decoder = tokenizer?.stream();
  return turn.token_ids.map((id, index) => ({
    id,
    text: decoder?.push(id) ?? (index === 0 ? turn.text : ''),
    logprob: turn.logprobs?.[index] ?? null,
    entropy: null,
  }));
}

function actionOf(action: RolloutAction): StepAction {
  switch (action.kind) {
    case 'zoom_in':
      return {
        kind: 'zoom_in',
        image: action.image,
        viewBox: action.view_box,
        rootBox: action.root_box,
        rootImage: action.root_image,
      };
    case 'look_back':
    case 'bad_call':
    case 'answer':
    case 'nothing':
      return action;
  }
}
