import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateOptions, SampledToken } from '../../../../../main/agent/backend.ts';
import { createContext } from '../../../../../main/agent/engine/context.ts';
import { createDraftMemory, type DraftMemory } from '../../../../../main/agent/engine/draft-memory.ts';
import { generateTurn } from '../../../../../main/agent/engine/generate.ts';
import { type LoadedModel, loadModel } from '../../../../../main/agent/engine/model.ts';
import { tinyModelFiles, writeModelFolder } from '../../../../helpers/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'imagent-drafts-'));
afterAll(() => rmSync(root, { recursive: true }));

const DEMO = join(import.meta.dirname, '../../../../../assets/demo-agent');

/** Guesses nothing. */
const blank: DraftMemory = { beginTurn: () => ({ push: () => undefined, propose: () => [] }) };

/** Guesses these, right or wrong. */
function fixed(guess: (index: number) => readonly number[]): DraftMemory {
  return {
    beginTurn() {
      let index = 0;
      return {
        push: () => {
          index += 1;
        },
        propose: (most) => guess(index).slice(0, most),
      };
    },
  };
}

describe('the memory of turns', () => {
  it('knows nothing of a first turn, and how it went on in the second', () => {
    const memory = createDraftMemory();
    const first = memory.beginTurn();
    for (const id of [7, 8, 9, 10]) {
      expect(first.propose(3)).toEqual([]);
      first.push(id);
    }
    const second = memory.beginTurn();
    expect(second.propose(3)).toEqual([7, 8, 9]);
    second.push(7);
    expect(second.propose(2)).toEqual([8, 9]);
    second.push(5);
    expect(second.propose(3)).toEqual([]);
    second.push(8);
    second.push(9);
    expect(second.propose(3)).toEqual([10]);
    expect(second.propose(0)).toEqual([]);
  });

  it('takes the longest ending that it knows, and of one ending the newest', () => {
    const memory = createDraftMemory();
    const say = (ids: readonly number[]): void => {
      const turn = memory.beginTurn();
      for (const id of ids) turn.push(id);
    };
    say([1, 2, 3, 40]);
    say([9, 2, 3, 50]);
    const turn = memory.beginTurn();
    for (const id of [1, 2, 3]) turn.push(id);
    expect(turn.propose(1)).toEqual([40]);
    const other = memory.beginTurn();
    for (const id of [6, 2, 3]) other.push(id);
    expect(other.propose(1)).toEqual([50]);
  });

  it('forgets the oldest and stays small', () => {
    const memory = createDraftMemory();
    const first = memory.beginTurn();
    for (const id of [1_000_001, 1_000_002, 1_000_003]) first.push(id);
    const long = memory.beginTurn();
    for (let id = 0; id < 20_000; id += 1) long.push(id);
    const turn = memory.beginTurn();
    for (const id of [1_000_001, 1_000_002]) turn.push(id);
    expect(turn.propose(1)).toEqual([]);
  });
});

const folders = {
  'a tiny model': () => writeModelFolder(join(root, 'tiny'), tinyModelFiles('delta')),
  'a tiny model with a joined cache, which takes no guesses': () =>
    writeModelFolder(join(root, 'merged'), tinyModelFiles('merged')),
  ...(existsSync(join(DEMO, 'onnx')) ? { 'the demo agent': () => DEMO } : {}),
};

