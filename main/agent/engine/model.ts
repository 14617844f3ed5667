import type { Tensor } from 'onnxruntime-node';
import { type ByteLru, createByteLru } from './byte-lru.ts';
import { keyValueCaches, type KeyValueCache } from './kv-cache.ts';
import { type ModelFolder, openModelFolder } from './model-folder.ts';
import { onnxruntime } from './ort.ts';
import type { ImagePatches } from './patches.ts';
import { chooseThreads, type ModelSessions, openSessions } from './sessions.ts';

/** What the language model gets for one image. */
export interface ImageFeatures {
  /** [gridHeight * gridWidth, hidden] */
  readonly rows: Float32Array;
  /** In merged cells. */
  readonly gridHeight: number;
  readonly gridWidth: number;
}

/** Sums since the model was loaded; for benchmarks. */
export interface DecodeTimings {
  runs: number;
  /** Inside the runtime. */
  runMs: number;
  /** Showing the cache to the runtime and taking over its new rows. */
  cacheMs: number;
}

/** A model folder with its graphs open: the three runs that everything else is made of. */
export interface LoadedModel {
  readonly folder: ModelFolder;
  readonly threads: number;
  /** Rows that a prefill chunk may have after `seen` rows. */
  chunkRows(seen: number): number;
  /** Rows of a run can be taken back at no cost: where the cache is ours, and the logits of several rows are to be had. */
  readonly takesGuesses: boolean;
  readonly timings: Readonly<DecodeTimings>;
  newCache(): KeyValueCache;
  /** [ids.length, hidden] */
  embed(ids: readonly number[]): Promise<Float32Array>;
  encodeImage(patches: ImagePatches): Promise<ImageFeatures>;
  /**
   * Runs `rows` rows after those in the cache and takes their keys and values into it.
   * @param embeddings [rows, hidden], @param positions int64 [3, 1, rows], @param keep 1, or more where the model
   * `takesGuesses`.
   * @returns the logits after the last `keep` rows, [keep, vocabulary].
   */
  decode(
    cache: KeyValueCache,
    embeddings: Float32Array,
    positions: BigInt64Array,
    keep?: number,
  ): Promise<Float32Array>;
  release(): Promise<void>;
}

const EMBEDDING_CACHE_BYTES = 32 * 1024 * 1024;
/** Bounds the time until an abort is seen. */
const CHUNK_ROWS = 256;
const LEAST_CHUNK_ROWS = 32;
/** All heads' attention scores of a chunk, which the graph holds a few times over. */
const SCORE_BYTES = 32 * 1024 * 1024;
/** A graph that can't be told to keep only the last logits gives them for every row. */
const CHUNK_ROWS_ALL_LOGITS = 64;

function floats(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`the graph gave no float32 "${name}"`);
  return data;
}

function embedder(sessions: ModelSessions, hidden: number): LoadedModel['embed'] {
  // A turn feeds one token at a time, mostly of a few kinds: a look-up saves a run of the graph each.
  const known: ByteLru<Float32Array> = createByteLru(EMBEDDING_CACHE_BYTES, (row) => row.byteLength);
  return async (ids) => {
    const only = ids.length === 1 ? known.get(String(ids[0])) : undefined;
    if (only !== undefined) return only;
    const { Tensor } = onnxruntime();
    const missing = [...new Set(ids)].filter((id) => known.get(String(id)) === undefined);
    const fresh = new Map<number, Float32Array>();
    if (missing.length > 0) {
      const inputIds = new Tensor('int64', BigInt64Array.from(missing, BigInt), [1, missing.length]);
      const data = floats(await sessions.embedTokens.run({ input_ids: inputIds }), 'inputs_embeds');
      if (data.length !== missing.length * hidden) throw new Error('embed_tokens gave rows of a wrong size');
      missing.forEach((id, index) => {
        const row = data.slice(index * hidden, (index + 1) * hidden);
        fresh.set(id, row);
        known.set(String(id), row);
      });
    }
    const rows = new Float32Array(ids.length * hidden);
    ids.forEach((id, index) => {
      rows.set((fresh.get(id) ?? known.get(String(id))) as Float32Array, index * hidden);
    });
    return rows;
  };
}

