import { describe, expect, it } from 'vitest';
import { newId } from '../../../../main/store/new-id.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { QueueOrder } from '../../../../shared/contract/reviews.ts';
import { queueOrder } from '../../../../shared/contract/reviews.ts';
import type { Episode } from '../../../../shared/model/episode.ts';
import type { EpisodeId, ReviewerId } from '../../../../shared/model/ids.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';
import type { ReviewVerdict } from '../../../../shared/model/review.ts';
import { reviewVerdict, standingOf } from '../../../../shared/model/review.ts';
import { randomFrom } from '../../../../shared/model/shuffle.ts';
import { aStep, addSample, runningEpisode } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

interface Desk {
  readonly workspace: Workspace;
  readonly ann: ReviewerId;
  readonly ben: ReviewerId;
  readonly cleo: ReviewerId;
}

function desk(): Desk {
  const workspace = openWorkspace(tempFolder(), 1);
  const add = (name: string): ReviewerId => workspace.reviewers.add(name, 1).id;
  return { workspace, ann: add('Ann'), ben: add('Ben'), cleo: add('Cleo') };
}

/** An episode that ended, whose answer has this entropy. */
function endedEpisode(workspace: Workspace, entropy = 0.5, change: Partial<Episode> = {}): EpisodeId {
  const begun = runningEpisode(workspace, addSample(workspace).id);
  const tokens = ['<answer>', 'red', '</answer>'].map((text) => ({ id: 1, text, logprob: null, entropy }));
  workspace.episodes.finish({
    ...begun,
    state: { kind: 'ended', status: 'answered', endedAt: 9 },
    answer: 'red',
    verdict: 'right',
    steps: [aStep(0, { tokens, action: { kind: 'answer', answer: 'red' } })],
    ...change,
  });
  return begun.id;
}

function say(workspace: Workspace, by: ReviewerId, episodeId: EpisodeId, verdict: ReviewVerdict): void {
  const known = workspace.reviews.of(episodeId).find((one) => one.by === by);
  workspace.journal.act({ by, at: 10, label: verdict, subject: episodeId }, () =>
    workspace.reviews.put(
      { by, episodeId, revision: known?.revision ?? null, verdict, reasons: ['wrong_region'], note: 'n' },
      10,
    ),
  );
}

