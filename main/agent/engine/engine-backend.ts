import { assertNever } from '../../../shared/model/assert-never.ts';
import {
  type AgentBackend,
  type AgentDescription,
  type AppendOptions,
  type AppendResult,
  type BackendEpisode,
  BackendError,
  type Checkpoint,
  type ContextSegment,
  type FollowingTurn,
  type GenerateOptions,
  type GenerateResult,
  type SampledToken,
} from '../backend.ts';
import { type EngineClient, wireView } from './engine-client.ts';
import type { EngineRequest, WireToken } from './engine-protocol.ts';

export interface EngineBackendOptions {
  /** Path of a model folder. */
  readonly folder: string;
  /** 0 chooses by the model's size. */
  readonly threads?: number;
}

interface LoadedAgent {
  readonly model: number;
  readonly description: AgentDescription;
  readonly generation: number;
}

type AppendSegments = Extract<EngineRequest, { method: 'append' }>['segments'];

function wireSegments(segments: readonly ContextSegment[]): AppendSegments {
  return segments.map((segment) => {
    switch (segment.kind) {
      case 'text':
        return { kind: 'text', text: segment.text };
      case 'ids':
        return { kind: 'ids', ids: [...segment.ids] };
      case 'image':
        return { kind: 'image', view: wireView(segment.view) };
      default:
        return assertNever(segment);
    }
  });
}

