import { describe, expect, it } from 'vitest';
import { mcnemarExact, pairedDifferenceInterval, wilsonInterval } from '../../../shared/model/statistics.ts';

describe("Wilson's interval", () => {
  it('by hand: 8 of 10', () => {
    // z^2 = 3.8414588; centre (0.8 + 0.19207294) / 1.38414588, half 1.41605 * sqrt(0.016 + 0.0096036)
    const interval = wilsonInterval(8, 10);
    expect(interval?.low).toBeCloseTo(0.490162, 5);
    expect(interval?.high).toBeCloseTo(0.943318, 5);
  });

  it('as published: 81 of 263 is 0.2553 to 0.3662', () => {
    expect(wilsonInterval(81, 263)?.low).toBeCloseTo(0.2553, 4);
    expect(wilsonInterval(81, 263)?.high).toBeCloseTo(0.3662, 4);
  });

  it('has true ends at none and all, and nothing for nothing', () => {
    expect(wilsonInterval(0, 20)).toEqual({ low: 0, high: expect.closeTo(0.161125, 5) });
    expect(wilsonInterval(20, 20)).toEqual({ low: expect.closeTo(0.838875, 5), high: 1 });
    expect(wilsonInterval(0, 0)).toBeNull();
  });
});

describe("McNemar's exact test", () => {
  it('by hand: 1 against 9 is 2 (1 + 10) / 1024', () => {
    expect(mcnemarExact(9, 1)).toBeCloseTo(22 / 1024, 12);
    expect(mcnemarExact(1, 9)).toBeCloseTo(22 / 1024, 12);
  });

  it('by hand: 0 against 5 is 2 / 32', () => {
    expect(mcnemarExact(0, 5)).toBeCloseTo(0.0625, 12);
  });

  it('an even split and no flip at all say nothing', () => {
    expect(mcnemarExact(4, 4)).toBe(1);
    expect(mcnemarExact(0, 0)).toBe(1);
    expect(mcnemarExact(1, 0)).toBe(1);
  });

  it('holds up with thousands of flips', () => {
    expect(mcnemarExact(2000, 2000)).toBe(1);
    // The normal approximation of 2100 to 1900: z = 199/sqrt(4000) with the continuity correction, p = 0.00165.
    expect(mcnemarExact(2100, 1900)).toBeCloseTo(0.00165, 4);
    expect(mcnemarExact(4000, 0)).toBe(0);
  });
});

describe('the interval of a paired difference', () => {
  const of = (gained: number, lost: number, n: number) => pairedDifferenceInterval(gained, lost, n);

  it('by hand: 12 gained and none lost of 16', () => {
    // 12 / 18, and 1.959964 / 18 * sqrt(13 - 144 / 18)
    expect(of(12, 0, 16)?.low).toBeCloseTo(0.666667 - 0.243477, 5);
    expect(of(12, 0, 16)?.high).toBeCloseTo(0.666667 + 0.243477, 5);
  });

  it('is mirrored when the sides are exchanged, and not empty where nothing flipped', () => {
    expect(of(2, 7, 30)?.low).toBeCloseTo(-(of(7, 2, 30)?.high ?? 0), 12);
    expect(of(0, 0, 16)?.high).toBeCloseTo(1.959964 / 18, 6);
  });

  it('holds what was measured, and never leaves what a difference can be', () => {
    for (let n = 1; n <= 12; n += 1) {
      for (let gained = 0; gained <= n; gained += 1) {
        for (let lost = 0; gained + lost <= n; lost += 1) {
          const { low, high } = of(gained, lost, n) ?? { low: 2, high: -2 };
          const measured = (gained - lost) / n;
          expect(low).toBeGreaterThanOrEqual(-1);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(measured);
          expect(high).toBeGreaterThanOrEqual(measured);
        }
      }
    }
    expect(of(0, 0, 0)).toBeNull();
  });
});
