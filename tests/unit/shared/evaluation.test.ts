import { describe, expect, it } from 'vitest';
import { pairedTest, shareOf } from '../../../shared/model/evaluation.ts';

describe('a comparison of two evaluations', () => {
  it('adds up kinds: 12 pairs, 5 gained and 1 lost, by hand', () => {
    const test = pairedTest([
      { bothRight: 3, gained: 4, lost: 0, bothWrong: 1 },
      { bothRight: 1, gained: 1, lost: 1, bothWrong: 1 },
    ]);
    expect(test).toMatchObject({ pairs: 12, gained: 5, lost: 1 });
    expect(test.accuracyA?.share).toBeCloseTo(5 / 12, 12);
    expect(test.accuracyB?.share).toBeCloseTo(9 / 12, 12);
    // 2 (1 + 6) / 64
    expect(test.p).toBeCloseTo(14 / 64, 12);
  });

  it('of nothing is nothing', () => {
    expect(pairedTest([])).toEqual({
      pairs: 0,
      difference: null,
      gained: 0,
      lost: 0,
      accuracyA: null,
      accuracyB: null,
      p: 1,
    });
    expect(shareOf(0, 0)).toBeNull();
  });
});
