import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Context, type ContextPiece, createContext } from '../../../../../main/agent/engine/context.ts';
import { type LoadedModel, loadModel } from '../../../../../main/agent/engine/model.ts';
import { imagePatches } from '../../../../../main/agent/engine/patches.ts';
import { tinyModelFiles, writeModelFolder } from '../../../../helpers/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'imagent-context-'));
afterAll(() => rmSync(root, { recursive: true }));

const DEMO = join(import.meta.dirname, '../../../../../assets/demo-agent');
const MAX_DIFFERENCE = 1e-3;

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] as number))), 0);
}

async function image(model: LoadedModel, width: number, height: number, seed: number): Promise<ContextPiece> {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, index) => (index * (seed * 2 + 3) + (index >> 4)) & 255,
  );
  const patches = imagePatches({ width, height, data }, model.folder.config.patches);
  return { kind: 'image', features: await model.encodeImage(patches) };
}

function text(model: LoadedModel, length: number, seed: number): ContextPiece {
  const ids = Array.from(
    { length },
    (_, index) => (seed * 31 + index * 7) % Math.min(250, model.folder.tokenizer.size),
  );
  return { kind: 'text', ids };
}

/** Logits after these pieces from an empty context in one go: no cache is reused. */
async function recomputed(model: LoadedModel, pieces: readonly ContextPiece[]): Promise<Float32Array> {
  const context = createContext(model);
  await context.append(pieces);
  return await context.nextLogits();
}

const folders = {
  'a tiny model, new rows only': () => writeModelFolder(join(root, 'delta'), tinyModelFiles('delta')),
  'a tiny model, joined cache': () => writeModelFolder(join(root, 'merged'), tinyModelFiles('merged')),
  ...(existsSync(join(DEMO, 'onnx')) ? { 'the demo agent': () => DEMO } : {}),
};

