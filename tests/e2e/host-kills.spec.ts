import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killHosts } from '../helpers/host-kills.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';

const linux = process.platform === 'linux';

/** Many of them are in tests/long. */
it.skipIf(!linux)(
  'a run outlives kills of the app, is found again, and is one run with whole checkpoints',
  async () => {
    const folder = makeTempFolder('host-kills');
    try {
      // The moments of the first kills: while it starts, and soon after.
      const moments = [0.5, 0.1, 0.9, 0.6, 0.8];
      const rounds = await killHosts(join(folder, 'workspace'), 3, () => moments.shift() ?? 0.5);
      expect(rounds).toHaveLength(3);
      expect(rounds.some(({ trained }) => trained)).toBe(true);
    } finally {
      removeFolder(folder);
    }
  },
);
