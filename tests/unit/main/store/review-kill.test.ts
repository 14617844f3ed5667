import { expect, it } from 'vitest';
import { killMany, prepareReviews } from '../../../helpers/reviewed-acts.ts';
import { tempFolder } from '../../../helpers/temp.ts';

it('a host that is killed while a reviewer works loses nothing that it acknowledged', async () => {
  const folder = tempFolder('review-kill');
  await prepareReviews(folder);
  const rounds = await killMany(folder, 25, 'honest');
  expect(rounds.reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBeGreaterThanOrEqual(25);
  expect(rounds.flatMap(({ lost }) => lost)).toEqual([]);
  expect(new Set(rounds.map(({ integrity }) => integrity))).toEqual(new Set(['ok']));
}, 600_000);

it('the same test finds a reviewer who is told too early', async () => {
  const folder = tempFolder('review-kill-early');
  await prepareReviews(folder);
  const rounds = await killMany(folder, 200, 'early', ({ lost }) => lost.length > 0);
  expect(rounds.at(-1)?.lost.length).toBeGreaterThan(0);
}, 600_000);
