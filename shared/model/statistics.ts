/** Statistics of right and wrong answers, small enough to be checked by hand. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5% point of the normal distribution: intervals are of 95%. */
const Z = 1.959963984540054;

/** Wilson's score interval of a share, which holds up with few samples and near 0 and 1. Null where n is 0. */
export function wilsonInterval(successes: number, n: number): Interval | null {
  if (n === 0) return null;
  const share = successes / n;
  const z2 = Z * Z;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  // Rounding must not push an end past what a share can be.
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
  };
}

/**
 * McNemar's exact test: how likely a split at least as uneven as `gained` to `lost` is, where each flip is a fair coin.
 * Two-sided. 1 where nothing flipped.
 */
export function mcnemarExact(gained: number, lost: number): number {
  const n = gained + lost;
  const fewer = Math.min(gained, lost);
  // In logarithms, because 0.5^n leaves the range of numbers at about a thousand flips.
  let term = -n * Math.LN2;
  let sum = Math.exp(term);
  for (let k = 0; k < fewer; k += 1) {
    term += Math.log((n - k) / (k + 1));
    sum += Math.exp(term);
  }
  return Math.min(1, 2 * sum);
}

/**
 * Agresti and Min's interval of the difference of two shares of the same n samples, second minus first: Wald's, with
 * half a sample added to each of the four cells, which holds up where few or none flipped. Null where n is 0.
 */
export function pairedDifferenceInterval(gained: number, lost: number, n: number): Interval | null {
  if (n === 0) return null;
  const size = n + 2;
  const centre = (gained - lost) / size;
  const half = (Z / size) * Math.sqrt(gained + lost + 1 - (gained - lost) ** 2 / size);
  return { low: Math.max(-1, centre - half), high: Math.min(1, centre + half) };
}
