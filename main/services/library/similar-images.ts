import type { Bands } from '../../store/repositories/image-looks.ts';

/** Bits of 64 that may differ where two images still look alike. */
export const ALIKE_BITS = 5;

/** How many of 64 bits differ. */
export function distance(one: Bands, other: Bands): number {
  return one.reduce((sum, band, at) => sum + bitCount(band ^ (other[at] ?? 0)), 0);
}

function bitCount(bits: number): number {
  let rest = bits;
  let count = 0;
  for (; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** A plain image, such as one colour, has a look that says nothing: most of its bits are the same. */
function saysSomething(bands: Bands): boolean {
  const ones = bands.reduce((sum, band) => sum + bitCount(band), 0);
  return ones >= 4 && ones <= 60;
}

/** A band that more images have in common than this says nothing either; without the limit it would cost a square. */
const MOST_IN_BAND = 400;

/**
 * Groups of images that look alike, in the order in which they came. Two are compared where one of their four bands is
 * the same, so that each is compared with few: all pairs that differ in three bits or fewer are found, and most that
 * differ in up to `ALIKE_BITS`.
 */
export function similarGroups(
  looks: readonly { readonly seq: number; readonly bands: Bands }[],
): readonly (readonly number[])[] {
  const parent = new Map<number, number>();
  const root = (seq: number): number => {
    let at = seq;
    for (let up = parent.get(at) ?? at; up !== at; up = parent.get(at) ?? at) at = up;
    return at;
  };
  const telling = looks.filter(({ bands }) => saysSomething(bands));
  for (const band of [0, 1, 2, 3] as const) {
    const byBand = Map.groupBy(telling, ({ bands }) => bands[band]);
    for (const alike of byBand.values()) {
      const compared = alike.slice(0, MOST_IN_BAND);
      for (const [at, one] of compared.entries()) {
        for (const other of compared.slice(at + 1)) {
          if (distance(one.bands, other.bands) > ALIKE_BITS) continue;
          const [first, second] = [root(one.seq), root(other.seq)];
          if (first !== second) parent.set(second, first);
        }
      }
    }
  }
  const groups = Map.groupBy(telling, ({ seq }) => root(seq));
  return [...groups.values()].filter((group) => group.length > 1).map((group) => group.map(({ seq }) => seq));
}
