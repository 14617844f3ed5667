import { describe, expect, it } from 'vitest';
import type { RolloutOutcome } from '../../../shared/model/group.ts';
import { disagreementOf, rolloutSeed, statisticsOf, variance } from '../../../shared/model/group.ts';

function outcome(
  answer: string | null,
  accuracy: number,
  total: number,
  change: Partial<RolloutOutcome> = {},
): RolloutOutcome {
  return {
    withTools: true,
    status: answer === null ? 'no_answer' : 'answered',
    answer,
    verdict: accuracy === 1 ? 'right' : 'wrong',
    reward: { accuracy, toolFactor: 1, format: 1, total },
    ...change,
  };
}

describe('statistics of a group', () => {
  it('a mixed group: by hand', () => {
    const rollouts = [
      outcome('red', 1, 2),
      outcome('Red.', 1, 1.5),
      outcome('blue', 0, 0.5),
      outcome(null, 0, 0),
      outcome('red', 1, 1.5, { withTools: false }),
      outcome('blue', 0, 0.5, { withTools: false }),
    ];
    expect(statisticsOf(rollouts)).toEqual({
      done: 4,
      doneWithout: 2,
      masked: 1,
      accuracy: 0.5,
      accuracyWithout: 0.5,
      gain: 0,
      // Of 2, 1.5 and 0.5: the one without an answer is masked.
      rewardMean: 4 / 3,
      // ((2/3)^2 + (1/6)^2 + (5/6)^2) / 2
      rewardVariance: expect.closeTo(7 / 12, 12),
      // 6 pairs of which one (red, Red.) agrees.
      disagreement: expect.closeTo(5 / 6, 12),
      allEqual: false,
    });
  });

  it('equal rewards are no gradient, and so is a single one or none', () => {
    expect(statisticsOf([outcome('a', 1, 1), outcome('b', 1, 1)])).toMatchObject({
      allEqual: true,
      rewardVariance: 0,
      disagreement: 1,
    });
    expect(statisticsOf([outcome('a', 1, 1), outcome(null, 0, 0)])).toMatchObject({
      allEqual: true,
      rewardVariance: null,
    });
    expect(statisticsOf([])).toMatchObject({ allEqual: true, accuracy: null, disagreement: null });
  });

  it('without a reference there is disagreement but neither accuracy nor reward; what runs is not counted', () => {
    const unjudged = { verdict: 'unknown', reward: null } as const;
    const rollouts = [
      outcome('a', 0, 0, unjudged),
      outcome('b', 0, 0, unjudged),
      outcome(null, 0, 0, { ...unjudged, status: null }),
    ];
    expect(statisticsOf(rollouts)).toMatchObject({
      done: 2,
      accuracy: null,
      gain: null,
      rewardMean: null,
      disagreement: 1,
    });
  });

  it('disagreement is 0 where all say the same, and unknown for one', () => {
    expect(disagreementOf(['a', 'A', 'a.'])).toBe(0);
    expect(disagreementOf([null, null])).toBe(0);
    expect(disagreementOf(['a', 'b', 'c'])).toBe(1);
    expect(disagreementOf(['a'])).toBeNull();
  });

  it('the variance is unbiased', () => {
    expect(variance([1, 2, 3, 4])).toBeCloseTo(5 / 3, 12);
    expect(variance([1])).toBeNull();
  });
});

describe('seeds of rollouts', () => {
  it('are the same every time, differ from rollout to rollout, and fit 32 bits', () => {
    const seeds = Array.from({ length: 64 }, (_, number) => rolloutSeed(7, 'smp_0123456789abcdef', number));
    expect(rolloutSeed(7, 'smp_0123456789abcdef', 0)).toBe(seeds[0]);
    expect(new Set(seeds).size).toBe(64);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff)).toBe(true);
    expect(rolloutSeed(8, 'smp_0123456789abcdef', 0)).not.toBe(seeds[0]);
    expect(rolloutSeed(7, 'smp_0123456789abcdeg', 0)).not.toBe(seeds[0]);
  });
});
