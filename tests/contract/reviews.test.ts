import { describe, expect, it } from 'vitest';
import type { EpisodeId } from '../../shared/model/ids.ts';
import { importColours, makeSample } from '../helpers/studio-acts.ts';
import { tempFolder } from '../helpers/temp.ts';
import { connect, startTestHost, WIRES } from '../helpers/test-host.ts';
import { until } from '../helpers/until.ts';

/** A host with one finished episode, and two pages of the same reviewer that look at it. */
async function twoPages(wire: (typeof WIRES)[number]) {
  const folder = tempFolder('reviews');
  const host = await startTestHost({ folder });
  await importColours(host, `${folder}/pictures`, ['red']);
  const { id } = await host.services.episodes.start({ sampleId: await makeSample(host) });
  await until(() => host.services.episodes.get(id).state.kind === 'ended', 'the episode has ended');
  const [one, two] = [await connect(host, wire), await connect(host, wire)];
  const close = async (): Promise<void> => {
    await one.close();
    await two.close();
    await host.close();
  };
  return { episodeId: id satisfies EpisodeId, one: one.client, two: two.client, close };
}

describe.each(WIRES)('reviews over a %s', (wire) => {
  it('a stale verdict is a conflict: nothing is overwritten, and both sides can be shown', async () => {
    const { episodeId, one, two, close } = await twoPages(wire);
    const say = { episodeId, revision: null, reasons: [], note: '' } as const;
    const stored = await one.reviews.put.mutate({ ...say, verdict: 'accept', note: 'mine' });
    await expect(two.reviews.put.mutate({ ...say, verdict: 'reject', note: 'theirs' })).rejects.toMatchObject(
      {
        data: { code: 'conflict' },
      },
    );
    const now = await two.reviews.get.query({ episodeId });
    expect(now).toMatchObject({ standing: 'accepted', reviews: [{ verdict: 'accept', note: 'mine' }] });
    const next = { ...say, revision: stored.revision, verdict: 'reject', note: 'theirs' } as const;
    await two.reviews.put.mutate(next);
    const history = await one.journal.history.query({ subject: episodeId });
    expect(history.map(({ label, reason }) => [label, reason])).toEqual([
      ['Reject run', 'theirs'],
      ['Accept run', 'mine'],
    ]);
    await close();
  });

  it('two reviewers have an opinion each, the agreement is told, undo is each one’s own', async () => {
    const { episodeId, one, two, close } = await twoPages(wire);
    const ben = await two.reviewers.add.mutate({ name: 'Ben' });
    const [ann] = await one.reviewers.list.query();
    const say = { episodeId, revision: null, reasons: ['wrong_region'], note: '' } as const;
    await one.reviews.put.mutate({ ...say, verdict: 'accept' });
    await two.reviews.put.mutate({ ...say, by: ben.id, verdict: 'reject' });
    expect(await one.reviews.agreement.query()).toMatchObject([
      { first: ann?.id, second: ben.id, agreement: { episodes: 1, agreed: 0, share: 0, kappa: 0 } },
    ]);
    expect((await one.reviews.get.query({ episodeId })).standing).toBe('disputed');
    await two.journal.undo.mutate({ by: ben.id });
    expect((await one.reviews.get.query({ episodeId })).standing).toBe('accepted');
    expect((await one.reviews.progress.query()).standings).toMatchObject({
      accepted: 1,
      disputed: 0,
      unreviewed: 0,
    });
    await close();
  });

  it('a flag that somebody decided is not decided over, and an unknown episode is named', async () => {
    const { episodeId, one, two, close } = await twoPages(wire);
    const decide = { episodeId, flag: 'limit_broken', revision: null } as const;
    await one.reviews.decideFlag.mutate({ ...decide, decision: 'confirmed' });
    await expect(two.reviews.decideFlag.mutate({ ...decide, decision: 'dismissed' })).rejects.toMatchObject({
      data: { code: 'conflict' },
    });
    const { items } = await one.reviews.queue.query({ filter: { todo: true, flag: 'limit_broken' } });
    expect(items).toMatchObject([{ episode: { id: episodeId }, flagCount: 2, open: true }]);
    const nobody = { ...decide, episodeId: 'eps_000000000000000000000000', decision: 'confirmed' } as const;
    await expect(one.reviews.decideFlag.mutate(nobody as never)).rejects.toMatchObject({
      data: { code: 'not_found' },
    });
    await close();
  });
});
