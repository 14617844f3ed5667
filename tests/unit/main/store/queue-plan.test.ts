import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { QueueRepository } from '../../../../main/store/repositories/queue.ts';
import { createQueueRepository } from '../../../../main/store/repositories/queue.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { QueueFilter, QueueItem, QueueOrder } from '../../../../shared/contract/reviews.ts';
import { queueOrder } from '../../../../shared/contract/reviews.ts';
import { verdict } from '../../../../shared/model/episode.ts';
import type { EpisodeId, ReviewerId, SampleId } from '../../../../shared/model/ids.ts';
import type { ReviewFlag } from '../../../../shared/model/review.ts';
import { reviewFlag, reviewVerdict, standing } from '../../../../shared/model/review.ts';
import type { Sample } from '../../../../shared/model/sample.ts';
import { randomFrom } from '../../../../shared/model/shuffle.ts';
import { aStep, addSample, runningEpisode } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const KINDS = ['read', 'count'] as const;
const SPLITS = ['train', 'test'] as const;
const QUESTIONS = ['What colour is the lamp?', 'Which gauge?', 'How many bottles?'] as const;
const FLAGS = ['loop', 'format'] as const satisfies readonly ReviewFlag[];
const EPISODES = 60;

interface Desk {
  readonly workspace: Workspace;
  readonly by: readonly ReviewerId[];
  readonly samples: readonly Sample[];
}

/** A queue in which every value of every filter is somewhere, and which was edited, undone and done again. */
function desk(): Desk {
  const workspace = openWorkspace(tempFolder(), 1);
  workspace.database.raw.pragma('synchronous = OFF');
  const random = randomFrom(11);
  const pick = <One>(all: readonly One[]): One => all[Math.floor(random() * all.length)] as One;
  const by = ['Ann', 'Ben', 'Cleo'].map((name) => workspace.reviewers.add(name, 1).id);
  const samples = Array.from({ length: 15 }, () =>
    addSample(workspace, { kind: pick(KINDS), split: pick(SPLITS), question: pick(QUESTIONS) }),
  );
  const ids: EpisodeId[] = [];
  for (let count = 0; count < EPISODES; count += 1) {
    const begun = runningEpisode(workspace, pick(samples).id);
    const tokens = ['<answer>', 'red', '</answer>'].map((text) => ({
      id: 1,
      text,
      logprob: null,
      entropy: pick([0.25, 0.5, 1]),
    }));
    workspace.episodes.finish({
      ...begun,
      state: { kind: 'ended', status: 'answered', endedAt: 9 },
      answer: 'red',
      verdict: pick(verdict.options),
      flags: FLAGS.filter(() => random() < 0.3),
      steps: [aStep(0, { tokens, action: { kind: 'answer', answer: 'red' } })],
    });
    ids.push(begun.id);
  }
  const act = (who: ReviewerId, change: () => unknown): unknown =>
    workspace.journal.act({ by: who, at: 10, label: 'x', subject: null }, change);
  for (let turn = 0; turn < 150; turn += 1) {
    const who = pick(by);
    const episodeId = pick(ids);
    const chance = random();
    if (chance < 0.1) workspace.journal.undo(who, 12);
    else if (chance < 0.15) workspace.journal.redo(who);
    else if (chance < 0.3) {
      const flag = pick(FLAGS);
      const known = workspace.reviews.flags(episodeId).find((one) => one.flag === flag);
      const decision = pick(['confirmed', 'dismissed', null] as const);
      const revision = known?.revision ?? null;
      act(who, () => workspace.reviews.decideFlag({ by: who, episodeId, flag, revision, decision }, 10));
    } else {
      const known = workspace.reviews.of(episodeId).find((one) => one.by === who);
      const said = { verdict: pick(reviewVerdict.options), reasons: [], note: '' };
      act(who, () =>
        workspace.reviews.put({ by: who, episodeId, revision: known?.revision ?? null, ...said }, 10),
      );
    }
  }
  const [gone, back] = samples;
  if (gone === undefined || back === undefined) throw new Error('no samples');
  act(by[0] as ReviewerId, () => workspace.samples.remove([gone.id], 11));
  act(by[1] as ReviewerId, () => workspace.samples.remove([back.id], 11));
  workspace.journal.undo(by[1] as ReviewerId, 12);
  return { workspace, by, samples };
}

interface Asked {
  readonly order: QueueOrder;
  readonly seed: number;
  readonly filter: QueueFilter;
  readonly share: number;
  readonly limit: number;
  readonly who: ReviewerId;
}

