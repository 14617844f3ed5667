import {
  type AppendResult,
  BackendError,
  type Checkpoint,
  type ContextSegment,
  type GenerateOptions,
  type GenerateResult,
  type SampledToken,
  type ViewSource,
} from '../backend.ts';
import { type ByteLru, createByteLru } from './byte-lru.ts';
import {
  type Context,
  type ContextCheckpoint,
  type ContextPiece,
  createContext,
  pieceTokens,
  type PrefillOptions,
} from './context.ts';
import { createDraftMemory, type DraftMemory } from './draft-memory.ts';
import { generateTurn } from './generate.ts';
import type { ImageFeatures, LoadedModel } from './model.ts';
import { imagePatches } from './patches.ts';
import type { ViewImages } from './view-images.ts';

/** What all episodes of one model share. */
export interface ModelRuntime {
  readonly model: LoadedModel;
  readonly images: ViewImages;
  /** Features of views, by root image, box and size. */
  readonly features: ByteLru<ImageFeatures>;
  /** How turns of this agent go on. */
  readonly drafts: DraftMemory;
  /** For the pixels on their way into the vision encoder. */
  readonly buffers: FloatBuffers;
  /** Ids of texts. */
  readonly texts: ByteLru<readonly number[]>;
  /** Contexts that hold one first segment (the system turn), by its text; every episode starts from a clone. */
  readonly prefixes: ByteLru<Context>;
}

/** The buffers used last, to be written over: most images of an agent have one size. */
interface FloatBuffers {
  take(length: number): Float32Array;
  give(buffer: Float32Array): void;
}

const BUFFERS_KEPT = 2;

function createFloatBuffers(): FloatBuffers {
  const free: Float32Array[] = [];
  return {
    take(length) {
      const at = free.findIndex((buffer) => buffer.length === length);
      return at < 0 ? new Float32Array(length) : (free.splice(at, 1)[0] ?? new Float32Array(length));
    },
    give(buffer) {
      free.unshift(buffer);
      free.length = Math.min(free.length, BUFFERS_KEPT);
    },
  };
}

const FEATURE_CACHE_BYTES = 192 * 1024 * 1024;
/** Much of what a context is made of is the same text again and again. */
const TEXT_CACHE_BYTES = 4 * 1024 * 1024;
const PREFIX_CACHE_BYTES = 192 * 1024 * 1024;

export function createModelRuntime(model: LoadedModel, images: ViewImages): ModelRuntime {
  return {
    model,
    images,
    features: createByteLru(FEATURE_CACHE_BYTES, (features) => features.rows.byteLength),
    drafts: createDraftMemory(),
    buffers: createFloatBuffers(),
    texts: createByteLru(TEXT_CACHE_BYTES, (ids) => 64 + 16 * ids.length),
    prefixes: createByteLru(PREFIX_CACHE_BYTES, (context) => context.bytes),
  };
}

/** A piece of context on this side of the wire, where the text of recorded ids is of no use. */
export type EngineSegment =
  | Exclude<ContextSegment, { readonly kind: 'ids' }>
  | { readonly kind: 'ids'; readonly ids: readonly number[] };

/** Ids that the model has: others would read past the end of its table. */
function checkIds(ids: readonly number[], vocabulary: number): void {
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
  if (wrong !== undefined) {
    throw new BackendError(
      'ids_invalid',
      `token ${wrong} is not one of this agent's ${vocabulary}: the turn was recorded with another agent`,
    );
  }
}

/** One episode inside the engine process. Calls must not overlap; the server queues them. */
export interface EngineEpisode {
  readonly contextTokens: number;
  append(
    segments: readonly EngineSegment[],
    options: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
  ): Promise<AppendResult>;
  generate(options: GenerateOptions): AsyncGenerator<SampledToken, GenerateResult, void>;
  checkpoint(): Checkpoint;
  rollback(id: number): void;
  /** Gives the memory of the context back; no call may follow or be under way. */
  release(): void;
}

interface Timings {
  imageMs: number;
  visionMs: number;
  prefillMs: number;
  prefillTokens: number;
  visionRuns: number;
  visionCacheHits: number;
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new BackendError('aborted', 'stopped while the context was read');
}

function idsOf(runtime: ModelRuntime, text: string): readonly number[] {
  const known = runtime.texts.get(text);
  if (known !== undefined) return known;
  const ids = runtime.model.folder.tokenizer.encode(text);
  runtime.texts.set(text, ids);
  return ids;
}

function featureKey(view: ViewSource): string {
  return `${view.imageKey} ${view.box.join(',')} ${view.width}x${view.height}`;
}

