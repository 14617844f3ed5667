/** Writes small ONNX models by hand (protobuf), so that loader tests need no Python. */

export const FLOAT = 1;
export const INT64 = 7;

function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function scalar(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function block(field: number, content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

export function intAttribute(name: string, value: number): Buffer {
  return block(5, Buffer.concat([block(1, name), scalar(3, value), scalar(20, 2)]));
}

export function intsAttribute(name: string, values: readonly number[]): Buffer {
  return block(5, Buffer.concat([block(1, name), ...values.map((value) => scalar(8, value)), scalar(20, 7)]));
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Buffer[] = [],
): Buffer {
  const parts = [
    ...inputs.map((name) => block(1, name)),
    ...outputs.map((name) => block(2, name)),
    block(3, `${operator}_${outputs[0]}`),
    block(4, operator),
    ...attributes,
  ];
  return block(1, Buffer.concat(parts));
}

/** A named size is a free dimension. */
export type Dimensions = readonly (number | string)[];
export type Value = readonly [name: string, type: number, shape: Dimensions];

function value(field: number, [name, type, shape]: Value): Buffer {
  const sizes = shape.map((size) => block(1, typeof size === 'number' ? scalar(1, size) : block(2, size)));
  const tensor = Buffer.concat([scalar(1, type), block(2, Buffer.concat(sizes))]);
  return block(field, Buffer.concat([block(1, name), block(2, block(1, tensor))]));
}

/** A weight stored in the file. */
export function weight(name: string, type: number, shape: readonly number[], raw: Buffer): Buffer {
  const parts = [...shape.map((size) => scalar(1, size)), scalar(2, type), block(8, name), block(9, raw)];
  return block(5, Buffer.concat(parts));
}

/** A weight stored in another file. */
export function externalWeight(
  name: string,
  shape: readonly number[],
  place: Readonly<Record<string, string>>,
): Buffer {
  const entries = Object.entries(place).map(([key, text]) =>
    block(13, Buffer.concat([block(1, key), block(2, text)])),
  );
  const parts = [
    ...shape.map((size) => scalar(1, size)),
    scalar(2, FLOAT),
    block(8, name),
    ...entries,
    scalar(14, 1),
  ];
  return block(5, Buffer.concat(parts));
}

export function floats(values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

export function integers(values: readonly number[]): Buffer {
  return Buffer.from(BigInt64Array.from(values, BigInt).buffer);
}

export function model(
  nodes: readonly Buffer[],
  inputs: readonly Value[],
  outputs: readonly Value[],
  weights: readonly Buffer[],
): Buffer {
  const graph = Buffer.concat([
    ...nodes,
    block(2, 'graph'),
    ...weights,
    ...inputs.map((one) => value(11, one)),
    ...outputs.map((one) => value(12, one)),
  ]);
  const operators = block(8, Buffer.concat([block(1, ''), scalar(2, 17)]));
  return Buffer.concat([scalar(1, 8), block(2, 'imagent-tests'), block(7, graph), operators]);
}