function imageEncoder(
  sessions: ModelSessions,
  hidden: number,
  mergeSize: number,
): LoadedModel['encodeImage'] {
  return async (patches) => {
    const { Tensor } = onnxruntime();
    const { gridHeight, gridWidth, patchLength } = patches;
    const outputs = await sessions.visionEncoder.run({
      pixel_values: new Tensor('float32', patches.pixelValues, [gridHeight * gridWidth, patchLength]),
      image_grid_thw: new Tensor(
        'int64',
        BigInt64Array.of(1n, BigInt(gridHeight), BigInt(gridWidth)),
        [1, 3],
      ),
    });
    const rows = floats(outputs, 'image_features');
    const grid = { gridHeight: gridHeight / mergeSize, gridWidth: gridWidth / mergeSize };
    if (rows.length !== grid.gridHeight * grid.gridWidth * hidden) {
      throw new Error('vision_encoder gave features of a wrong size');
    }
    return { rows, ...grid };
  };
}

function decoder(sessions: ModelSessions, timings: DecodeTimings): LoadedModel['decode'] {
  const shape = sessions.decoderShape;
  const { Tensor } = onnxruntime();
  const lastOnly = new Tensor('int64', BigInt64Array.of(1n), []);
  return async (cache, embeddings, positions, keep = 1) => {
    const rows = embeddings.length / shape.hidden;
    const startedAt = performance.now();
    const feeds = cache.feeds(rows);
    const fedAt = performance.now();
    feeds['inputs_embeds'] = new Tensor('float32', embeddings, [1, rows, shape.hidden]);
    feeds['position_ids'] = new Tensor('int64', positions, [3, 1, rows]);
    if (shape.keepsLogits) {
      feeds['num_logits_to_keep'] =
        keep === 1 ? lastOnly : new Tensor('int64', BigInt64Array.of(BigInt(keep)), []);
    }
    const runAt = performance.now();
    const outputs = (await sessions.decoder.run(feeds)) as Record<string, Tensor>;
    const doneAt = performance.now();
    const logits = floats(outputs, 'logits');
    const wanted = keep * shape.vocabularySize;
    if (logits.length < wanted) throw new Error('the decoder gave too few logits');
    cache.append(outputs, rows);
    timings.runs += 1;
    timings.runMs += doneAt - runAt;
    timings.cacheMs += fedAt - startedAt + (performance.now() - doneAt);
    return logits.subarray(logits.length - wanted);
  };
}

/**
 * @param threads 0 chooses by the model's size.
 * @throws BackendError model_invalid.
 */
export async function loadModel(path: string, threads = 0): Promise<LoadedModel> {
  const folder = openModelFolder(path);
  const sessions = await openSessions(folder, threads > 0 ? threads : chooseThreads(folder.parameterCount));
  const { hidden, heads, patches } = folder.config;
  const timings: DecodeTimings = { runs: 0, runMs: 0, cacheMs: 0 };
  return {
    folder,
    threads: sessions.threads,
    chunkRows(seen) {
      const most = sessions.decoderShape.keepsLogits ? CHUNK_ROWS : CHUNK_ROWS_ALL_LOGITS;
      const fitting = Math.floor(SCORE_BYTES / (4 * heads * (seen + most)));
      return Math.max(LEAST_CHUNK_ROWS, Math.min(most, fitting));
    },
    takesGuesses: sessions.decoderShape.kind === 'delta' && sessions.decoderShape.keepsLogits,
    timings,
    newCache: keyValueCaches(sessions.decoderShape),
    embed: embedder(sessions, hidden),
    encodeImage: imageEncoder(sessions, hidden, patches.mergeSize),
    decode: decoder(sessions, timings),
    release: () => sessions.release(),
  };
}