describe.each(Object.entries(folders))('a context of %s', (_name, folder) => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadModel(folder());
  });
  afterAll(async () => model.release());

  it('says the same from its cache as recomputed, over turns with images and sampled tokens', async () => {
    const pieces: ContextPiece[] = [text(model, 300, 1), await image(model, 112, 84, 1), text(model, 9, 2)];
    const context = createContext(model);
    await context.append(pieces);
    expect(largestDifference(await context.nextLogits(), await recomputed(model, pieces))).toBeLessThan(
      MAX_DIFFERENCE,
    );
    for (const id of [5, 17, 200]) {
      context.push(id);
      pieces.push({ kind: 'text', ids: [id] });
      expect(largestDifference(await context.nextLogits(), await recomputed(model, pieces))).toBeLessThan(
        MAX_DIFFERENCE,
      );
    }
    // The last token of a turn is still to be run when the next turn is appended.
    context.push(42);
    pieces.push({ kind: 'text', ids: [42] });
    const turn = [text(model, 4, 3), await image(model, 56, 140, 2), text(model, 3, 4)];
    await context.append(turn);
    pieces.push(...turn);
    expect(context.tokens).toBe(300 + 12 + 9 + 3 + 1 + 4 + 10 + 3);
    expect(largestDifference(await context.nextLogits(), await recomputed(model, pieces))).toBeLessThan(
      MAX_DIFFERENCE,
    );
  });

  it('goes on from a checkpoint as if what came after had never been', async () => {
    const start = [text(model, 20, 1), await image(model, 56, 56, 3)];
    const other = [text(model, 30, 6), await image(model, 84, 56, 5)];
    const context = createContext(model);
    await context.append(start);
    context.push(3);
    const checkpoint = context.checkpoint();
    const before = await context.nextLogits();
    context.push(8);
    await context.append(other);
    context.rollback(checkpoint);
    expect(context.tokens).toBe(20 + 4 + 1);
    expect(largestDifference(await context.nextLogits(), before)).toBe(0);
    const second = [text(model, 5, 9)];
    await context.append(second);
    const fresh = await recomputed(model, [...start, { kind: 'text', ids: [3] }, ...second]);
    expect(largestDifference(await context.nextLogits(), fresh)).toBeLessThan(MAX_DIFFERENCE);
  });

  it('shares nothing with its clone but the past', async () => {
    const context = createContext(model);
    await context.append([text(model, 40, 1)]);
    const clone = context.clone();
    await clone.append([text(model, 10, 2)]);
    await context.append([text(model, 10, 3)]);
    const expected = (seed: number): Promise<Float32Array> =>
      recomputed(model, [text(model, 40, 1), text(model, 10, seed)]);
    expect(largestDifference(await clone.nextLogits(), await expected(2))).toBeLessThan(MAX_DIFFERENCE);
    expect(largestDifference(await context.nextLogits(), await expected(3))).toBeLessThan(MAX_DIFFERENCE);
  });

  it('depends on all that came before, so that the comparisons above mean something', async () => {
    const base = await recomputed(model, [text(model, 40, 1), text(model, 3, 2)]);
    const changed = await recomputed(model, [text(model, 40, 5), text(model, 3, 2)]);
    const shifted = await recomputed(model, [text(model, 1, 9), text(model, 40, 1), text(model, 3, 2)]);
    expect(largestDifference(base, changed)).toBeGreaterThan(0.01);
    expect(largestDifference(base, shifted)).toBeGreaterThan(0.01);
  });

  it('can be stopped between chunks and is then as it was before', async () => {
    const context = createContext(model);
    await context.append([text(model, 10, 1)]);
    const before = await context.nextLogits();
    const controller = new AbortController();
    const chunks: [number, number][] = [];
    const stopped = context.append([text(model, 1000, 2)], {
      signal: controller.signal,
      onChunk: (done, total) => {
        chunks.push([done, total]);
        if (chunks.length === 2) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(chunks).toEqual([
      [256, 1000],
      [512, 1000],
    ]);
    expect(context.tokens).toBe(10);
    expect(largestDifference(await context.nextLogits(), before)).toBe(0);
  });

  it('refuses to grow past the positions of the model', async () => {
    const context = createContext(model);
    await context.append([text(model, 5, 1)]);
    await expect(context.append([text(model, 200_000, 2)])).rejects.toMatchObject({ code: 'context_full' });
    expect(context.tokens).toBe(5);
  });

  it('has no next token while it is empty', async () => {
    await expect(createContext(model).nextLogits()).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('the two layouts of the cache', () => {
  type Step =
    | { readonly kind: 'text'; readonly length: number }
    | { readonly kind: 'image'; readonly width: number; readonly height: number }
    | { readonly kind: 'push'; readonly id: number }
    | { readonly kind: 'mark' }
    | { readonly kind: 'back' }
    | { readonly kind: 'clone' };

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('text' as const), length: fc.integer({ min: 1, max: 300 }) }),
    fc.record({
      kind: fc.constant('image' as const),
      width: fc.constantFrom(28, 84),
      height: fc.constantFrom(28, 56),
    }),
    fc.record({ kind: fc.constant('push' as const), id: fc.nat(250) }),
    fc.constantFrom({ kind: 'mark' as const }, { kind: 'back' as const }, { kind: 'clone' as const }),
  );

  it('agree with each other and with a recomputation, whatever is done to them', async () => {
    const [delta, merged] = await Promise.all([
      loadModel(writeModelFolder(join(root, 'pair-delta'), tinyModelFiles('delta'))),
      loadModel(writeModelFolder(join(root, 'pair-merged'), tinyModelFiles('merged'))),
    ]);
    const play = async (
      model: LoadedModel,
      steps: readonly Step[],
    ): Promise<{ logits: Float32Array; pieces: ContextPiece[] }> => {
      let context: Context = createContext(model);
      let pieces: ContextPiece[] = [text(model, 5, 0)];
      await context.append(pieces);
      let mark = { checkpoint: context.checkpoint(), pieces: [...pieces] };
      for (const [index, one] of steps.entries()) {
        if (one.kind === 'mark') mark = { checkpoint: context.checkpoint(), pieces: [...pieces] };
        else if (one.kind === 'clone') context = context.clone();
        else if (one.kind === 'back') {
          context.rollback(mark.checkpoint);
          pieces = [...mark.pieces];
        } else if (one.kind === 'push') {
          await context.nextLogits();
          context.push(one.id);
          pieces.push({ kind: 'text', ids: [one.id] });
        } else {
          const piece =
            one.kind === 'text'
              ? text(model, one.length, index)
              : await image(model, one.width, one.height, index);
          await context.append([piece]);
          pieces.push(piece);
        }
      }
      return { logits: await context.nextLogits(), pieces };
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const first = await play(delta, steps);
        const second = await play(merged, steps);
        expect(largestDifference(first.logits, second.logits)).toBeLessThan(MAX_DIFFERENCE);
        expect(largestDifference(first.logits, await recomputed(delta, first.pieces))).toBeLessThan(
          MAX_DIFFERENCE,
        );
      }),
      { numRuns: 40 },
    );
    await delta.release();
    await merged.release();
  });
});
