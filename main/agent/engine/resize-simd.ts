import type { Coefficients } from './pillow-resize.ts';

/**
 * The two passes of the resize with the processor's vector instructions, which JavaScript can't reach: a WebAssembly
 * module of two loops, written down instruction by instruction below. Exact: the same whole numbers are added up, only
 * in another order. A weight of 22 bits is split into two of 16, so that one instruction multiplies and adds two taps
 * of four values: sum(w * p) = (sum(high * p) << 12) + sum(low * p).
 */
export interface SimdPasses {
  /** Rows [rowFrom, rowTo) of an RGB image of this width, at a new width. */
  rows(
    source: Uint8Array,
    width: number,
    outWidth: number,
    rowFrom: number,
    rowTo: number,
    horizontal: Coefficients,
  ): Uint8Array;
  /** `source` holds rows from `firstRow` on of an image with `rowBytes` bytes a row. */
  columns(
    source: Uint8Array,
    rowBytes: number,
    firstRow: number,
    outHeight: number,
    vertical: Coefficients,
  ): Uint8Array;
}

/** Node has it; its types are only in those of the page. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

const LOW_BITS = 12;
/** Source bytes that are worked on at once: some rows, so that the module's memory stays small. */
const STRIP_BYTES = 4 * 1024 * 1024;
const PAGE_BYTES = 65_536;
/** What the loops may read or write past an end. */
const SLACK_BYTES = 64;
const PAIR_BYTES = 8;

// Encoding (the WebAssembly core specification, binary format).

type Code = readonly number[];

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest > 127 ? 128 : 0;
    bytes.push((rest & 127) | more);
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    const isLast = (rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0);
    bytes.push(isLast ? byte : byte | 128);
    if (isLast) return bytes;
  }
}

const I32 = 0x7f;
const V128 = 0x7b;
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const ADD = [0x6a];
const SUB = [0x6b];
const LESS = [0x48];
const loadI32 = (offset: number): Code => [0x28, 2, ...unsigned(offset)];
const STORE_I32 = [0x36, 0, 0];
/** Runs the body again while the number that it leaves on the stack is not 0. */
const repeat = (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b];
const simd = (opcode: number, ...rest: Code): Code => [0xfd, ...unsigned(opcode), ...rest];
const LOAD = simd(0, 0, 0);
const LOAD_8_BYTES = simd(93, 0, 0);
const loadSplat = (offset: number): Code => simd(9, 2, offset);
const STORE = simd(11, 0, 0);
const bytes16 = (bytes: Code): Code => simd(12, ...bytes);
const shuffle = (lanes: Code): Code => simd(13, ...lanes);
const SWIZZLE = simd(14);
const SPLAT = simd(17);
const FIRST_LANE = simd(27, 0);
const NARROW_TO_BYTES = simd(102);
const NARROW_TO_16 = simd(133);
const WIDEN_LOW = simd(137);
const WIDEN_HIGH = simd(138);
const SHIFT_LEFT = simd(171);
const SHIFT_RIGHT = simd(172);
const ADD_4 = simd(174);
const DOT = simd(186);
const add = (local: number, amount: number): Code => [
  ...get(local),
  ...constant(amount),
  ...ADD,
  ...set(local),
];
const addLocal = (local: number, amount: number): Code => [
  ...get(local),
  ...get(amount),
  ...ADD,
  ...set(local),
];
/** One less; leaves the new value, so that `repeat` can ask it. */
const countDown = (local: number): Code => [...get(local), ...constant(1), ...SUB, 0x22, local];
const splatted = (value: number): Code => [...constant(value), ...SPLAT];
/** accumulator += values . weights */
const addDot = (accumulator: number, values: Code, weights: Code): Code =>
  [get(accumulator), values, weights, DOT, ADD_4, set(accumulator)].flat();
/** ((high << 12) + low) >> 22: four whole numbers. */
const joined = (high: number, low: number): Code =>
  [get(high), constant(LOW_BITS), SHIFT_LEFT, get(low), ADD_4, constant(22), SHIFT_RIGHT].flat();

const HALF = 1 << 21;
const PARAMETERS = 8;

