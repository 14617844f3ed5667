import type { Tensor } from 'onnxruntime-node';
import { cacheNames, type DecoderShape } from './model-io.ts';
import { onnxruntime } from './ort.ts';

/** The keys and values of a context. Row i belongs to token i of the context. */
export interface KeyValueCache {
  /** Rows. */
  readonly length: number;
  readonly bytes: number;
  /** Input tensors that show the rows so far to `rows` new ones; valid until the next append or truncate. */
  feeds(rows: number): Record<string, Tensor>;
  /** Takes over the rows that a run gave for `rows` more tokens. */
  append(outputs: Readonly<Record<string, Tensor>>, rows: number): void;
  /** Forgets all rows from `length` on. */
  truncate(length: number): void;
  /** A cache of its own with the same rows. */
  clone(): KeyValueCache;
  /** Gives the memory back; nothing may be done with the cache after it. */
  release(): void;
}

function floats(outputs: Readonly<Record<string, Tensor>>, name: string): Float32Array {
  const tensor = outputs[name];
  if (tensor === undefined || !(tensor.data instanceof Float32Array)) {
    throw new Error(`the decoder gave no float32 "${name}"`);
  }
  return tensor.data;
}

function checkLength(length: number, current: number): void {
  if (!Number.isInteger(length) || length < 0 || length > current) {
    throw new RangeError(`a cache of ${current} rows can't be cut to ${length}`);
  }
}

/** What the graph adds to a score that must not count. */
const MASKED = -1e9;
const LEAST_STEP = 128;

/**
 * Rows that a buffer for `length` rows holds: at most an eighth too many. It depends on the length alone, so that a
 * context that was rolled back gives the same logits to the last bit as one that never was longer (a kernel adds up
 * in an order that depends on the size).
 */
export function capacityOf(length: number): number {
  const step = Math.max(LEAST_STEP, 2 ** Math.floor(Math.log2(Math.max(1, length))) / 8);
  return Math.max(1, Math.ceil(length / step)) * step;
}

