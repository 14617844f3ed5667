import { drawOf } from '../../../shared/model/review.ts';

export const SHARED_OUT = ['train', 'validation', 'test'] as const;
export type SharedSplit = (typeof SHARED_OUT)[number];
export type Shares = Readonly<Record<SharedSplit, number>>;

/**
 * Deals sets of samples out to the splits so that the counts come close to the shares: the largest sets first, those of
 * one size in an order that the seed alone decides, each to the split that is furthest behind.
 */
export function dealSets(
  sets: readonly (readonly number[])[],
  shares: Shares,
  seed: number,
): Readonly<Record<SharedSplit, readonly number[]>> {
  const total = sets.reduce((sum, set) => sum + set.length, 0);
  const whole = shares.train + shares.validation + shares.test;
  const dealt: Record<SharedSplit, number[]> = { train: [], validation: [], test: [] };
  const behind = (split: SharedSplit): number => (shares[split] / whole) * total - dealt[split].length;
  const ordered = sets
    .map((set) => ({ set, draw: drawOf(`${seed} ${set[0] ?? 0}`) }))
    .toSorted((one, other) => other.set.length - one.set.length || one.draw - other.draw);
  const open = SHARED_OUT.filter((split) => shares[split] > 0);
  for (const { set } of ordered) {
    const [first, ...rest] = open;
    if (first === undefined) break;
    const target = rest.reduce((best, split) => (behind(split) > behind(best) ? split : best), first);
    dealt[target].push(...set);
  }
  return dealt;
}
