/** One streamed chat completion as tokens and an end, whatever dialect of the stream the server speaks. */
import { z } from 'zod';
import { BackendError } from '../backend.ts';
import type { GenerateEnd, SampledToken } from '../backend.ts';

const logprobEntry = z.object({ token: z.string(), logprob: z.number() });

const chunk = z.object({
  error: z.object({ message: z.string() }).nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            // Servers that cut thoughts out of the content name them in one of two ways.
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
          })
          .nullish(),
        logprobs: z.object({ content: z.array(logprobEntry).nullish() }).nullish(),
        finish_reason: z.string().nullish(),
        /** vLLM and SGLang: the stop string that ended the turn, null for an end token. */
        stop_reason: z.union([z.string(), z.number()]).nullish(),
      }),
    )
    .default([]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

export interface StreamedTurn {
  readonly end: GenerateEnd;
  readonly text: string;
  readonly tokens: number;
  /** Tokens of prompt and turn together; null where the server doesn't tell. */
  readonly contextTokens: number | null;
}

interface StreamState {
  text: string;
  tokens: number;
  thinking: boolean;
  finish: string | null;
  stopReason: string | null | undefined;
  contextTokens: number | null;
}

/**
 * Yields what each chunk adds to the turn's text and returns how the turn ended.
 *
 * Servers cut the stop string off unless they are vLLM and were told not to; it is put back, because the text
 * of a turn includes it.
 * @throws BackendError `server_unavailable` for an error in the stream or a stream that breaks off.
 */
export async function* readTurn(
  events: AsyncIterable<unknown>,
  stopStrings: readonly string[],
): AsyncGenerator<SampledToken, StreamedTurn, void> {
  const state: StreamState = {
    text: '',
    tokens: 0,
    thinking: false,
    finish: null,
    stopReason: undefined,
    contextTokens: null,
  };
  let isStopped = false;
  for await (const event of events) {
    const tokens = takeChunk(event, state);
    if (isStopped && tokens.length > 0) {
      // This server doesn't know stop strings; leaving the stream ends its turn.
      break;
    }
    for (const token of tokens) {
      const whole = state.text + token.text;
      const end = endOfStop(whole, state.text.length, stopStrings);
      const text = whole.slice(state.text.length, end ?? whole.length);
      state.text += text;
      state.tokens += 1;
      yield { ...token, text };
      if (end !== null) {
        isStopped = true;
        break;
      }
    }
  }
  if (isStopped) {
    const { text, tokens, contextTokens } = state;
    return { end: 'stop_string', text, tokens, contextTokens };
  }
  if (state.finish === null) {
    throw new BackendError('server_unavailable', 'The server broke off in the middle of a turn.');
  }
  return yield* endOfStream(state, stopStrings);
}

async function* endOfStream(
  state: StreamState,
  stopStrings: readonly string[],
): AsyncGenerator<SampledToken, StreamedTurn, void> {
  const { contextTokens } = state;
  const missing = state.finish === 'length' ? null : missingStop(state, stopStrings);
  if (missing !== null) {
    state.text += missing;
    state.tokens += 1;
    yield unknownToken(missing);
  }
  const stopped: GenerateEnd = missing === null ? 'eos' : 'stop_string';
  const end: GenerateEnd = state.finish === 'length' ? 'max_tokens' : stopped;
  return { end, text: state.text, tokens: state.tokens, contextTokens };
}

/** The tokens of one event; notes in `state` what else it tells. */
function takeChunk(event: unknown, state: StreamState): readonly SampledToken[] {
  const parsed = chunk.safeParse(event);
  if (!parsed.success) {
    throw new BackendError('server_unavailable', 'The server streams something else than chat completions.');
  }
  const { choices, error, usage } = parsed.data;
  if (error !== null && error !== undefined) {
    throw new BackendError('server_unavailable', `The server reports: ${error.message.slice(0, 300)}`);
  }
  if (usage !== null && usage !== undefined) {
    state.contextTokens = usage.prompt_tokens + usage.completion_tokens;
  }
  const choice = choices[0];
  if (choice === undefined) {
    return [];
  }
  state.finish = choice.finish_reason ?? state.finish;
  if (choice.stop_reason !== undefined) {
    state.stopReason = typeof choice.stop_reason === 'number' ? null : choice.stop_reason;
  }
  return [
    ...thoughtTokens(choice.delta?.reasoning_content ?? choice.delta?.reasoning ?? '', state),
    ...contentTokens(choice.delta?.content ?? '', choice.logprobs?.content ?? [], state),
  ];
}

/** A thought that the server took out of the text goes back where the model wrote it. */
function thoughtTokens(thought: string, state: StreamState): readonly SampledToken[] {
  if (thought === '') {
    return [];
  }
  const opening = state.thinking || state.text !== '' ? '' : '<think>';
  state.thinking ||= opening !== '';
  return [unknownToken(opening + thought)];
}

function contentTokens(
  content: string,
  entries: readonly z.infer<typeof logprobEntry>[],
  state: StreamState,
): readonly SampledToken[] {
  if (content === '') {
    return [];
  }
  const closing = state.thinking ? '</think>\n' : '';
  state.thinking = false;
  const spelled = entries.map((entry) => entry.token).join('') === content;
  const tokens = spelled
    ? entries.map(({ token, logprob }) => ({ id: -1, text: token, logprob, entropy: Number.NaN }))
    : [unknownToken(content)];
  return closing === '' ? tokens : [unknownToken(closing), ...tokens];
}

function unknownToken(text: string): SampledToken {
  return { id: -1, text, logprob: Number.NaN, entropy: Number.NaN };
}

/** Where the earliest stop string that `added` characters completed ends, in characters of `text`. */
function endOfStop(text: string, before: number, stopStrings: readonly string[]): number | null {
  const ends = stopStrings.flatMap((stop) => {
    const at = text.indexOf(stop, Math.max(0, before - stop.length + 1));
    return at < 0 ? [] : [at + stop.length];
  });
  return ends.length === 0 ? null : Math.min(...ends);
}

/**
 * The stop string that the server cut off. vLLM says which; for others, an open tag after the thought says it: a
 * model that ended by itself would have closed it.
 */
function missingStop(state: StreamState, stopStrings: readonly string[]): string | null {
  if (state.stopReason !== undefined) {
    return stopStrings.find((stop) => stop === state.stopReason) ?? null;
  }
  const thoughtEnd = state.text.indexOf('</think>');
  const rest = thoughtEnd < 0 ? state.text : state.text.slice(thoughtEnd);
  return stopStrings.find((stop) => rest.includes(stop.replace('/', ''))) ?? null;
}
