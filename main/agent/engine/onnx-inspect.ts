import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Walks an ONNX file (protobuf) without loading it, to learn what it would make onnxruntime read: which other files
 * hold its weights, and how much. Weights inside the file are skipped over, so a file of 2 GB costs a few
 * kilobytes of reading.
 */

/** Weights that an ONNX file keeps in another file. Offset and length in bytes; length null: as the shape says. */
export interface ExternalTensor {
  readonly tensor: string;
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface OnnxSummary {
  readonly externals: readonly ExternalTensor[];
  /** Elements of all stored weights. */
  readonly elements: number;
}

/** The file is not what it says; the message is the rest of a sentence that begins with the file's name. */
export class OnnxFormatError extends Error {
  override readonly name = 'OnnxFormatError';
}

const MAX_DEPTH = 64;
const MAX_FIELDS = 20_000_000;
const WINDOW = 64 * 1024;
const MAX_NAME_BYTES = 4096;

/** Field numbers of onnx.proto that lead to tensors. */
const CHILDREN: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

/** Bits of an element by TensorProto.DataType. */
const ELEMENT_BITS: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
  23: 4,
};

/** A file read through one window that moves. */
class Reader {
  readonly size: number;
  readonly #fd: number;
  readonly #window = Buffer.alloc(WINDOW);
  #start = 0;
  #end = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.size = fstatSync(fd).size;
  }

  byte(at: number): number {
    if (at < this.#start || at >= this.#end) {
      this.#start = at;
      this.#end = at + readSync(this.#fd, this.#window, 0, WINDOW, at);
      if (this.#end <= at) throw new OnnxFormatError('is cut off');
    }
    return this.#window[at - this.#start] as number;
  }

  text(at: number, length: number): string {
    if (length > MAX_NAME_BYTES) throw new OnnxFormatError('holds a name of absurd length');
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.byte(at + index);
    return bytes.toString('utf8');
  }
}

interface Varint {
  readonly value: number;
  readonly next: number;
}

/** Values past 2^53 lose their low bits: they are absurd here and are refused by range. */
function varint(reader: Reader, at: number, end: number): Varint {
  let value = 0;
  let scale = 1;
  for (let index = 0; index < 10; index += 1) {
    if (at + index >= end) throw new OnnxFormatError('is cut off or not an ONNX file');
    const byte = reader.byte(at + index);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + index + 1 };
    scale *= 128;
  }
  throw new OnnxFormatError('is not an ONNX file');
}

interface Field {
  readonly number: number;
  /** The value of a varint; 0 for the other kinds. */
  readonly value: number;
  /** Payload of a length-delimited field. */
  readonly from: number;
  readonly to: number;
}

interface Walk {
  readonly reader: Reader;
  fields: number;
  elements: number;
  readonly externals: ExternalTensor[];
}

function* fieldsOf(walk: Walk, from: number, end: number): Generator<Field> {
  const { reader } = walk;
  let at = from;
  while (at < end) {
    walk.fields += 1;
    if (walk.fields > MAX_FIELDS) throw new OnnxFormatError('has absurdly many parts');
    const tag = varint(reader, at, end);
    const number = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    if (number === 0 || number > 536_870_911) throw new OnnxFormatError('is not an ONNX file');
    at = tag.next;
    if (wire === 0) {
      const { value, next } = varint(reader, at, end);
      at = next;
      yield { number, value, from: at, to: at };
    } else if (wire === 2) {
      const length = varint(reader, at, end);
      const to = length.next + length.value;
      if (to > end) throw new OnnxFormatError('is cut off or not an ONNX file');
      at = to;
      yield { number, value: 0, from: length.next, to };
    } else if (wire === 1 || wire === 5) {
      at += wire === 1 ? 8 : 4;
      if (at > end) throw new OnnxFormatError('is cut off or not an ONNX file');
      yield { number, value: 0, from: at, to: at };
    } else {
      throw new OnnxFormatError('is not an ONNX file');
    }
  }
}