function order(
  { workspace, ann }: Desk,
  by: QueueOrder,
  filter: Parameters<Workspace['queue']['list']>[0]['filter'] = { todo: false },
  more: { limit?: number; seed?: number; share?: number; who?: ReviewerId } = {},
): readonly EpisodeId[] {
  const ids: EpisodeId[] = [];
  let cursor: string | null = null;
  do {
    const page: ReturnType<Workspace['queue']['list']> = workspace.queue.list({
      by: more.who ?? ann,
      order: by,
      seed: more.seed ?? 0,
      filter,
      cursor,
      limit: more.limit ?? 100,
      share: more.share ?? 0,
    });
    ids.push(...page.items.map(({ episode }) => episode.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

describe('reviews', () => {
  it('keep what each reviewer said last, and refuse a stale change without changing anything', () => {
    const { workspace, ann, ben } = desk();
    const id = endedEpisode(workspace);
    say(workspace, ann, id, 'accept');
    say(workspace, ben, id, 'unsure');
    say(workspace, ann, id, 'reject');
    expect(workspace.reviews.of(id).map(({ by, verdict }) => [by, verdict])).toEqual(
      expect.arrayContaining([
        [ann, 'reject'],
        [ben, 'unsure'],
      ]),
    );
    const stale = { by: ann, episodeId: id, revision: null, verdict: 'skip', reasons: [], note: '' } as const;
    expect(() => workspace.reviews.put(stale, 11)).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(workspace.reviews.of(id).find(({ by }) => by === ann)?.verdict).toBe('reject');
  });

  it('have no place for an episode that was cut off', () => {
    const { workspace, ann } = desk();
    const id = endedEpisode(workspace, 0, { state: { kind: 'ended', status: 'stopped', endedAt: 9 } });
    expect(() => say(workspace, ann, id, 'accept')).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  it('give each episode, its sample and the counts the standing that follows, through undo and redo too', () => {
    const { workspace, ann, ben, cleo } = desk();
    const random = randomFrom(3);
    const pick = <One>(all: readonly One[]): One => all[Math.floor(random() * all.length)] as One;
    const ids = [1, 2, 3].map(() => endedEpisode(workspace));
    for (let turn = 0; turn < 300; turn += 1) {
      const by = pick([ann, ben, cleo]);
      const act = random();
      if (act < 0.2) workspace.journal.undo(by, 12);
      else if (act < 0.3) workspace.journal.redo(by);
      else say(workspace, by, pick(ids), pick(reviewVerdict.options));
      const standings = ids.map((id) => standingOf(workspace.reviews.of(id).map(({ verdict }) => verdict)));
      expect(ids.map((id) => workspace.queue.standing(id))).toEqual(standings);
      expect(
        workspace.database.raw
          .prepare('SELECT standing FROM sample_standings ORDER BY sample_seq')
          .pluck()
          .all(),
      ).toEqual(standings);
      const counted = Object.entries(workspace.queue.standings()).filter(([, count]) => count > 0);
      expect(
        counted.flatMap(([name, count]) => Array.from({ length: count }, () => name)).toSorted(),
      ).toEqual(standings.toSorted());
    }
  });
});

describe('flags', () => {
  it('are proposed at the end of an episode and decided by one person, once', () => {
    const { workspace, ann, ben } = desk();
    const id = endedEpisode(workspace, 0, { flags: ['tool_abandonment'] });
    const [proposed] = workspace.reviews.flags(id);
    expect(proposed).toMatchObject({ flag: 'tool_abandonment', proposed: true, decision: null, by: null });
    const decide = (by: ReviewerId, decision: 'confirmed' | 'dismissed'): void => {
      const change = { by, episodeId: id, flag: 'tool_abandonment', revision: 0, decision } as const;
      workspace.journal.act({ by, at: 3, label: decision, subject: id }, () =>
        workspace.reviews.decideFlag(change, 3),
      );
    };
    decide(ann, 'dismissed');
    expect(() => decide(ben, 'confirmed')).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(workspace.reviews.flags(id)[0]).toMatchObject({ decision: 'dismissed', by: ann });
    workspace.journal.undo(ann, 4);
    expect(workspace.reviews.flags(id)).toEqual([proposed]);
  });

  it('filter the queue while they hold', () => {
    const it = desk();
    const { workspace, ann } = it;
    const id = endedEpisode(workspace, 0, { flags: ['format'] });
    const other = endedEpisode(workspace);
    const filtered = () => order(it, 'flags', { todo: false, flag: 'format' });
    expect(order(it, 'flags')).toEqual([id, other]);
    expect(filtered()).toEqual([id]);
    const change = { by: ann, episodeId: id, flag: 'format', revision: 0, decision: 'dismissed' } as const;
    workspace.reviews.decideFlag(change, 3);
    expect(filtered()).toEqual([]);
    workspace.reviews.decideFlag({ ...change, episodeId: other, revision: null, decision: 'confirmed' }, 3);
    expect(filtered()).toEqual([other]);
  });
});

describe('the queue', () => {
  it('comes in the order that was asked for', () => {
    const it = desk();
    const { workspace, ann } = it;
    const low = endedEpisode(workspace, 0.1);
    const high = endedEpisode(workspace, 2);
    const middle = endedEpisode(workspace, 1);
    expect(order(it, 'unreviewed')).toEqual([low, high, middle]);
    expect(order(it, 'entropy')).toEqual([high, middle, low]);
    say(workspace, ann, low, 'accept');
    expect(order(it, 'unreviewed')).toEqual([high, middle, low]);
  });

  it.each(queueOrder.options)('shows every episode once, page by page, by %s', (by) => {
    const it = desk();
    const ids = Array.from({ length: 25 }, (_, index) => endedEpisode(it.workspace, index % 3));
    const whole = order(it, by);
    expect(whole.toSorted()).toEqual(ids.toSorted());
    expect(order(it, by, { todo: false }, { limit: 4 })).toEqual(whole);
  });

  it('has another random order for every seed', () => {
    const it = desk();
    for (let count = 0; count < 12; count += 1) endedEpisode(it.workspace);
    expect(order(it, 'random', { todo: false }, { seed: 1 })).toEqual(
      order(it, 'random', { todo: false }, { seed: 1 }),
    );
    expect(order(it, 'random', { todo: false }, { seed: 1 })).not.toEqual(
      order(it, 'random', { todo: false }, { seed: 2 }),
    );
  });

  it('asks for one opinion, or for two where a second one is wanted, and for none twice of the same person', () => {
    const it = desk();
    const { workspace, ann, ben, cleo } = it;
    const id = endedEpisode(workspace);
    const wants = (who: ReviewerId, share: number) =>
      order(it, 'unreviewed', { todo: true }, { who, share }).length === 1;
    say(workspace, ann, id, 'skip');
    expect([wants(ann, 0), wants(ben, 0)]).toEqual([false, true]);
    say(workspace, ann, id, 'accept');
    expect([wants(ben, 0), wants(ann, 1), wants(ben, 1)]).toEqual([false, false, true]);
    say(workspace, ben, id, 'reject');
    expect(wants(cleo, 1)).toBe(false);
    expect(workspace.reviews.pairs()).toEqual([
      { firstBy: ann, secondBy: ben, first: 'accept', second: 'reject', count: 1 },
    ]);
  });

  it('leaves out what belongs to a removed sample until it comes back', () => {
    const it = desk();
    const { workspace, ann } = it;
    const id = endedEpisode(workspace);
    const sampleId = workspace.episodes.get(id)?.sampleId;
    if (sampleId === undefined) throw new Error('no sample');
    workspace.journal.act({ by: ann, at: 1, label: 'remove', subject: null }, () =>
      workspace.samples.remove([sampleId], 3),
    );
    expect(order(it, 'unreviewed')).toEqual([]);
    expect(workspace.queue.standings().unreviewed).toBe(0);
    workspace.journal.undo(ann, 4);
    expect(order(it, 'unreviewed')).toEqual([id]);
    expect(workspace.queue.standings().unreviewed).toBe(1);
  });

  it('is filtered by what the samples are', () => {
    const it = desk();
    const id = endedEpisode(it.workspace);
    endedEpisode(it.workspace, 0, { verdict: 'wrong' });
    expect(order(it, 'unreviewed', { todo: true, outcome: 'right' })).toEqual([id]);
    expect(order(it, 'unreviewed', { todo: true, search: 'colour' })).toHaveLength(2);
    expect(order(it, 'unreviewed', { todo: true, kind: 'other' })).toEqual([]);
    expect(order(it, 'entropy', { todo: true, standing: 'rejected' })).toEqual([]);
  });

  it('refuses a place that it did not give out', () => {
    const { workspace, ann } = desk();
    const ask = { by: ann, order: 'entropy', seed: 0, filter: { todo: true }, limit: 5, share: 0 } as const;
    expect(() => workspace.queue.list({ ...ask, cursor: '1); DROP' })).toThrow(
      expect.objectContaining({ code: 'bad_input' }),
    );
  });

  it('knows what the group of an episode comes to, in whatever order it is written', () => {
    const it = desk();
    const { workspace } = it;
    const { id: sampleId } = addSample(workspace);
    const job = newId.job();
    const { agentVersionId } = runningEpisode(workspace, sampleId);
    workspace.rolloutJobs.add({
      id: job,
      evaluationId: null,
      agentVersionId,
      scope: { kind: 'filter', filter: {} },
      plan: { size: 3, sizeWithout: 0, sampling: GREEDY, limits: DEFAULT_LIMITS, capMs: 1000 },
      createdAt: 1,
      sampleTotal: 1,
    });
    const group = workspace.groups.ensure(job, sampleId, 3, 0, 1);
    const play = (number: number, total: number, linkFirst: boolean): EpisodeId => {
      const begun = runningEpisode(workspace, sampleId);
      if (linkFirst) workspace.rolloutJobs.link(job, sampleId, number, begun.id);
      workspace.episodes.finish({
        ...begun,
        state: { kind: 'ended', status: 'answered', endedAt: 9 },
        answer: String(total),
        verdict: total >= 1 ? 'right' : 'wrong',
        reward: { accuracy: total >= 1 ? 1 : 0, toolFactor: 1, format: 1, total },
      });
      if (!linkFirst) workspace.rolloutJobs.link(job, sampleId, number, begun.id);
      return begun.id;
    };
    const ids = [play(0, 0.5, true), play(1, 1.5, false)];
    const alone = endedEpisode(workspace);
    workspace.groups.refresh(group);
    ids.push(play(2, 1.5, true));
    const listed = workspace.queue.items([...ids, alone], it.ann, 0);
    const statistics = workspace.groups.get(group)?.group.statistics;
    expect(statistics?.rewardVariance).toBeGreaterThan(0);
    expect(listed.map(({ groupVariance }) => groupVariance)).toEqual([
      ...ids.map(() => Number(statistics?.rewardVariance?.toFixed(6))),
      null,
    ]);
    expect(listed[0]?.groupDisagreement).toBeCloseTo(statistics?.disagreement ?? Number.NaN, 6);
    expect(order(it, 'variance').at(-1)).toBe(alone);
    expect(order(it, 'disagreement').at(-1)).toBe(alone);
  });
});