function either(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/** Tokens on their way from the message channel to the one who reads them. */
function tokenQueue(): {
  readonly push: (tokens: readonly WireToken[]) => void;
  readonly end: () => void;
  readonly read: () => AsyncGenerator<SampledToken, void, void>;
} {
  let waiting: WireToken[] = [];
  let hasEnded = false;
  let wake: () => void = () => undefined;
  return {
    push(tokens) {
      waiting.push(...tokens);
      wake();
    },
    end() {
      hasEnded = true;
      wake();
    },
    async *read() {
      for (;;) {
        const tokens = waiting;
        waiting = [];
        for (const [id, text, logprob, entropy] of tokens) yield { id, text, logprob, entropy };
        if (waiting.length > 0) continue;
        if (hasEnded) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** A turn that the engine is sampling. */
interface StartedTurn {
  readonly queue: ReturnType<typeof tokenQueue>;
  readonly left: AbortController;
  readonly result: Promise<unknown>;
}

/** Where an episode lives. */
interface Place {
  readonly episode: number;
  readonly generation: number;
  /** Settles when the engine has heard of it. */
  readonly opened: Promise<unknown>;
}

/** @param open called again when the first place turns out to be in an engine that has ended. */
function engineEpisode(
  client: EngineClient,
  first: Place,
  open: () => Promise<Place>,
  life: AbortSignal,
): BackendEpisode {
  let isClosed = false;
  let place = first;
  /** The turn that was announced with the last append, and is being sampled already. */
  let ahead: StartedTurn | null = null;
  const call = async (
    request: EngineRequest,
    options: Parameters<EngineClient['call']>[1] = {},
  ): Promise<unknown> => {
    if (isClosed) throw new BackendError('closed', 'the episode was closed');
    return await client.call(request, { ...options, generation: place.generation });
  };
  const appendOnce = async (
    segments: readonly ContextSegment[],
    options: AppendOptions,
  ): Promise<AppendResult> => {
    const { onProgress, followedBy } = options;
    const label = client.newHandle();
    const appending = call(
      { method: 'append', episode: place.episode, segments: wireSegments(segments), label },
      {
        signal: either(life, options.signal),
        onProgress: onProgress && ((doneTokens, totalTokens) => onProgress({ doneTokens, totalTokens })),
      },
    );
    if (followedBy !== undefined) ahead = startTurn(followedBy, options.signal, label);
    try {
      // Asked first: why it was not opened says more than that it is not open.
      appending.catch(() => undefined);
      await place.opened;
      const appended = (await appending) as AppendResult;
      if (followedBy !== undefined && appended.contextTokens >= followedBy.maxContextTokens) ahead = null;
      return appended;
    } catch (error) {
      ahead = null;
      throw error;
    }
  };
  const startTurn = (
    options: Pick<GenerateOptions, 'sampling' | 'maxTokens' | 'stopStrings'> & Partial<FollowingTurn>,
    signal: AbortSignal | undefined,
    after?: number,
  ): StartedTurn => {
    const queue = tokenQueue();
    const left = new AbortController();
    const { sampling, maxTokens, maxContextTokens, stopStrings } = options;
    const request: EngineRequest = {
      method: 'generate',
      episode: place.episode,
      sampling: { ...sampling },
      maxTokens,
      stopStrings: [...stopStrings],
      after,
      maxContextTokens,
    };
    const result = call(request, { signal: either(life, left.signal, signal), onTokens: queue.push });
    // Read later; until then a rejection must not count as unhandled.
    result.then(queue.end, queue.end);
    return { queue, left, result };
  };
  /** Nothing may come between an append and the turn that it announced. */
  const expectNoTurn = (): void => {
    if (ahead !== null) throw new BackendError('internal', 'another call than the turn that was announced');
  };
  return {
    async append(segments, options = {}) {
      expectNoTurn();
      const { opened } = place;
      try {
        return await appendOnce(segments, options);
      } catch (error) {
        // An engine that ended before the episode was opened took nothing with it that is needed.
        const isGone = await opened.then(
          () => false,
          (cause: unknown) => cause instanceof BackendError && cause.code === 'engine_crashed',
        );
        if (!isGone || isClosed || place !== first) throw error;
        place = await open();
        return await appendOnce(segments, options);
      }
    },
    async *generate(options: GenerateOptions): AsyncGenerator<SampledToken, GenerateResult, void> {
      const started = ahead;
      ahead = null;
      const { queue, left, result } = started ?? startTurn(options, options.signal);
      // A turn that was begun by the append knows the signal of that only.
      const leave = (): void => left.abort();
      options.signal?.addEventListener('abort', leave, { once: true });
      if (options.signal?.aborted === true) leave();
      let isDone = false;
      try {
        yield* queue.read();
        const value = (await result) as GenerateResult;
        isDone = true;
        return value;
      } finally {
        if (!isDone) leave();
        options.signal?.removeEventListener('abort', leave);
        await result.catch(() => undefined);
      }
    },
    async checkpoint() {
      expectNoTurn();
      return (await call({ method: 'checkpoint', episode: place.episode })) as Checkpoint;
    },
    async rollback(checkpoint) {
      expectNoTurn();
      await call({ method: 'rollback', episode: place.episode, checkpoint: checkpoint.id });
    },
    async renderView(view) {
      return (await call({ method: 'render', view: wireView(view) })) as Uint8Array;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      // An engine that has ended has closed it already.
      const { episode, generation } = place;
      client.call({ method: 'close', episode }, { generation }).catch(() => undefined);
    },
  };
}

/**
 * An agent that runs in the engine process. When that process ends, open episodes reject with `engine_crashed`, and
 * the next `openEpisode` starts a new process and loads the folder again.
 * @throws BackendError `model_invalid` when the folder can't be run.
 */
export async function createEngineBackend(
  client: EngineClient,
  options: EngineBackendOptions,
): Promise<AgentBackend> {
  let isClosed = false;
  let loading: Promise<LoadedAgent> | null = null;

  const load = async (): Promise<LoadedAgent> => {
    const request: EngineRequest = { method: 'load', folder: options.folder, threads: options.threads ?? 0 };
    const value = (await client.call(request)) as Omit<LoadedAgent, 'generation'>;
    return { ...value, generation: client.generation };
  };
  const loaded = async (): Promise<LoadedAgent> => {
    if (isClosed) throw new BackendError('closed', 'the agent was closed');
    const before = loading;
    if (before !== null) {
      const agent = await before.catch(() => null);
      if (agent !== null && client.running && agent.generation === client.generation) return agent;
    }
    // Of several episodes that find the engine gone, one loads and the others wait for it.
    if (loading === before) loading = load();
    return await (loading as Promise<LoadedAgent>);
  };

  /** Does not wait for the engine: what is asked of the episode next stands behind this in the channel. */
  const open = async (signal: AbortSignal): Promise<Place> => {
    const { model, generation } = await loaded();
    if (signal.aborted) throw new BackendError('aborted', 'stopped before it began');
    const episode = client.newHandle();
    const opened = client.call({ method: 'open', model, episode }, { signal, generation });
    opened.catch(() => undefined);
    return { episode, generation, opened };
  };

  const { description } = await loaded();
  return {
    description,
    async openEpisode({ signal }) {
      return engineEpisode(client, await open(signal), () => open(signal), signal);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      const agent = loading === null ? null : await loading.catch(() => null);
      if (agent === null) return;
      const { generation } = agent;
      await client.call({ method: 'unload', model: agent.model }, { generation }).catch(() => undefined);
    },
  };
}
