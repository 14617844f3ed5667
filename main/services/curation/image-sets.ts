/**
 * Samples that hang together by the images that they share: connected components of samples and images. A set is never
 * divided between splits, so no image is ever in two.
 */
type Pairs = readonly (readonly [sample: number, image: number])[];

/** Finds the set of a sample: equal numbers mean the same set. */
function setFinder(pairs: Pairs): (sample: number) => number {
  const parent = new Map<number, number>();
  const root = (sample: number): number => {
    let at = sample;
    for (let up = parent.get(at) ?? at; up !== at; up = parent.get(at) ?? at) {
      // Halves the way, so that the next look is short.
      const next = parent.get(up) ?? up;
      parent.set(at, next);
      at = next;
    }
    return at;
  };
  const firstWith = new Map<number, number>();
  for (const [sample, image] of pairs) {
    const other = firstWith.get(image);
    if (other === undefined) firstWith.set(image, sample);
    else {
      const [one, two] = [root(sample), root(other)];
      if (one !== two) parent.set(Math.max(one, two), Math.min(one, two));
    }
  }
  return root;
}

/** Every sample of the sets that these samples are in, themselves included, in order of their rows. */
export function membersOf(pairs: Pairs, samples: readonly number[]): readonly number[] {
  return setsOf(pairs, samples)
    .flat()
    .toSorted((one, other) => one - other);
}

/** The whole sets that these samples are in, each in order of its rows. */
export function setsOf(pairs: Pairs, samples: readonly number[]): readonly (readonly number[])[] {
  const root = setFinder(pairs);
  const wanted = new Map<number, Set<number>>();
  for (const sample of samples) {
    const set = root(sample);
    wanted.set(set, (wanted.get(set) ?? new Set()).add(sample));
  }
  for (const [sample] of pairs) wanted.get(root(sample))?.add(sample);
  return [...wanted.values()].map((set) => [...set].toSorted((one, other) => one - other));
}
