import type { Tensor } from 'onnxruntime-node';
import { cacheNames, type DecoderShape } from './model-io.ts';
import { onnxruntime } from './ort.ts';

/** The keys and values of a context. Row i belongs to token i of the context. */
export interface KeyValueCache {
  /** Rows. */
  readonly length: number;
  readonly bytes: number;
  /** Input tensors that show the rows so far; valid until the next append, truncate or grow. */
  feeds(): Record<string, Tensor>;
  /** Takes over the rows that a run gave for `rows` more tokens. */
  append(outputs: Readonly<Record<string, Tensor>>, rows: number): void;
  /** Forgets all rows from `length` on. */
  truncate(length: number): void;
  /** A cache of its own with the same rows. */
  clone(): KeyValueCache;
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

const FIRST_ROWS = 512;

/**
 * For a graph that gives only the new rows: one buffer per layer, part and head, contiguous in time, so that the
 * past is fed without a copy, an append is a copy of the new rows only, and a rollback is a shorter length.
 */
function deltaCache(
  shape: DecoderShape,
  buffers: readonly Float32Array[],
  startLength: number,
): KeyValueCache {
  const { headDim } = shape;
  const names = cacheNames(shape);
  let rows = buffers;
  let length = startLength;
  const capacity = (): number => (rows[0] as Float32Array).length / headDim;
  const grow = (wanted: number): void => {
    if (wanted <= capacity()) return;
    const next = Math.max(wanted, Math.ceil(capacity() * 1.5));
    rows = rows.map((buffer) => {
      const larger = new Float32Array(next * headDim);
      larger.set(buffer.subarray(0, length * headDim));
      return larger;
    });
  };
  return {
    get length() {
      return length;
    },
    get bytes() {
      return rows.length * capacity() * headDim * 4;
    },
    feeds() {
      const { Tensor } = onnxruntime();
      const feeds: Record<string, Tensor> = {};
      names.past.forEach((name, index) => {
        const past = (rows[index] as Float32Array).subarray(0, length * headDim);
        feeds[name] = new Tensor('float32', past, [length, headDim]);
      });
      return feeds;
    },
    append(outputs, count) {
      const fresh = names.fresh.map((name) => floats(outputs, name));
      if (fresh.some((data) => data.length !== count * headDim)) {
        throw new Error(`the decoder gave cache rows of a wrong size for ${count} tokens`);
      }
      grow(length + count);
      fresh.forEach((data, index) => {
        (rows[index] as Float32Array).set(data, length * headDim);
      });
      length += count;
    },
    truncate(to) {
      checkLength(to, length);
      length = to;
    },
    clone() {
      const copies = rows.map((buffer) => {
        const copy = new Float32Array((length + FIRST_ROWS) * headDim);
        copy.set(buffer.subarray(0, length * headDim));
        return copy;
      });
      return deltaCache(shape, copies, length);
    },
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
    feeds() {
      const { Tensor } = onnxruntime();
      const feeds: Record<string, Tensor> = {};
      names.past.forEach((name, index) => {
        feeds[name] = new Tensor('float32', rows[index] as Float32Array, [1, keyValueHeads, length, headDim]);
      });
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
  };
}

export function createKeyValueCache(shape: DecoderShape): KeyValueCache {
  const names = cacheNames(shape);
  if (shape.kind === 'merged')
    return mergedCache(
      shape,
      names.past.map(() => new Float32Array(0)),
      0,
    );
  return deltaCache(
    shape,
    names.past.map(() => new Float32Array(FIRST_ROWS * shape.headDim)),
    0,
  );
}
