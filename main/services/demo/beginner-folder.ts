import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { z } from 'zod';

/**
 * The beginner as a model folder. What ships of it is how its weights differ from the demo agent's
 * (trainer/imagent_trainer/train/beginner.py); everything else is the demo agent's own.
 */

const WEIGHTS = 'model.safetensors';
const ABOUT = 'imagent.json';
const MAX_WORDS = 64 * 1024 * 1024;

const count = z.number().int().nonnegative();
/** A matrix of the weights, where it stands in another file: 16-bit words, its rows `stride` words apart. */
const piece = z
  .object({
    file: z.string().regex(/^onnx\/[a-z_]+\.(onnx|onnx_data)$/),
    /** In bytes. */
    at: count,
    stride: count,
    rows: count,
    columns: count,
    /** First word of it behind the header of the weights. */
    from: count,
    /** It stands there with its rows as columns. */
    turned: z.boolean(),
  })
  .readonly();
type Piece = z.infer<typeof piece>;

const description = z
  .object({
    format: z.literal(1),
    seed: z.number().int(),
    sha256: z.record(z.string(), z.string()),
    pieces: z.array(piece).readonly(),
  })
  .readonly();

/**
 * Puts the folder together, whole or not at all.
 * @throws Error where a file is missing or what comes out is not what was packed
 */
export async function makeBeginnerFolder(demo: string, packed: string, out: string): Promise<void> {
  const about = description.parse(JSON.parse(await readFile(join(packed, 'beginner.json'), 'utf8')));
  const base = await readFile(join(demo, WEIGHTS));
  const weights = addWords(base, await inflated(join(packed, 'weights.delta')));
  const files = new Map<string, Buffer>([[WEIGHTS, weights]]);
  for (const one of about.pieces) {
    const file = files.get(one.file) ?? (await readFile(join(demo, one.file)));
    files.set(one.file, file);
    place(one, weights.subarray(bodyOf(weights)), file);
  }
  for (const [name, expected] of Object.entries(about.sha256)) {
    const found = createHash('sha256')
      .update(files.get(name) ?? '')
      .digest('hex');
    if (found !== expected) throw new Error(`the beginner's ${name} is not what was packed`);
  }
  const draft = `${out}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(draft), { recursive: true });
  await cp(demo, draft, { recursive: true });
  for (const [name, data] of files) await writeFile(join(draft, name), data);
  await writeFile(join(draft, ABOUT), await aboutOf(demo, about.seed));
  await rm(join(draft, 'recipe.json'), { force: true });
  await rm(out, { recursive: true, force: true });
  await rename(draft, out);
}

async function aboutOf(demo: string, seed: number): Promise<string> {
  const known = JSON.parse(await readFile(join(demo, ABOUT), 'utf8')) as object;
  const own = {
    name: 'Beginner',
    description: 'The demo agent, made to guess where it should look: an agent to train.',
    lineage: { parent: 'demo-agent', recipe: 'trainer/imagent_trainer/train/weak.py', seed },
  };
  return `${JSON.stringify({ ...known, ...own }, null, 2)}\n`;
}

async function inflated(path: string): Promise<Buffer> {
  return await promisify(inflate)(await readFile(path), { maxOutputLength: 2 * MAX_WORDS });
}

/** Where the tensors of a safetensors file begin: behind a length in eight bytes, and a header of that length. */
function bodyOf(data: Buffer): number {
  return 8 + Number(data.readBigUInt64LE());
}

/** The low bytes of the differences stand before the high ones: so they deflate better. */
function addWords(base: Buffer, planes: Buffer): Buffer {
  const start = bodyOf(base);
  const words = planes.length / 2;
  if (base.length - start !== planes.length) throw new Error('the beginner does not fit this demo agent');
  const sum = Buffer.from(base);
  for (let at = 0; at < words; at += 1) {
    const difference = (planes[at] ?? 0) | ((planes[words + at] ?? 0) << 8);
    const place = start + 2 * at;
    sum.writeUInt16LE((base.readUInt16LE(place) + difference) & 0xffff, place);
  }
  return sum;
}

function place({ at, stride, rows, columns, from, turned }: Piece, weights: Buffer, file: Buffer): void {
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const word = from + (turned ? column * rows + row : row * columns + column);
      file.writeUInt16LE(weights.readUInt16LE(2 * word), at + 2 * (row * stride + column));
    }
  }
}