/** Parameters: source, target, rows, bytes of a source row, width, table, weights, bytes of weights per place. */
function horizontalLoop(): { readonly locals: Code; readonly body: Code } {
  const [source, target, rows, rowBytes, width, table, weights, weightBytes] = [
    0, 1, 2, 3, 4, 5, 6, 7,
  ] as const;
  const [x, place, weight, from, at, pairs, values, high, low] = [8, 9, 10, 11, 12, 13, 14, 15, 16] as const;
  // Bytes R G B R G B of two pixels as 16-bit pairs R R, G G, B B, and a pair of zeros.
  const toPairs = bytes16([0, 128, 3, 128, 1, 128, 4, 128, 2, 128, 5, 128, 128, 128, 128, 128]);
  const body = repeat(
    [...get(table), ...set(place), ...get(weights), ...set(weight), ...get(width), ...set(x)],
    repeat(
      [...get(source), ...get(place), ...loadI32(0), ...ADD, ...set(from)],
      [...get(place), ...loadI32(4), ...set(pairs), ...get(weight), ...set(at)],
      [...splatted(0), ...set(high), ...splatted(HALF), ...set(low)],
      repeat(
        [...get(from), ...LOAD_8_BYTES, ...toPairs, ...SWIZZLE, ...set(values)],
        addDot(high, get(values), [...get(at), ...loadSplat(0)]),
        addDot(low, get(values), [...get(at), ...loadSplat(4)]),
        add(from, 6),
        add(at, PAIR_BYTES),
        countDown(pairs),
      ),
      // Four bytes are written; the fourth is the first of the next pixel, which comes after it.
      [
        ...get(target),
        ...joined(high, low),
        ...splatted(0),
        ...NARROW_TO_16,
        ...splatted(0),
        ...NARROW_TO_BYTES,
      ],
      [...FIRST_LANE, ...STORE_I32],
      add(target, 3),
      add(place, PAIR_BYTES),
      addLocal(weight, weightBytes),
      countDown(x),
    ),
    addLocal(source, rowBytes),
    countDown(rows),
  );
  return { locals: [2, 6, I32, 3, V128], body };
}

/** Parameters: source, target, bytes of a row, rows of the target, unused, table, weights, bytes of weights a row. */
function verticalLoop(): { readonly locals: Code; readonly body: Code } {
  const [source, target, rowBytes, rows, , table, weights, weightBytes] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const [x, first, from, at, pairs] = [8, 9, 10, 11, 12] as const;
  const [one, other, wHigh, wLow] = [13, 14, 15, 16] as const;
  const sums = [
    { high: 17, low: 18 },
    { high: 19, low: 20 },
    { high: 21, low: 22 },
    { high: 23, low: 24 },
  ] as const;
  const interleaved = (start: number): Code => [
    ...get(one),
    ...get(other),
    ...shuffle(Array.from({ length: 16 }, (_, lane) => start + (lane >> 1) + (lane & 1) * 16)),
  ];
  const quarters = [
    [...interleaved(0), ...WIDEN_LOW],
    [...interleaved(0), ...WIDEN_HIGH],
    [...interleaved(8), ...WIDEN_LOW],
    [...interleaved(8), ...WIDEN_HIGH],
  ] as const;
  const values = 25;
  const body = repeat(
    [...get(source), ...get(table), ...loadI32(0), ...ADD, ...set(first), ...constant(0), ...set(x)],
    repeat(
      [...get(first), ...get(x), ...ADD, ...set(from)],
      [...get(table), ...loadI32(4), ...set(pairs), ...get(weights), ...set(at)],
      sums.flatMap(({ high, low }) => [...splatted(0), ...set(high), ...splatted(HALF), ...set(low)]),
      repeat(
        [...get(from), ...LOAD, ...set(one), ...get(from), ...get(rowBytes), ...ADD, ...LOAD, ...set(other)],
        [...get(at), ...loadSplat(0), ...set(wHigh), ...get(at), ...loadSplat(4), ...set(wLow)],
        sums.flatMap(({ high, low }, index) => [
          ...(quarters[index] ?? []),
          ...set(values),
          ...addDot(high, get(values), get(wHigh)),
          ...addDot(low, get(values), get(wLow)),
        ]),
        addLocal(from, rowBytes),
        addLocal(from, rowBytes),
        add(at, PAIR_BYTES),
        countDown(pairs),
      ),
      // Sixteen bytes are written; those past the end of the row are of the next one, which comes after it.
      [...get(target), ...get(x), ...ADD],
      [...joined(17, 18), ...joined(19, 20), ...NARROW_TO_16, ...joined(21, 22), ...joined(23, 24)],
      [...NARROW_TO_16, ...NARROW_TO_BYTES, ...STORE],
      add(x, 16),
      [...get(x), ...get(rowBytes), ...LESS],
    ),
    addLocal(target, rowBytes),
    add(table, PAIR_BYTES),
    addLocal(weights, weightBytes),
    countDown(rows),
  );
  return { locals: [2, 5, I32, 13, V128], body };
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const name = (text: string): Code => [text.length, ...new TextEncoder().encode(text)];
  const functions = [horizontalLoop(), verticalLoop()].map(({ locals, body }) => {
    const code = [...locals, ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, PARAMETERS, ...Array.from({ length: PARAMETERS }, () => I32), 0]),
    ...section(3, [2, 0, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [3, ...name('memory'), 2, 0, ...name('horizontal'), 0, 0, ...name('vertical'), 0, 1]),
    ...section(10, [2, ...functions.flat()]),
  ]);
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly horizontal: (...numbers: number[]) => void;
  readonly vertical: (...numbers: number[]) => void;
}

