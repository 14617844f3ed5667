import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SamplingOptions } from '../../../../../main/agent/backend.ts';
import { distributionFacts, sampleToken, uniformAt } from '../../../../../main/agent/engine/sampler.ts';

const NONE: ReadonlySet<number> = new Set();
const GREEDY: SamplingOptions = { temperature: 0, topK: 0, topP: 1, seed: 0 };

function logitsOf(...values: number[]): Float32Array {
  return Float32Array.from(values);
}

function drawMany(logits: Float32Array, sampling: SamplingOptions, count: number, banned = NONE): number[] {
  return Array.from(
    { length: count },
    (_, place) => sampleToken(logits, sampling, place, banned, logits.length).id,
  );
}

const anyLogits = fc
  .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 3, maxLength: 40 })
  .map((values) => Float32Array.from(values));
const anySampling = fc.record({
  temperature: fc.constantFrom(0, 0.3, 1, 2),
  topK: fc.integer({ min: 0, max: 50 }),
  topP: fc.constantFrom(0.01, 0.5, 0.9, 1),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
});

describe('sampling', () => {
  it('takes the greatest logit at temperature 0, of equals the first', () => {
    expect(sampleToken(logitsOf(1, 5, 5, 2), GREEDY, 0, NONE, 4).id).toBe(1);
  });

  it('never draws a banned token or a padding row, whatever the logits', () => {
    fc.assert(
      fc.property(anyLogits, anySampling, fc.nat(1000), (logits, sampling, place) => {
        const size = logits.length - 1;
        const { id } = sampleToken(logits, sampling, place, new Set([0]), size);
        expect(id).toBeGreaterThan(0);
        expect(id).toBeLessThan(size);
      }),
    );
  });

  it('gives the same token for the same seed, place and logits', () => {
    fc.assert(
      fc.property(anyLogits, anySampling, fc.nat(1000), (logits, sampling, place) => {
        const once = sampleToken(logits, sampling, place, NONE, logits.length);
        expect(sampleToken(logits, sampling, place, NONE, logits.length)).toEqual(once);
      }),
    );
  });

  it('gives other tokens for another seed', () => {
    const logits = new Float32Array(50);
    const sampling = { temperature: 1, topK: 0, topP: 1, seed: 1 };
    expect(drawMany(logits, sampling, 50)).not.toEqual(drawMany(logits, { ...sampling, seed: 2 }, 50));
  });

  it('draws in proportion to the probabilities, sharper at a low temperature', () => {
    const logits = logitsOf(Math.log(0.6), Math.log(0.3), Math.log(0.1));
    const share = (sampling: SamplingOptions): number =>
      drawMany(logits, sampling, 20_000).filter((id) => id === 0).length / 20_000;
    expect(share({ temperature: 1, topK: 0, topP: 1, seed: 3 })).toBeCloseTo(0.6, 1);
    // 0.6^2 / (0.6^2 + 0.3^2 + 0.1^2)
    expect(share({ temperature: 0.5, topK: 0, topP: 1, seed: 3 })).toBeCloseTo(0.783, 1);
  });

  it('keeps to the k likeliest', () => {
    const logits = logitsOf(0, 3, 1, 2);
    const drawn = new Set(drawMany(logits, { temperature: 5, topK: 2, topP: 1, seed: 9 }, 500));
    expect(drawn).toEqual(new Set([1, 3]));
  });

  it('keeps to the smallest set that holds top-p of the mass', () => {
    const logits = logitsOf(Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05));
    const kept = (topP: number): number[] =>
      [...new Set(drawMany(logits, { temperature: 1, topK: 0, topP, seed: 5 }, 2000))].toSorted(
        (a, b) => a - b,
      );
    expect(kept(0.4)).toEqual([0]);
    expect(kept(0.7)).toEqual([0, 1]);
    expect(kept(0.9)).toEqual([0, 1, 2]);
    expect(kept(1)).toEqual([0, 1, 2, 3]);
  });

  it('refuses logits that are not numbers', () => {
    expect(() => sampleToken(logitsOf(Number.NaN, Number.NaN), GREEDY, 0, NONE, 2)).toThrow(
      /no usable logits/,
    );
    expect(() => sampleToken(logitsOf(1, Number.NaN), GREEDY, 0, NONE, 2)).toThrow(/no usable logits/);
    const warm = { ...GREEDY, temperature: 1 };
    expect(() => sampleToken(logitsOf(1, 2), warm, 0, new Set([0, 1]), 2)).toThrow(/no usable logits/);
  });
});

describe('what is kept of a draw', () => {
  it('is the log-probability at temperature 1 over the whole vocabulary, bans and cuts aside', () => {
    const logits = logitsOf(Math.log(0.5), Math.log(0.25), Math.log(0.25));
    const sampling = { temperature: 0.1, topK: 1, topP: 0.5, seed: 0 };
    const { id, logprob, entropy } = sampleToken(logits, sampling, 0, new Set([0]), 3);
    expect(id).toBe(1);
    expect(logprob).toBeCloseTo(Math.log(0.25), 6);
    expect(entropy).toBeCloseTo(1.5 * Math.log(2), 6);
  });

  it('is finite with impossible tokens and huge logits', () => {
    const facts = distributionFacts(logitsOf(1e30, Number.NEGATIVE_INFINITY, 0), 0);
    expect(facts).toEqual({ logprob: 0, entropy: 0 });
  });
});

describe('the numbers behind a draw', () => {
  it('lie in [0, 1) and are even over places and over seeds', () => {
    const bins = (numbers: readonly number[]): number => {
      const counts = Array.from({ length: 20 }, () => 0);
      for (const number of numbers) {
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
        counts[Math.floor(number * 20)] = (counts[Math.floor(number * 20)] ?? 0) + 1;
      }
      const expected = numbers.length / 20;
      return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    };
    const places = Array.from({ length: 20_000 }, (_, place) => uniformAt(1, place));
    const seeds = Array.from({ length: 20_000 }, (_, seed) => uniformAt(seed, 100));
    // Chi-square with 19 degrees of freedom: over 50 has a chance of 1 in 7000.
    expect(bins(places)).toBeLessThan(50);
    expect(bins(seeds)).toBeLessThan(50);
  });
});