/** Features of a view; from the cache when another turn or episode showed it at this size. */
async function featuresOf(runtime: ModelRuntime, view: ViewSource, timings: Timings): Promise<ImageFeatures> {
  const key = featureKey(view);
  const known = runtime.features.get(key);
  if (known !== undefined) {
    timings.visionCacheHits += 1;
    return known;
  }
  const config = runtime.model.folder.config.patches;
  const factor = config.patchSize * config.mergeSize;
  if (view.width % factor !== 0 || view.height % factor !== 0) {
    throw new BackendError('view_invalid', `${view.width}x${view.height} is not a multiple of ${factor}`);
  }
  const startedAt = performance.now();
  const image = await runtime.images.render(view);
  const patches = imagePatches(image, config, (length) => runtime.buffers.take(length));
  const readAt = performance.now();
  const features = await runtime.model.encodeImage(patches);
  runtime.buffers.give(patches.pixelValues);
  timings.imageMs += readAt - startedAt;
  timings.visionMs += performance.now() - readAt;
  timings.visionRuns += 1;
  runtime.features.set(key, features);
  return features;
}

/** Roots that are decoded while the view before them is resized and encoded. Few, because they may be large. */
const DECODED_AHEAD = 1;

function prefetch(runtime: ModelRuntime, views: readonly ViewSource[]): void {
  for (const view of views) {
    if (runtime.features.get(featureKey(view)) === undefined) runtime.images.prefetch(view);
  }
}

/** A context that holds the first segment, and how many rows it cost. */
async function startOf(
  runtime: ModelRuntime,
  text: string,
  piece: ContextPiece,
  options: PrefillOptions,
): Promise<{ readonly context: Context; readonly rows: number }> {
  const known = runtime.prefixes.get(text);
  if (known !== undefined) return { context: known.clone(), rows: 0 };
  const context = createContext(runtime.model);
  const rows = await context.append([piece], options);
  runtime.prefixes.set(text, context.clone());
  return { context, rows };
}

export function createEngineEpisode(runtime: ModelRuntime): EngineEpisode {
  const { model } = runtime;
  let context = createContext(model);
  let lastCheckpoint = 0;
  /** In the order they were made, so those past a rollback are those with a higher id. */
  const checkpoints = new Map<number, ContextCheckpoint>();

  const piecesOf = async (
    segments: readonly EngineSegment[],
    timings: Timings,
    signal: AbortSignal,
  ): Promise<ContextPiece[]> => {
    const pieces: ContextPiece[] = [];
    const views = segments.flatMap((segment) => (segment.kind === 'image' ? [segment.view] : []));
    let shown = 0;
    for (const segment of segments) {
      stopIfAborted(signal);
      if (segment.kind === 'text') {
        pieces.push({ kind: 'text', ids: idsOf(runtime, segment.text) });
      } else if (segment.kind === 'ids') {
        checkIds(segment.ids, model.folder.tokenizer.size);
        pieces.push({ kind: 'text', ids: segment.ids });
      } else {
        shown += 1;
        prefetch(runtime, views.slice(shown, shown + DECODED_AHEAD));
        pieces.push({ kind: 'image', features: await featuresOf(runtime, segment.view, timings) });
      }
    }
    return pieces;
  };

  return {
    async append(segments, { signal, onProgress }) {
      const timings: Timings = {
        imageMs: 0,
        visionMs: 0,
        prefillMs: 0,
        prefillTokens: 0,
        visionRuns: 0,
        visionCacheHits: 0,
      };
      const pieces = await piecesOf(segments, timings, signal);
      const startedAt = performance.now();
      const first = segments[0];
      const firstPiece = pieces[0];
      // Its own prefill, so that a context from the shared prefix is the same to the last bit as one without.
      const isShared =
        context.tokens === 0 && first?.kind === 'text' && firstPiece !== undefined && first.text !== '';
      let started = context;
      let rest: readonly ContextPiece[] = pieces;
      let doneBefore = 0;
      const total = pieces.reduce((sum, piece) => sum + pieceTokens(piece), 0);
      const onChunk = (done: number): void => onProgress(Math.min(total, doneBefore + done), total);
      if (isShared) {
        const start = await startOf(runtime, first.text, firstPiece, { signal, onChunk });
        started = start.context;
        timings.prefillTokens += start.rows;
        doneBefore = pieceTokens(firstPiece);
        rest = pieces.slice(1);
      }
      timings.prefillTokens += await started.append(rest, { signal, onChunk });
      if (started !== context) context.release();
      context = started;
      timings.prefillMs = performance.now() - startedAt;
      return {
        segments: pieces.map((piece) => ({ tokens: pieceTokens(piece) })),
        contextTokens: context.tokens,
        stats: timings,
      };
    },
    get contextTokens() {
      return context.tokens;
    },
    release: () => context.release(),
    generate: (options) => generateTurn(model, context, options, runtime.drafts),
    checkpoint() {
      lastCheckpoint += 1;
      checkpoints.set(lastCheckpoint, context.checkpoint());
      return { id: lastCheckpoint, contextTokens: context.tokens };
    },
    rollback(id) {
      const checkpoint = checkpoints.get(id);
      if (checkpoint === undefined) {
        throw new BackendError(
          'checkpoint_invalid',
          'the context has no such checkpoint, or was rolled back over it',
        );
      }
      context.rollback(checkpoint);
      for (const later of checkpoints.keys()) if (later > id) checkpoints.delete(later);
    },
  };
}