/** Where a place begins (in bytes) and how many pairs of taps it has; and the weights of each pair, split. */
interface Tables {
  readonly places: Int32Array;
  readonly weights: Int16Array;
  readonly weightBytes: number;
}

function tablesOf(from: Coefficients, unit: number): Tables {
  const places = new Int32Array(from.first.length * 2);
  const pairs = (from.stride + 1) >> 1;
  const weights = new Int16Array(from.first.length * pairs * 4);
  for (const [place, first] of from.first.entries()) {
    const count = from.count[place] as number;
    places[place * 2] = first * unit;
    places[place * 2 + 1] = (count + 1) >> 1;
    for (let tap = 0; tap < count; tap += 1) {
      const weight = from.weights[place * from.stride + tap] as number;
      const low = ((weight + (1 << (LOW_BITS - 1))) & ((1 << LOW_BITS) - 1)) - (1 << (LOW_BITS - 1));
      const at = (place * pairs + (tap >> 1)) * 4 + (tap & 1);
      weights[at] = (weight - low) >> LOW_BITS;
      weights[at + 2] = low;
    }
  }
  return { places, weights, weightBytes: pairs * PAIR_BYTES };
}

function aligned(bytes: number): number {
  return (bytes + SLACK_BYTES + 15) & ~15;
}

function passesOf({ memory, horizontal, vertical }: Exports): SimdPasses {
  /** Puts the tables at the start, and says where source and target begin. The view is valid until the next call. */
  const prepare = (
    tables: Tables,
    sourceBytes: number,
    targetBytes: number,
  ): {
    readonly view: Uint8Array;
    readonly weights: number;
    readonly source: number;
    readonly target: number;
  } => {
    const weights = aligned(tables.places.byteLength);
    const source = weights + aligned(tables.weights.byteLength);
    const target = source + aligned(sourceBytes);
    const missing = target + aligned(targetBytes) - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    const view = new Uint8Array(memory.buffer);
    view.set(new Uint8Array(tables.places.buffer), 0);
    view.set(new Uint8Array(tables.weights.buffer), weights);
    return { view, weights, source, target };
  };

  return {
    rows(source, width, outWidth, rowFrom, rowTo, coefficients) {
      const tables = tablesOf(coefficients, 3);
      const result = new Uint8Array(outWidth * (rowTo - rowFrom) * 3);
      const rowBytes = width * 3;
      const most = Math.max(1, Math.floor(STRIP_BYTES / rowBytes));
      for (let row = rowFrom; row < rowTo; row += most) {
        const rows = Math.min(most, rowTo - row);
        const targetBytes = rows * outWidth * 3;
        const { view, ...at } = prepare(tables, rows * rowBytes, targetBytes);
        view.set(source.subarray(row * rowBytes, (row + rows) * rowBytes), at.source);
        horizontal(at.source, at.target, rows, rowBytes, outWidth, 0, at.weights, tables.weightBytes);
        result.set(view.subarray(at.target, at.target + targetBytes), (row - rowFrom) * outWidth * 3);
      }
      return result;
    },
    columns(source, rowBytes, firstRow, outHeight, coefficients) {
      const { first, count } = coefficients;
      const tables = tablesOf(coefficients, rowBytes);
      const result = new Uint8Array(rowBytes * outHeight);
      const startOf = (row: number): number => first[row] as number;
      const endOf = (row: number): number => startOf(row) + (count[row] as number);
      for (let row = 0; row < outHeight; ) {
        const start = startOf(row);
        let end = row + 1;
        while (end < outHeight && (endOf(end) - start) * rowBytes <= STRIP_BYTES) end += 1;
        const targetBytes = (end - row) * rowBytes;
        // An odd number of taps reads one row more, with the weight 0.
        const sourceBytes = (endOf(end - 1) - start) * rowBytes;
        const { view, ...at } = prepare(tables, sourceBytes + rowBytes, targetBytes);
        view.set(
          source.subarray((start - firstRow) * rowBytes, (start - firstRow) * rowBytes + sourceBytes),
          at.source,
        );
        const base = at.source - start * rowBytes;
        const weights = at.weights + row * tables.weightBytes;
        vertical(base, at.target, rowBytes, end - row, 0, row * PAIR_BYTES, weights, tables.weightBytes);
        result.set(view.subarray(at.target, at.target + targetBytes), row * rowBytes);
        row = end;
      }
      return result;
    },
  };
}

let made: SimdPasses | null | undefined;

/** Null where the runtime has no vector instructions. */
export function simdPasses(): SimdPasses | null {
  if (made === undefined) {
    const bytes = moduleBytes();
    made = WebAssembly.validate(bytes)
      ? passesOf(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports)
      : null;
  }
  return made;
}
