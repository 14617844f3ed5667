import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killHosts } from '../helpers/host-kills.ts';
import { tempFolder } from '../helpers/temp.ts';

const KILLS = 50;

/** A small generator, so that a failure can be played again by its seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it.skipIf(process.platform !== 'linux')(
  `${KILLS} kills of the app while it starts, pauses, stops and exports a real run lose nothing of it`,
  async () => {
    const seed = Date.now() % 1_000_000;
    console.log(`seed ${seed}`);
    const rounds = await killHosts(join(tempFolder('host-kills'), 'workspace'), KILLS, seeded(seed));
    const acts = Object.groupBy(rounds, ({ act }) => act);
    console.log(
      Object.entries(acts)
        .map(([act, some]) => `${some.length} x ${act}`)
        .join(', '),
    );
    console.log(
      `${rounds.at(-1)?.step} steps, trainer alive at ${rounds.filter(({ trained }) => trained).length} kills`,
    );
    expect(rounds).toHaveLength(KILLS);
    expect(rounds.filter(({ trained }) => trained).length).toBeGreaterThan(KILLS / 4);
  },
);