/** Buffers of one capacity, and the tensors that show them. */
interface DeltaBuffers {
  readonly capacity: number;
  /** Layer by layer, key then value: [1, kv heads, capacity, head dim]. */
  readonly rows: readonly Float32Array[];
  /** For one new row: 0 where there is a row and for the new one itself, MASKED where there is none yet. */
  readonly bias: Float32Array;
  /** Made once: a step hands in the same tensors again, whatever was written into their buffers. */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/**
 * Buffers that no context uses any more, for the next that wants some of that size: every episode grows through the
 * same few sizes, and new memory must be filled with zeros, and collected.
 */
interface BufferPool {
  take(capacity: number): DeltaBuffers;
  give(buffers: DeltaBuffers): void;
}

const POOLED_BYTES = 64 * 1024 * 1024;

function createBufferPool(shape: DecoderShape): BufferPool {
  const free = new Map<number, DeltaBuffers[]>();
  let pooled = 0;
  return {
    take(capacity) {
      const buffers = free.get(capacity)?.pop();
      if (buffers === undefined) return deltaBuffers(shape, capacity);
      pooled -= bytesOf(buffers);
      buffers.bias.fill(MASKED, 0, capacity);
      // What is masked must still be a number: 0 times NaN is NaN.
      for (const buffer of buffers.rows) buffer.fill(0);
      return buffers;
    },
    give(buffers) {
      const size = bytesOf(buffers);
      if (pooled + size > POOLED_BYTES) return;
      pooled += size;
      const same = free.get(buffers.capacity);
      if (same === undefined) free.set(buffers.capacity, [buffers]);
      else same.push(buffers);
    },
  };
}

function bytesOf(buffers: DeltaBuffers): number {
  return buffers.rows.reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

function deltaBuffers(shape: DecoderShape, capacity: number): DeltaBuffers {
  const { Tensor } = onnxruntime();
  const { keyValueHeads, headDim } = shape;
  const feeds: Record<string, Tensor> = {};
  const rows = cacheNames(shape).past.map((name) => {
    const buffer = new Float32Array(keyValueHeads * capacity * headDim);
    feeds[name] = new Tensor('float32', buffer, [1, keyValueHeads, capacity, headDim]);
    return buffer;
  });
  const bias = new Float32Array(capacity + 1).fill(MASKED, 0, capacity);
  feeds['attention_bias'] = new Tensor('float32', bias, [1, capacity + 1]);
  return { capacity, rows, bias, feeds };
}

/** Rows of `from` in buffers of another capacity. */
function copied(
  shape: DecoderShape,
  pool: BufferPool,
  from: DeltaBuffers,
  length: number,
  capacity: number,
): DeltaBuffers {
  const { keyValueHeads, headDim } = shape;
  const next = pool.take(capacity);
  for (const [index, buffer] of from.rows.entries()) {
    const target = next.rows[index] as Float32Array;
    for (let head = 0; head < keyValueHeads; head += 1) {
      const start = head * from.capacity * headDim;
      target.set(buffer.subarray(start, start + length * headDim), head * capacity * headDim);
    }
  }
  next.bias.fill(0, 0, length);
  return next;
}

/** For several new rows: each sees the cache, itself and the new ones before it. */
function biasOf(rows: number, length: number, capacity: number): Float32Array {
  const width = capacity + rows;
  const bias = new Float32Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const start = row * width;
    bias.fill(MASKED, start + length, start + capacity);
    bias.fill(MASKED, start + capacity + row + 1, start + width);
  }
  return bias;
}

/**
 * For a graph that gives only the new rows: one buffer per layer and part with room to spare, so that the past is fed
 * without a copy, an append is a copy of the new rows only, and a rollback is a shorter length.
 */
function deltaCache(
  shape: DecoderShape,
  pool: BufferPool,
  start: DeltaBuffers,
  startLength: number,
): KeyValueCache {
  const { headDim, keyValueHeads, layers } = shape;
  let buffers = start;
  let length = startLength;
  const fit = (wanted: number): void => {
    const capacity = capacityOf(wanted);
    if (capacity === buffers.capacity) return;
    const larger = copied(shape, pool, buffers, Math.min(length, wanted), capacity);
    pool.give(buffers);
    buffers = larger;
  };
  return {
    get length() {
      return length;
    },
    get bytes() {
      return buffers.rows.length * keyValueHeads * buffers.capacity * headDim * 4;
    },
    feeds(rows) {
      if (rows === 1) return { ...buffers.feeds };
      const { capacity } = buffers;
      const { Tensor } = onnxruntime();
      const bias = biasOf(rows, length, capacity);
      return { ...buffers.feeds, attention_bias: new Tensor('float32', bias, [rows, capacity + rows]) };
    },
    append(outputs, count) {
      const fresh = floats(outputs, 'new');
      const size = count * headDim;
      if (fresh.length !== 2 * layers * keyValueHeads * size) {
        throw new Error(`the decoder gave cache rows of a wrong size for ${count} tokens`);
      }
      fit(length + count);
      let from = 0;
      for (const buffer of buffers.rows) {
        for (let head = 0; head < keyValueHeads; head += 1) {
          buffer.set(fresh.subarray(from, from + size), (head * buffers.capacity + length) * headDim);
          from += size;
        }
      }
      buffers.bias.fill(0, length, length + count);
      length += count;
    },
    truncate(to) {
      checkLength(to, length);
      buffers.bias.fill(MASKED, to, length);
      for (const buffer of buffers.rows) {
        for (let head = 0; head < keyValueHeads; head += 1) {
          const first = head * buffers.capacity;
          buffer.fill(0, (first + to) * headDim, (first + length) * headDim);
        }
      }
      fit(to);
      length = to;
    },
    clone() {
      const copy = copied(shape, pool, buffers, length, buffers.capacity);
      return deltaCache(shape, pool, copy, length);
    },
    release: () => pool.give(buffers),
  };
}

/**
 * For the published graph, which gives past and new rows joined ([1, heads, length, headDim]). Its outputs are the
 * next inputs, and they are never written to, so a clone shares them; only a rollback copies.
 */
function mergedCache(
  shape: DecoderShape,
  arrays: readonly Float32Array[],
  startLength: number,
): KeyValueCache {
  const { headDim, keyValueHeads } = shape;
  const names = cacheNames(shape);
  let rows = arrays;
  let length = startLength;
  return {
    get length() {
      return length;
    },
    get bytes() {
      return rows.length * keyValueHeads * length * headDim * 4;
    },
    feeds(count) {
      const { Tensor } = onnxruntime();
      const feeds: Record<string, Tensor> = {};
      names.past.forEach((name, index) => {
        feeds[name] = new Tensor('float32', rows[index] as Float32Array, [1, keyValueHeads, length, headDim]);
      });
      if (shape.takesAttentionMask) {
        const seen = length + count;
        feeds['attention_mask'] = new Tensor('int64', new BigInt64Array(seen).fill(1n), [1, seen]);
      }
      return feeds;
    },
    append(outputs, count) {
      const joined = names.fresh.map((name) => floats(outputs, name));
      if (joined.some((data) => data.length !== keyValueHeads * (length + count) * headDim)) {
        throw new Error(`the decoder gave a cache of a wrong size for ${length} + ${count} tokens`);
      }
      rows = joined;
      length += count;
    },
    truncate(to) {
      checkLength(to, length);
      if (to === length) return;
      const stride = length * headDim;
      rows = rows.map((array) => {
        const shorter = new Float32Array(keyValueHeads * to * headDim);
        for (let head = 0; head < keyValueHeads; head += 1) {
          shorter.set(array.subarray(head * stride, head * stride + to * headDim), head * to * headDim);
        }
        return shorter;
      });
      length = to;
    },
    clone: () => mergedCache(shape, rows, length),
    release: () => undefined,
  };
}

/** Makes the empty caches of one model; they share their memory one after another. */
export function keyValueCaches(shape: DecoderShape): () => KeyValueCache {
  if (shape.kind === 'merged') {
    const empty = cacheNames(shape).past.map(() => new Float32Array(0));
    return () => mergedCache(shape, empty, 0);
  }
  const pool = createBufferPool(shape);
  return () => deltaCache(shape, pool, pool.take(capacityOf(0)), 0);
}
