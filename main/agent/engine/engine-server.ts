import { type AgentDescription, BackendError, type SampledToken } from '../backend.ts';
import {
  createEngineEpisode,
  createModelRuntime,
  type EngineEpisode,
  type ModelRuntime,
} from './engine-episode.ts';
import {
  type EngineMessage,
  type EngineRequest,
  type EngineStats,
  hostMessage,
  type WireToken,
} from './engine-protocol.ts';
import { encodePng } from './image-decode.ts';
import { type LoadedModel, loadModel } from './model.ts';
import { createViewImages } from './view-images.ts';

/** The engine behind its message channel: models, episodes, and the calls under way. */
export interface EngineServer {
  /** Takes one message from the host. Never throws and never rejects. */
  receive(message: unknown): void;
}

interface OpenEpisode {
  readonly model: number;
  readonly episode: EngineEpisode;
  /** Calls of one episode run one after another; those of different episodes take turns at every step. */
  queue: Promise<unknown>;
  readonly closed: AbortController;
  /** Label of the append that the context ends with. */
  appended: number | null;
}

/** Tokens are sent together when they come faster than this: a message costs both sides more than a token. */
const TOKEN_BATCH_MS = 12;

/** What a call gives, and the tokens that go with it in one message. */
interface Answer {
  readonly value: unknown;
  readonly tokens?: readonly WireToken[];
}

function describe(model: LoadedModel): AgentDescription {
  const { profile, config, folder, parameterCount } = model.folder;
  return {
    kind: 'onnx',
    name: profile.name,
    description: profile.description,
    source: folder,
    worlds: profile.worlds,
    images: {
      factor: config.patches.patchSize * config.patches.mergeSize,
      minPixels: profile.minPixels,
      maxPixels: profile.maxPixels,
      cropMinPixels: profile.cropMinPixels,
    },
    limits: profile.limits,
    sampling: profile.sampling,
    vocabularySize: config.vocabularySize,
    parameterCount,
  };
}

