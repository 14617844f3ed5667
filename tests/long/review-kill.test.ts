import { expect, it } from 'vitest';
import { killMany, prepareReviews } from '../helpers/reviewed-acts.ts';
import { tempFolder } from '../helpers/temp.ts';

// About 20 minutes on two quiet cores, twice that on busy ones.
it('1,000 kills of the host while a reviewer works lose nothing that was acknowledged', {
  timeout: 5_400_000,
}, async () => {
  const folder = tempFolder('review-kill-long');
  await prepareReviews(folder);
  const rounds = await killMany(folder, 1000, 'honest');
  const acknowledged = rounds.reduce((sum, round) => sum + round.acknowledged, 0);
  console.log(`${rounds.length} kills, ${acknowledged} acts acknowledged`);
  expect(acknowledged).toBeGreaterThanOrEqual(1000);
  expect(rounds.flatMap(({ lost }) => lost)).toEqual([]);
  expect(new Set(rounds.map(({ integrity }) => integrity))).toEqual(new Set(['ok']));
});

it('the same test finds a reviewer who is told too early', async () => {
  const folder = tempFolder('review-kill-early');
  await prepareReviews(folder);
  const rounds = await killMany(folder, 1000, 'early', ({ lost }) => lost.length > 0);
  expect(rounds.at(-1)?.lost.length).toBeGreaterThan(0);
});
