/**
 * An agent on an OpenAI-compatible server of the user (vLLM, SGLang, llama-server, Ollama, LM Studio).
 *
 * The loop, the tools and the text are those of the engine. Images are resized here, so that boxes count our
 * pixels, and sent as PNG data URLs. The server keeps its own prefix cache; earlier bytes never change.
 */
import { z } from 'zod';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { ImageSizing } from '../../../shared/model/agent-version.ts';
import type { EpisodeLimits, SamplingSettings } from '../../../shared/model/limits.ts';
import { BackendError } from '../backend.ts';
import type {
  AgentBackend,
  AgentDescription,
  AppendResult,
  BackendEpisode,
  Checkpoint,
  ContextSegment,
  GenerateOptions,
  GenerateResult,
  SampledToken,
  ViewSource,
} from '../backend.ts';
import { readEvents, readText, send } from './http-json.ts';
import type { Endpoint, HttpAnswer } from './http-json.ts';
import { chatMessages } from './messages.ts';
import type { ContextEntry } from './messages.ts';
import { readTurn } from './openai-stream.ts';

export interface OpenAiOptions {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** True only where the user allowed images to leave the private network. */
  readonly allowPublic?: boolean;
  readonly name?: string;
  readonly sizing: ImageSizing;
  readonly limits: EpisodeLimits;
  readonly sampling: Omit<SamplingSettings, 'seed'>;
  /** A view as PNG of exactly its size; decoding hostile files is for a process of its own. */
  readonly renderView: (view: ViewSource) => Promise<Uint8Array>;
}

/** Qwen2.5-VL: patch size x merge size. */
const FACTOR = 28;
/** What a token of text takes in bytes, roughly; replaced by the server's own count after each turn. */
const BYTES_PER_TOKEN = 4;

/**
 * Checks that the server is there and has the model.
 *
 * @throws BackendError `server_unavailable`, or `model_invalid` when the server doesn't have the model.
 */