describe.each(Object.entries(folders))('guesses for %s', (_name, folder) => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await loadModel(folder());
  });
  afterAll(async () => model.release());

  async function turn(
    memory: DraftMemory,
    options: Partial<GenerateOptions> = {},
  ): Promise<{ tokens: SampledToken[]; contextTokens: number; next: Float32Array; runs: number }> {
    const context = createContext(model);
    await context.append([{ kind: 'text', ids: [3, 1, 4, 1, 5, 9, 2, 6] }]);
    const before = model.timings.runs;
    const sampling = { temperature: 1, topK: 0, topP: 1, seed: 11 };
    const generating = generateTurn(
      model,
      context,
      { sampling, maxTokens: 24, stopStrings: [], ...options },
      memory,
    );
    const tokens: SampledToken[] = [];
    for (;;) {
      const next = await generating.next();
      if (next.done === true) {
        const runs = model.timings.runs - before;
        const { contextTokens } = next.value;
        expect(context.tokens).toBe(contextTokens);
        const result = { tokens, contextTokens, next: await context.nextLogits(), runs };
        context.release();
        return result;
      }
      tokens.push(next.value);
    }
  }

  const idsOf = (tokens: readonly SampledToken[]): number[] => tokens.map((token) => token.id);
  const greedy = { temperature: 0, topK: 0, topP: 1, seed: 0 };

  it.each([
    ['greedy', greedy],
    ['drawn', { temperature: 1, topK: 0, topP: 0.95, seed: 77 }],
  ])('change no token of a %s turn, right, wrong or half right', async (_how, sampling) => {
    const plain = await turn(blank, { sampling });
    const wanted = idsOf(plain.tokens);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { minLength: 24, maxLength: 24 }), async (rights) => {
        // At every place a guess of which the first tokens are right and the rest are not.
        const memory = fixed((index) =>
          [0, 1, 2].map((step) => {
            const right = wanted[index + step] ?? 0;
            return step < (rights[index] ?? 0) ? right : (right + 1) % 200;
          }),
        );
        const guessed = await turn(memory, { sampling });
        expect(idsOf(guessed.tokens)).toEqual(wanted);
        expect(guessed.contextTokens).toBe(plain.contextTokens);
        for (const [index, token] of guessed.tokens.entries()) {
          expect(token.logprob).toBeCloseTo(plain.tokens[index]?.logprob ?? Number.NaN, 3);
        }
        guessed.next.forEach((logit, id) =>
          expect(Math.abs(logit - (plain.next[id] ?? 0))).toBeLessThan(1e-3),
        );
      }),
      { numRuns: 8 },
    );
  });

  it('save runs where they are right', async () => {
    const memory = createDraftMemory();
    const first = await turn(memory, { sampling: greedy });
    const second = await turn(memory, { sampling: greedy });
    expect(idsOf(second.tokens)).toEqual(idsOf(first.tokens));
    if (model.takesGuesses) expect(second.runs).toBeLessThan(0.6 * first.runs);
    else expect(second.runs).toBe(first.runs);
  });

  it('leave a turn that is left early with the tokens that were read', async () => {
    const wanted = idsOf((await turn(blank, { sampling: greedy })).tokens);
    const memory = fixed((index) => wanted.slice(index, index + 3));
    for (const count of [1, 2, 3, 4, 5, 6]) {
      const context = createContext(model);
      await context.append([{ kind: 'text', ids: [3, 1, 4, 1, 5, 9, 2, 6] }]);
      const start = context.checkpoint();
      const options = { sampling: greedy, maxTokens: 24, stopStrings: [] };
      let read = 0;
      for await (const token of generateTurn(model, context, options, memory)) {
        expect(token.id).toBe(wanted[read]);
        read += 1;
        if (read === count) break;
      }
      expect(context.tokens).toBe(8 + count);
      const clone = context.clone();
      const fresh = createContext(model);
      await fresh.append([{ kind: 'text', ids: [3, 1, 4, 1, 5, 9, 2, 6, ...wanted.slice(0, count), 8, 8] }]);
      for (const one of [context, clone]) {
        await one.append([{ kind: 'text', ids: [8, 8] }]);
        expect(one.tokens).toBe(fresh.tokens);
        const [found, expected] = [await one.nextLogits(), await fresh.nextLogits()];
        found.forEach((logit, id) => expect(Math.abs(logit - (expected[id] ?? 0))).toBeLessThan(1e-3));
      }
      context.rollback(start);
      expect(context.tokens).toBe(8);
    }
  });
});
