import { readFileSync } from 'node:fs';

/** How many programs Linux has ended since its start because memory ran out; null where that is not told. */
export type CountOomKills = () => number | null;

export function parseOomKills(vmstat: string): number | null {
  const found = /^oom_kill (\d+)$/m.exec(vmstat)?.[1];
  return found === undefined ? null : Number(found);
}

export const countOomKills: CountOomKills = () => {
  try {
    return parseOomKills(readFileSync('/proc/vmstat', 'utf8'));
  } catch {
    return null;
  }
};