export async function openOpenAiBackend(options: OpenAiOptions, signal: AbortSignal): Promise<AgentBackend> {
  const endpoint: Endpoint = {
    baseUrl: options.baseUrl.replace(/\/+$/u, ''),
    apiKey: options.apiKey ?? null,
    allowPublic: options.allowPublic ?? false,
  };
  await checkModel(endpoint, options.model, signal);
  const description: AgentDescription = {
    kind: 'openai',
    name: options.name ?? options.model,
    description: `${options.model} at ${endpoint.baseUrl}`,
    source: endpoint.baseUrl,
    worlds: null,
    images: options.sizing,
    limits: options.limits,
    sampling: options.sampling,
    vocabularySize: null,
    parameterCount: null,
  };
  const closed = new AbortController();
  return {
    description,
    openEpisode: async (opening) =>
      openEpisode(endpoint, options, AbortSignal.any([opening.signal, closed.signal])),
    close: async () => closed.abort(),
  };
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Servers without a list of models are believed; one with a list must name the model. */
async function checkModel(endpoint: Endpoint, model: string, signal: AbortSignal): Promise<void> {
  const answer = await send(endpoint, '/models', null, signal);
  const text = await readText(answer, endpoint, signal);
  if (answer.status === 401 || answer.status === 403) {
    throw serverError(answer.status, text, endpoint, model);
  }
  const list = modelList.safeParse(parseJson(text));
  if (answer.status !== 200 || !list.success || list.data.data.length === 0) {
    return;
  }
  const names = list.data.data.map(({ id }) => id);
  // Ollama lists `name:latest` and answers to `name`.
  if (!names.includes(model) && !names.includes(`${model}:latest`)) {
    const offered = names.slice(0, 8).join(', ');
    throw new BackendError(
      'model_invalid',
      `${endpoint.baseUrl} has no model "${model}". It has: ${offered}.`,
    );
  }
}

interface Saved {
  readonly entries: number;
  readonly contextTokens: number;
}

function openEpisode(endpoint: Endpoint, options: OpenAiOptions, scope: AbortSignal): BackendEpisode {
  const entries: ContextEntry[] = [];
  const checkpoints = new Map<number, Saved>();
  let contextTokens = 0;
  let isClosed = false;
  const signalOf = (signal: AbortSignal | undefined): AbortSignal => {
    if (isClosed) {
      throw new BackendError('closed', 'This episode was closed.');
    }
    const both = signal === undefined ? scope : AbortSignal.any([scope, signal]);
    if (both.aborted) {
      throw new BackendError('aborted', 'Stopped.');
    }
    return both;
  };
  return {
    append: async (segments, appendOptions): Promise<AppendResult> => {
      const signal = signalOf(appendOptions?.signal);
      const startedAt = performance.now();
      const added: ContextEntry[] = [];
      for (const segment of segments) {
        added.push(await entryOf(segment, options));
        signalOf(signal);
      }
      const counts = segments.map((segment) => ({ tokens: estimateTokens(segment) }));
      entries.push(...added);
      contextTokens += counts.reduce((sum, { tokens }) => sum + tokens, 0);
      const imageMs = performance.now() - startedAt;
      const stats = {
        imageMs,
        visionMs: 0,
        prefillMs: 0,
        prefillTokens: 0,
        visionRuns: 0,
        visionCacheHits: 0,
      };
      return { segments: counts, contextTokens, stats };
    },
    generate: async function* (generating): AsyncGenerator<SampledToken, GenerateResult, void> {
      const left = new AbortController();
      const signal = AbortSignal.any([signalOf(generating.signal), left.signal]);
      const startedAt = performance.now();
      try {
        const answer = await complete(endpoint, options.model, entries, generating, signal);
        const turn = yield* readTurn(readEvents(answer, endpoint, signal), generating.stopStrings);
        const { end, text, tokens } = turn;
        entries.push({ kind: 'sampled', text });
        contextTokens = turn.contextTokens ?? contextTokens + tokens;
        const totalMs = performance.now() - startedAt;
        const stats = { totalMs, msPerToken: totalMs / Math.max(1, tokens) };
        // The next segment closes the turn: a server never shows whether the model did.
        return { end, text, tokens, endsWithTurnEnd: false, contextTokens, stats };
      } finally {
        left.abort();
      }
    },
    checkpoint: async (): Promise<Checkpoint> => {
      signalOf(undefined);
      const id = checkpoints.size + 1;
      checkpoints.set(id, { entries: entries.length, contextTokens });
      return { id, contextTokens };
    },
    rollback: async ({ id }) => {
      signalOf(undefined);
      const saved = checkpoints.get(id);
      if (saved === undefined || saved.entries > entries.length) {
        throw new BackendError('checkpoint_invalid', 'This place of the episode is gone.');
      }
      entries.length = saved.entries;
      contextTokens = saved.contextTokens;
    },
    renderView: async (view) => options.renderView(view),
    close: () => {
      isClosed = true;
      entries.length = 0;
    },
  };
}

async function entryOf(segment: ContextSegment, options: OpenAiOptions): Promise<ContextEntry> {
  if (segment.kind === 'text') return segment;
  if (segment.kind === 'ids') return { kind: 'sampled', text: segment.text };
  const png = await options.renderView(segment.view);
  return { kind: 'image', url: `data:image/png;base64,${Buffer.from(png).toString('base64')}` };
}

function estimateTokens(segment: ContextSegment): number {
  switch (segment.kind) {
    case 'text':
      return Math.ceil(Buffer.byteLength(segment.text, 'utf8') / BYTES_PER_TOKEN);
    case 'ids':
      return segment.ids.length;
    case 'image':
      return (segment.view.width * segment.view.height) / (FACTOR * FACTOR);
    default:
      return assertNever(segment);
  }
}

/** Asks with everything we can use; a server that refuses the extras is asked again in plain OpenAI. */
async function complete(
  endpoint: Endpoint,
  model: string,
  entries: readonly ContextEntry[],
  options: GenerateOptions,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { sampling, maxTokens, stopStrings } = options;
  const plain = {
    model,
    messages: chatMessages(entries),
    stream: true,
    max_tokens: maxTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    seed: sampling.seed,
    stop: stopStrings,
  };
  const extras = {
    ...(sampling.topK > 0 ? { top_k: sampling.topK } : {}),
    logprobs: true,
    stream_options: { include_usage: true },
    include_stop_str_in_output: true,
  };
  const full = await send(endpoint, '/chat/completions', { ...plain, ...extras }, signal);
  if (full.status === 200) {
    return full;
  }
  const refusal = await readText(full, endpoint, signal);
  if (full.status !== 400 && full.status !== 422) {
    throw serverError(full.status, refusal, endpoint, model);
  }
  const second = await send(endpoint, '/chat/completions', plain, signal);
  if (second.status !== 200) {
    throw serverError(second.status, await readText(second, endpoint, signal), endpoint, model);
  }
  return second;
}

/** What to do about an answer that is not a completion. */
function serverError(status: number, body: string, endpoint: Endpoint, model: string): BackendError {
  const said = errorText(body);
  const quoted = said === '' ? '' : ` It said: ${said}`;
  if (status === 401 || status === 403) {
    return new BackendError('server_unavailable', `${endpoint.baseUrl} wants a valid API key.${quoted}`);
  }
  if (status === 404) {
    const message = `${endpoint.baseUrl} has no model "${model}", or no chat completions at this address.${quoted}`;
    return new BackendError('model_invalid', message);
  }
  if (/image|vision|multimodal|mmproj/iu.test(said)) {
    return new BackendError('model_invalid', `"${model}" can't read these images on this server.${quoted}`);
  }
  if (/context length|context size|too long|exceed/iu.test(said)) {
    return new BackendError('context_full', `The context of "${model}" is full.${quoted}`);
  }
  return new BackendError('server_unavailable', `${endpoint.baseUrl} answered ${status}.${quoted}`);
}

const errorBody = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ error: z.string() }).transform(({ error }) => error),
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ detail: z.string() }).transform(({ detail }) => detail),
]);

function errorText(body: string): string {
  const known = errorBody.safeParse(parseJson(body));
  return (known.success ? known.data : body).trim().slice(0, 300);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
