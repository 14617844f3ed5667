/**
 * How well a text answers what was typed; null where it does not. Every character has to be there in order; beginnings
 * of words and characters in a row count for more, so that "nu" finds "Next unreviewed" before "Manual".
 */
export function fuzzyScore(text: string, typed: string): number | null {
  const where = text.toLowerCase();
  const what = typed.toLowerCase().replaceAll(/\s+/g, '');
  if (what === '') return 0;
  const starts = new Set([...where.matchAll(/(?<![a-z0-9])[a-z0-9]/g)].map(({ index }) => index));
  // best[i]: the best score with the last typed character standing at i of the text.
  let best = new Map<number, number>([[-1, 0]]);
  for (const character of what) {
    const next = new Map<number, number>();
    for (let at = where.indexOf(character); at >= 0; at = where.indexOf(character, at + 1)) {
      let score: number | null = null;
      for (const [before, sum] of best) {
        if (before >= at) continue;
        const gained = sum + 1 + (starts.has(at) ? 8 : 0) + (before === at - 1 && before >= 0 ? 5 : 0);
        if (score === null || gained > score) score = gained;
      }
      if (score !== null) next.set(at, score);
    }
    if (next.size === 0) return null;
    best = next;
  }
  return Math.max(...best.values()) - where.length / 1000;
}

/** Those that answer what was typed, the best first; equally good ones keep their order. */
export function fuzzyFind<One>(
  all: readonly One[],
  typed: string,
  textOf: (one: One) => string,
): readonly One[] {
  return all
    .flatMap((one) => {
      const score = fuzzyScore(textOf(one), typed);
      return score === null ? [] : [{ one, score: typed.trim() === '' ? 0 : score }];
    })
    .toSorted((a, b) => b.score - a.score)
    .map(({ one }) => one);
}
