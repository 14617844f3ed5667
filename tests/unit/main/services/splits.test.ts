import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { membersOf, setsOf } from '../../../../main/services/curation/image-sets.ts';
import { dealSets, SHARED_OUT } from '../../../../main/services/curation/split-plan.ts';

const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 20 })), {
  minLength: 1,
  maxLength: 60,
});
const share = fc.integer({ min: 0, max: 10 });
const shares = fc
  .record({ train: share, validation: share, test: share })
  .filter(({ train, validation, test }) => train + validation + test > 0);

/** Sets by walking from sample to sample, without any union. */
function naiveSet(all: readonly (readonly [number, number])[], start: number): readonly number[] {
  const found = new Set([start]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    const images = new Set(all.filter(([sample]) => found.has(sample)).map(([, image]) => image));
    for (const [sample, image] of all) if (images.has(image)) found.add(sample);
  }
  return [...found].toSorted((one, other) => one - other);
}

describe('splits by image sets', () => {
  it('never put an image into two splits, deal every sample once, and are the same for the same seed', () => {
    fc.assert(
      fc.property(pairs, shares, fc.nat(), (all, wanted, seed) => {
        const samples = [...new Set(all.map(([sample]) => sample))];
        const sets = setsOf(all, samples);
        const dealt = dealSets(sets, wanted, seed);
        const splitOf = new Map(SHARED_OUT.flatMap((split) => dealt[split].map((sample) => [sample, split])));
        expect([...splitOf.keys()].toSorted()).toEqual(samples.toSorted());
        expect(SHARED_OUT.reduce((sum, split) => sum + dealt[split].length, 0)).toBe(samples.length);
        for (const [, list] of Map.groupBy(all, ([, image]) => image))
          expect(new Set(list.map(([sample]) => splitOf.get(sample))).size).toBe(1);
        for (const split of SHARED_OUT) if (wanted[split] === 0) expect(dealt[split]).toEqual([]);
        expect(dealSets(sets, wanted, seed)).toEqual(dealt);
      }),
    );
  });

  it('take along whatever hangs on the chosen samples', () => {
    fc.assert(
      fc.property(pairs, (all) => {
        const [start] = all[0]!;
        expect(membersOf(all, [start])).toEqual(naiveSet(all, start));
      }),
    );
  });

  it('come within a set of the shares where samples share nothing', () => {
    const sets = Array.from({ length: 1000 }, (_, at) => [at]);
    const dealt = dealSets(sets, { train: 80, validation: 10, test: 10 }, 3);
    expect(SHARED_OUT.map((split) => dealt[split].length)).toEqual([800, 100, 100]);
    expect(dealt.train).not.toEqual(dealSets(sets, { train: 80, validation: 10, test: 10 }, 4).train);
  });
});