/** All pages. */
function listed(queue: QueueRepository, { who, ...asked }: Asked): readonly QueueItem[] {
  const items: QueueItem[] = [];
  let cursor: string | null = null;
  do {
    const page: ReturnType<QueueRepository['list']> = queue.list({ ...asked, by: who, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

const idsOf = (items: readonly QueueItem[]): readonly EpisodeId[] => items.map(({ episode }) => episode.id);

it('a page is the same whichever way its rows are found, and is what the filter says', () => {
  const { workspace, by, samples } = desk();
  const walking = createQueueRepository(workspace.database, ['walk']);
  const byCell = createQueueRepository(workspace.database, ['cells']);
  const bySample = createQueueRepository(workspace.database, ['samples']);
  const agents = workspace.agents.list().map(({ id }) => id);
  const sampleOf = new Map<SampleId, Sample>(samples.map((sample) => [sample.id, sample]));
  const flagsOf = (id: EpisodeId): readonly ReviewFlag[] =>
    workspace.reviews
      .flags(id)
      .filter(({ decision, proposed }) => decision === 'confirmed' || (decision === null && proposed))
      .map(({ flag }) => flag);

  function fits({ episode, question, standing: stands, open }: QueueItem, filter: QueueFilter): boolean {
    const sample = sampleOf.get(episode.sampleId);
    const words = (filter.search ?? '')
      .toLowerCase()
      .split(' ')
      .filter((word) => word !== '');
    return (
      (!filter.todo || open) &&
      (filter.standing ?? stands) === stands &&
      (filter.flag === undefined || flagsOf(episode.id).includes(filter.flag)) &&
      (filter.outcome ?? episode.verdict) === episode.verdict &&
      (filter.agentVersionId ?? episode.agentVersionId) === episode.agentVersionId &&
      (filter.sampleId ?? episode.sampleId) === episode.sampleId &&
      (filter.kind ?? sample?.kind) === sample?.kind &&
      (filter.split ?? sample?.split) === sample?.split &&
      words.every((word) =>
        question
          .toLowerCase()
          .split(/[\s?]/u)
          .some((one) => one.startsWith(word)),
      )
    );
  }

  const maybe = <One>(value: fc.Arbitrary<One>): fc.Arbitrary<One | undefined> =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
  const filters = fc.record({
    todo: fc.boolean(),
    standing: maybe(fc.constantFrom(...standing.options)),
    flag: maybe(fc.constantFrom(...reviewFlag.options)),
    outcome: maybe(fc.constantFrom(...verdict.options)),
    agentVersionId: maybe(fc.constantFrom(...agents.slice(0, 3))),
    sampleId: maybe(fc.constantFrom(...samples.map(({ id }) => id))),
    kind: maybe(fc.constantFrom('read', 'count', 'none of these')),
    split: maybe(fc.constantFrom(...SPLITS)),
    search: maybe(fc.constantFrom('', 'gauge', 'what col', 'nothing like it', '?', 'bot')),
  });
  let met = 0;
  fc.assert(
    fc.property(
      fc.record({
        order: fc.constantFrom(...queueOrder.options),
        seed: fc.nat(5),
        filter: filters,
        share: fc.constantFrom(0, 0.3, 1),
        limit: fc.constantFrom(1, 7, 100),
        who: fc.constantFrom(...by),
      }),
      (asked) => {
        const plain = { ...asked, filter: { todo: false }, limit: 500 };
        const expected = idsOf(listed(walking, plain).filter((item) => fits(item, asked.filter)));
        met += expected.length > 0 ? 1 : 0;
        expect(idsOf(listed(walking, asked))).toEqual(expected);
        expect(idsOf(listed(byCell, asked))).toEqual(expected);
        expect(idsOf(listed(bySample, asked))).toEqual(expected);
        expect(idsOf(listed(workspace.queue, asked))).toEqual(expected);
      },
    ),
    { numRuns: 150, seed: 5, endOnFailure: true },
  );
  // Filters that let nothing through would agree about nothing.
  expect(met).toBeGreaterThan(40);
  workspace.close();
});

it('how many rows are alike is counted through edits, undo, and samples that come and go', () => {
  const { workspace } = desk();
  const cells = 'standing, opinions, outcome, agent_seq, flags';
  const { raw } = workspace.database;
  const counted = raw.prepare(`SELECT * FROM queue_cells WHERE count <> 0 ORDER BY ${cells}`).all();
  expect(counted.length).toBeGreaterThan(10);
  expect(counted).toEqual(
    raw.prepare(`SELECT ${cells}, count(*) AS count FROM queue WHERE hidden = 0 GROUP BY ${cells}`).all(),
  );
  workspace.close();
});
