import { describe, expect, it } from 'vitest';
import { capacityOf, type KeyValueCache, keyValueCaches } from '../../../../../main/agent/engine/kv-cache.ts';
import type { DecoderShape } from '../../../../../main/agent/engine/model-io.ts';
import { onnxruntime } from '../../../../../main/agent/engine/ort.ts';

const SHAPE: DecoderShape = {
  kind: 'delta',
  layers: 2,
  keyValueHeads: 2,
  headDim: 4,
  vocabularySize: 10,
  hidden: 8,
  keepsLogits: true,
  takesAttentionMask: false,
};

const newCache = keyValueCaches(SHAPE);

/** What a decoder would give: every number tells its part, head, row and column. */
function rowsOf(first: number, count: number): Parameters<KeyValueCache['append']>[0] {
  const data = new Float32Array(4 * 2 * count * 4);
  let at = 0;
  for (let part = 0; part < 4; part += 1)
    for (let head = 0; head < 2; head += 1)
      for (let row = first; row < first + count; row += 1)
        for (let column = 0; column < 4; column += 1) {
          data[at] = valueOf(part, head, row, column);
          at += 1;
        }
  const { Tensor } = onnxruntime();
  return { new: new Tensor('float32', data, [4, 2, count, 4]) };
}

function valueOf(part: number, head: number, row: number, column: number): number {
  return ((part * 2 + head) * 2000 + row) * 4 + column;
}

/** Checks that the cache shows exactly rows 0 to `length`, in every part and head. */
function expectRows(cache: KeyValueCache, length: number): void {
  expect(cache.length).toBe(length);
  const feeds = cache.feeds(1);
  const bias = feeds['attention_bias']?.data as Float32Array;
  const capacity = bias.length - 1;
  expect(capacity).toBe(capacityOf(length));
  for (let row = 0; row < capacity; row += 1) expect(bias[row]).toBe(row < length ? 0 : -1e9);
  expect(bias[capacity]).toBe(0);
  ['past.0.key', 'past.0.value', 'past.1.key', 'past.1.value'].forEach((name, part) => {
    const tensor = feeds[name];
    expect(tensor?.dims).toEqual([1, 2, capacity, 4]);
    const data = tensor?.data as Float32Array;
    for (let head = 0; head < 2; head += 1)
      for (const row of [0, length >> 1, length - 1])
        expect(data[(head * capacity + row) * 4 + 3]).toBe(valueOf(part, head, row, 3));
  });
}

describe('the cache of new rows', () => {
  it('has room that depends on the length alone, and never much too much', () => {
    for (let length = 0; length < 40_000; length += 7) {
      const capacity = capacityOf(length);
      expect(capacity).toBeGreaterThanOrEqual(Math.max(1, length));
      expect(capacity - length).toBeLessThanOrEqual(Math.max(128, length / 8));
    }
  });

  it('keeps every row where it belongs while it grows, is cut and is copied', () => {
    const cache = newCache();
    let length = 0;
    for (const count of [1, 1, 100, 26, 1, 1, 300, 1, 700]) {
      cache.append(rowsOf(length, count), count);
      length += count;
      expectRows(cache, length);
    }
    const clone = cache.clone();
    cache.truncate(129);
    expectRows(cache, 129);
    cache.truncate(128);
    cache.append(rowsOf(128, 2), 2);
    expectRows(cache, 130);
    expectRows(clone, length);
  });

  it('lets a new row see the past, itself and the new rows before it', () => {
    const cache = newCache();
    cache.append(rowsOf(0, 2), 2);
    const tensor = cache.feeds(3)['attention_bias'];
    const capacity = capacityOf(2);
    expect(tensor?.dims).toEqual([3, capacity + 3]);
    const bias = tensor?.data as Float32Array;
    for (let row = 0; row < 3; row += 1)
      for (let column = 0; column < capacity + 3; column += 1) {
        const seen = column < 2 || (column >= capacity && column - capacity <= row);
        expect(bias[row * (capacity + 3) + column]).toBe(seen ? 0 : -1e9);
      }
  });

  it('shows nothing of the one whose memory it takes over', () => {
    const before = newCache();
    before.append(rowsOf(0, 200), 200);
    const buffer = before.feeds(1)['past.0.key']?.data;
    before.release();
    const next = newCache();
    next.append(rowsOf(0, 129), 129);
    expect(next.feeds(1)['past.0.key']?.data).toBe(buffer);
    expectRows(next, 129);
    for (const part of ['past.0.key', 'past.1.value']) {
      const data = next.feeds(1)[part]?.data as Float32Array;
      expect(data.subarray(129 * 4, 256 * 4).every((value) => value === 0)).toBe(true);
    }
    next.truncate(50);
    next.append(rowsOf(50, 1), 1);
    const data = next.feeds(1)['past.0.key']?.data as Float32Array;
    expect(data.subarray(51 * 4, 128 * 4).every((value) => value === 0)).toBe(true);
  });

  it('refuses rows of a wrong size and a cut past its end', () => {
    const cache = newCache();
    expect(() => cache.append(rowsOf(0, 2), 3)).toThrow(/wrong size/);
    expect(() => cache.truncate(1)).toThrow(RangeError);
    expect(cache.length).toBe(0);
  });
});
