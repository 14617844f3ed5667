import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';

const MAX_HEADER = 64 * 1024 * 1024;

const index = z.object({ weight_map: z.record(z.string(), z.string()) });
const header = z.record(z.string(), z.object({ shape: z.array(z.number().int().nonnegative()) }));

/**
 * How many weights a model folder holds, by the headers of its safetensors files; null where they do not say. Only
 * what is needed is read: a folder may be many gigabytes.
 */
export function countWeights(folder: string): number | null {
  try {
    return weightFiles(folder)
      .map((name) => countIn(join(folder, name)))
      .reduce((total, count) => total + count, 0);
  } catch {
    return null;
  }
}

function weightFiles(folder: string): readonly string[] {
  const whole = join(folder, 'model.safetensors');
  if (statSync(whole, { throwIfNoEntry: false })?.isFile() === true) return ['model.safetensors'];
  const { weight_map } = index.parse(
    JSON.parse(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8')),
  );
  // A name that leads out of the folder is no file of this model.
  return [...new Set(Object.values(weight_map).map((name) => basename(name)))];
}

/** The file begins with the length of its header in eight bytes, little end first. */
function countIn(path: string): number {
  const handle = openSync(path, 'r');
  try {
    const start = Buffer.alloc(8);
    readSync(handle, start, 0, 8, 0);
    const length = Number(start.readBigUInt64LE());
    if (length > MAX_HEADER) throw new Error('not a safetensors file');
    const text = Buffer.alloc(length);
    readSync(handle, text, 0, length, 8);
    const { __metadata__: _about, ...tensors } = JSON.parse(text.toString('utf8')) as Record<string, unknown>;
    return Object.values(header.parse(tensors)).reduce(
      (total, { shape }) => total + shape.reduce((product, side) => product * side, 1),
      0,
    );
  } finally {
    closeSync(handle);
  }
}