function packedVarints(walk: Walk, field: Field): number[] {
  if (field.from === field.to) return [field.value];
  const values: number[] = [];
  for (let at = field.from; at < field.to; ) {
    const { value, next } = varint(walk.reader, at, field.to);
    values.push(value);
    at = next;
  }
  return values;
}

function externalEntry(walk: Walk, field: Field): readonly [string, string] {
  let key = '';
  let value = '';
  for (const part of fieldsOf(walk, field.from, field.to)) {
    if (part.number === 1) key = walk.reader.text(part.from, part.to - part.from);
    if (part.number === 2) value = walk.reader.text(part.from, part.to - part.from);
  }
  return [key, value];
}

function byteCount(text: string, tensor: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new OnnxFormatError(`has a weight "${tensor}" with a malformed place in its data file`);
  return Number(text);
}

function visitTensor(walk: Walk, from: number, to: number): void {
  const dims: number[] = [];
  const entries = new Map<string, string>();
  let name = '';
  let type = 0;
  let rawBytes: number | null = null;
  let isExternal = false;
  for (const field of fieldsOf(walk, from, to)) {
    if (field.number === 1) dims.push(...packedVarints(walk, field));
    else if (field.number === 2) type = field.value;
    else if (field.number === 8) name = walk.reader.text(field.from, field.to - field.from);
    else if (field.number === 9) rawBytes = field.to - field.from;
    else if (field.number === 13) {
      const [key, value] = externalEntry(walk, field);
      entries.set(key, value);
    } else if (field.number === 14) isExternal = field.value === 1;
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  const bytes = Math.ceil((elements * (ELEMENT_BITS[type] ?? 8)) / 8);
  if (bytes > 2 ** 40) throw new OnnxFormatError(`has a weight "${name}" of absurd shape ${dims.join('x')}`);
  if (rawBytes !== null && !isExternal && type in ELEMENT_BITS && rawBytes !== bytes) {
    const message = `has a weight "${name}" of shape ${dims.join('x')} that needs ${bytes} bytes but has ${rawBytes}`;
    throw new OnnxFormatError(message);
  }
  walk.elements += elements;
  if (!isExternal && entries.size === 0) return;
  const location = entries.get('location');
  if (location === undefined)
    throw new OnnxFormatError(`has a weight "${name}" without the name of its data file`);
  const length = byteCount(entries.get('length') ?? String(bytes), name);
  if (length !== bytes) {
    throw new OnnxFormatError(
      `has a weight "${name}" that needs ${bytes} bytes but claims ${length} of its data file`,
    );
  }
  walk.externals.push({
    tensor: name,
    location,
    offset: byteCount(entries.get('offset') ?? '0', name),
    length,
  });
}

function visit(walk: Walk, kind: string, from: number, to: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new OnnxFormatError('is nested absurdly deep');
  if (kind === 'tensor') {
    visitTensor(walk, from, to);
    return;
  }
  const children = CHILDREN[kind] ?? {};
  for (const field of fieldsOf(walk, from, to)) {
    const child = children[field.number];
    if (child !== undefined && field.to > field.from) visit(walk, child, field.from, field.to, depth + 1);
  }
}

/** @throws OnnxFormatError when the file is not a whole ONNX model. */
export function inspectOnnx(path: string): OnnxSummary {
  const fd = openSync(path, 'r');
  try {
    const reader = new Reader(fd);
    const walk: Walk = { reader, fields: 0, elements: 0, externals: [] };
    let hasGraph = false;
    for (const field of fieldsOf(walk, 0, reader.size)) {
      if (field.number === 7) hasGraph = true;
    }
    if (!hasGraph) throw new OnnxFormatError('holds no graph');
    visit(walk, 'model', 0, reader.size, 0);
    return { externals: walk.externals, elements: walk.elements };
  } finally {
    closeSync(fd);
  }
}