export function createEngineServer(post: (message: EngineMessage) => void): EngineServer {
  const images = createViewImages();
  const models = new Map<number, ModelRuntime>();
  const episodes = new Map<number, OpenEpisode>();
  const underWay = new Map<number, AbortController>();
  let lastHandle = 0;
  const newHandle = (): number => {
    lastHandle += 1;
    return lastHandle;
  };

  const modelOf = (id: number): ModelRuntime => {
    const runtime = models.get(id);
    if (runtime === undefined) throw new BackendError('closed', 'the agent was closed');
    return runtime;
  };

  const inEpisode = async <Value>(
    id: number,
    signal: AbortSignal,
    work: (episode: EngineEpisode, signal: AbortSignal, open: OpenEpisode) => Promise<Value> | Value,
  ): Promise<Value> => {
    const open = episodes.get(id);
    if (open === undefined) throw new BackendError('closed', 'the episode was closed');
    const either = AbortSignal.any([signal, open.closed.signal]);
    const turn = open.queue.then(() => {
      if (either.aborted) throw new BackendError('aborted', 'stopped before it began');
      return work(open.episode, either, open);
    });
    open.queue = turn.catch(() => undefined);
    return await turn;
  };

  const closeEpisode = (id: number): void => {
    const open = episodes.get(id);
    if (open === undefined) return;
    episodes.delete(id);
    open.closed.abort();
    void open.queue.then(() => open.episode.release());
  };

  const load = async (folder: string, threads: number): Promise<unknown> => {
    const model = await loadModel(folder, threads);
    const id = newHandle();
    models.set(id, createModelRuntime(model, images));
    return { model: id, description: describe(model) };
  };

  const unload = async (id: number): Promise<null> => {
    const runtime = models.get(id);
    models.delete(id);
    const open = [...episodes].filter(([, one]) => one.model === id);
    for (const [episode] of open) closeEpisode(episode);
    await Promise.all(open.map(([, one]) => one.queue));
    await runtime?.model.release();
    return null;
  };

  const generate = async (
    callId: number,
    request: Extract<EngineRequest, { method: 'generate' }>,
    signal: AbortSignal,
  ): Promise<Answer> =>
    await inEpisode(request.episode, signal, async (episode, either, open) => {
      const { sampling, stopStrings, after } = request;
      const room = (request.maxContextTokens ?? Number.POSITIVE_INFINITY) - episode.contextTokens;
      if ((after !== undefined && after !== open.appended) || room < 1) {
        throw new BackendError('closed', 'there is nothing that this turn could follow');
      }
      open.appended = null;
      const maxTokens = Math.min(request.maxTokens, room);
      const turn = episode.generate({ sampling, maxTokens, stopStrings, signal: either });
      let batch: WireToken[] = [];
      let sentAt = performance.now();
      const send = (): void => {
        post({ type: 'tokens', id: callId, tokens: batch });
        batch = [];
        sentAt = performance.now();
      };
      const collect = (token: SampledToken): void => {
        batch.push([token.id, token.text, token.logprob, token.entropy]);
        if (performance.now() - sentAt >= TOKEN_BATCH_MS) send();
      };
      try {
        for (;;) {
          const next = await turn.next();
          if (next.done === true) return { value: next.value, tokens: batch };
          collect(next.value);
        }
      } catch (error) {
        if (batch.length > 0) send();
        throw error;
      }
    });

  const stats = (): EngineStats => ({
    pid: process.pid,
    residentBytes: process.memoryUsage.rss(),
    imageCacheBytes: images.cachedBytes,
    models: models.size,
    episodes: episodes.size,
  });

  const answer = async (callId: number, request: EngineRequest, signal: AbortSignal): Promise<Answer> =>
    request.method === 'generate'
      ? await generate(callId, request, signal)
      : { value: await valueOf(callId, request, signal) };

  const valueOf = async (
    callId: number,
    request: Exclude<EngineRequest, { method: 'generate' }>,
    signal: AbortSignal,
  ): Promise<unknown> => {
    switch (request.method) {
      case 'load':
        return await load(request.folder, request.threads);
      case 'unload':
        return await unload(request.model);
      case 'open': {
        const episode = createEngineEpisode(modelOf(request.model));
        const closed = new AbortController();
        episodes.set(request.episode, {
          model: request.model,
          episode,
          queue: Promise.resolve(),
          closed,
          appended: null,
        });
        return null;
      }
      case 'append': {
        let isShort = true;
        const onProgress = (doneTokens: number, totalTokens: number): void => {
          // What is read in one chunk is told by its result.
          isShort &&= doneTokens === totalTokens;
          if (!isShort) post({ type: 'progress', id: callId, doneTokens, totalTokens });
        };
        return await inEpisode(request.episode, signal, async (episode, either, open) => {
          open.appended = null;
          const appended = await episode.append(request.segments, { signal: either, onProgress });
          open.appended = request.label ?? null;
          return appended;
        });
      }
      case 'checkpoint':
        return await inEpisode(request.episode, signal, (episode) => episode.checkpoint());
      case 'rollback':
        return await inEpisode(request.episode, signal, (episode, _, open) => {
          open.appended = null;
          episode.rollback(request.checkpoint);
          return null;
        });
      case 'close':
        closeEpisode(request.episode);
        return null;
      case 'render':
        return await encodePng(await images.render(request.view));
      case 'stats':
        return stats();
    }
  };

  const call = async (id: number, request: EngineRequest): Promise<void> => {
    const controller = new AbortController();
    underWay.set(id, controller);
    try {
      post({ type: 'result', id, ...(await answer(id, request, controller.signal)) });
    } catch (error) {
      const known = error instanceof BackendError;
      const code = known ? error.code : 'internal';
      post({ type: 'error', id, code, message: error instanceof Error ? error.message : String(error) });
    } finally {
      underWay.delete(id);
    }
  };

  return {
    receive(message) {
      const parsed = hostMessage.safeParse(message);
      if (parsed.success) {
        if (parsed.data.type === 'cancel') underWay.get(parsed.data.id)?.abort();
        else void call(parsed.data.id, parsed.data.request);
        return;
      }
      const id = (message as { readonly id?: unknown } | null)?.id;
      if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) {
        const reason = parsed.error.issues[0]?.message ?? 'not as expected';
        post({ type: 'error', id, code: 'internal', message: `malformed request: ${reason}` });
      }
    },
  };
}
