import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { Verdict } from '../../../../shared/model/episode.ts';
import type { ReviewerId, SampleId } from '../../../../shared/model/ids.ts';
import { reviewFlag, reviewVerdict, standingOf } from '../../../../shared/model/review.ts';
import type { ReviewFlag, ReviewVerdict } from '../../../../shared/model/review.ts';
import { sampleSortKey, sampleStanding, sampleStatus } from '../../../../shared/model/sample-filter.ts';
import type { SampleFilter, SampleSort } from '../../../../shared/model/sample-filter.ts';
import { split } from '../../../../shared/model/sample.ts';
import type { Split } from '../../../../shared/model/sample.ts';
import { addImage, addSample, runningEpisode } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const WORDS = ['red', 'redder', 'blue', 'night', 'port', 'the'] as const;
const KINDS = ['read', 'which'] as const;

interface Run {
  readonly verdict: Verdict;
  readonly ended: boolean;
  readonly flags: readonly ReviewFlag[];
  readonly review: { readonly verdict: ReviewVerdict; readonly note: string; readonly who: number } | null;
}

interface Row {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly kind: string;
  readonly split: Split;
  readonly images: number;
  readonly removed: boolean;
  readonly runs: readonly Run[];
}

const some = <T>(list: readonly T[]) => fc.subarray([...list], { minLength: 1 });

const run: fc.Arbitrary<Run> = fc.record({
  verdict: fc.constantFrom<Verdict>('right', 'wrong', 'unknown'),
  ended: fc.boolean(),
  flags: fc.subarray([...reviewFlag.options], { maxLength: 2 }),
  review: fc.option(
    fc.record({
      verdict: fc.constantFrom(...reviewVerdict.options),
      note: fc.constantFrom('', 'night', 'blue'),
      who: fc.nat(1),
    }),
  ),
});

const row: fc.Arbitrary<Row> = fc.record({
  words: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }),
  tags: fc.subarray(['night', 'port lab', 'hard']),
  kind: fc.constantFrom(...KINDS),
  split: fc.constantFrom(...split.options),
  images: fc.integer({ min: 1, max: 3 }),
  removed: fc.boolean(),
  runs: fc.array(run, { maxLength: 3 }),
});

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const range = (low: number, high: number) =>
  fc
    .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }), fc.constantFrom(0, 1, 2))
    .map(([from, to, ends]) => (ends === 0 ? { from } : ends === 1 ? { to } : { from, to }));

const filter: fc.Arbitrary<SampleFilter> = fc
  .record({
    search: optional(
      fc
        .array(fc.constantFrom('red', 're', 'night', 'po', 'the', 'lab'), { minLength: 1, maxLength: 2 })
        .map((words) => words.join(' ')),
    ),
    status: optional(some(sampleStatus.options)),
    standings: optional(some(sampleStanding.options)),
    verdicts: optional(some<Verdict>(['right', 'wrong', 'unknown'])),
    flags: optional(some(reviewFlag.options)),
    tags: optional(some(['night', 'port lab'])),
    withoutTags: optional(some(['hard'])),
    kinds: optional(some(KINDS)),
    splits: optional(some(split.options)),
    imageCount: optional(range(0, 4)),
    episodeCount: optional(range(0, 3)),
    accuracy: optional(
      range(0, 4).map(({ from, to }) => ({
        ...(from === undefined ? {} : { from: from / 4 }),
        ...(to === undefined ? {} : { to: to / 4 }),
      })),
    ),
    createdAt: optional(range(0, 8)),
    reviewedAt: optional(range(0, 30)),
  })
  // At most three parts, or nothing would ever match.
  .chain((whole) => {
    const parts = Object.entries(whole).filter(([, value]) => value !== undefined);
    return fc.subarray(parts, { maxLength: Math.min(3, parts.length) });
  })
  .map((parts) => Object.fromEntries(parts) as SampleFilter);

const sort: fc.Arbitrary<SampleSort> = fc.record({
  key: fc.constantFrom(...sampleSortKey.options),
  descending: fc.boolean(),
});

interface Known {
  readonly id: SampleId;
  readonly at: number;
  readonly row: Row;
  readonly reviewedAt: number | null;
}

/** Puts the rows into a real workspace, by the ways in which they get there in the app. */
function fill(workspace: Workspace, rows: readonly Row[]): readonly Known[] {
  const people: readonly ReviewerId[] = [
    workspace.reviewers.add('Ann', 1).id,
    workspace.reviewers.add('Ben', 1).id,
  ];
  const images = [1, 2, 3].map((number) => addImage(workspace, `${number}.png`).id);
  let clock = 0;
  return rows.map((one, at) => {
    const sample = workspace.write(() =>
      workspace.samples.add(
        {
          question: one.words.slice(0, -1).join(' ') || 'what',
          answers: one.words.slice(-1),
          choices: null,
          answerKind: 'text',
          kind: one.kind,
          tags: one.tags,
          split: one.split,
          imageIds: images.slice(0, one.images),
        },
        at,
        at,
      ),
    );
    let reviewedAt: number | null = null;
    for (const played of one.runs) {
      const episode = runningEpisode(workspace, sample.id);
      if (!played.ended) continue;
      workspace.episodes.finish({
        ...episode,
        state: { kind: 'ended', status: 'answered', endedAt: 9 },
        verdict: played.verdict,
        flags: [],
      });
      for (const flag of played.flags)
        workspace.reviews.decideFlag(
          { by: people[0]!, episodeId: episode.id, flag, revision: null, decision: 'confirmed' },
          1,
        );
      if (played.review === null) continue;
      clock += 1;
      const by = people[played.review.who]!;
      const { verdict, note } = played.review;
      workspace.reviews.put({ episodeId: episode.id, by, verdict, reasons: [], note, revision: null }, clock);
      reviewedAt = clock;
    }
    if (one.removed) workspace.samples.remove([sample.id], 5);
    return { id: sample.id, at, row: one, reviewedAt };
  });
}

const BEST = ['accepted', 'disputed', 'to_fix', 'unsure', 'rejected', 'skipped', 'unreviewed'] as const;

function within(
  value: number | null,
  asked: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined,
): boolean {
  if (asked === undefined || (asked.from === undefined && asked.to === undefined)) return true;
  return value !== null && value >= (asked.from ?? value) && value <= (asked.to ?? value);
}

/** What is sorted and filtered by, worked out from the rows without any SQL. */
function factsOf({ at, row, reviewedAt }: Known) {
  const ended = row.runs.filter((one) => one.ended);
  const scored = ended.filter(({ verdict }) => verdict !== 'unknown');
  const right = scored.filter(({ verdict }) => verdict === 'right').length;
  const standings = ended.map(({ review }) => standingOf(review === null ? [] : [review.verdict]));
  const standing = BEST.find((one) => standings.includes(one)) ?? 'unreviewed';
  return {
    place: at,
    created_at: at,
    last_run_at: row.runs.length === 0 ? null : 5,
    reviewed_at: reviewedAt,
    accuracy: scored.length === 0 ? null : right / scored.length,
    episode_count: row.runs.length,
    image_count: row.images,
    kind: row.kind,
    split: row.split,
    verdict: ended.at(-1)?.verdict ?? null,
    standing: standing === 'unreviewed' ? null : standing,
    flags: new Set(ended.flatMap(({ flags }) => flags)),
    words: [
      ...row.words,
      ...row.tags.flatMap((tag) => tag.split(' ')),
      ...ended.flatMap(({ review }) => review?.note ?? []),
    ],
  };
}

function matches(known: Known, asked: SampleFilter): boolean {
  const facts = factsOf(known);
  const status =
    facts.standing !== null ? 'reviewed' : facts.episode_count === 0 ? 'never_run' : 'unreviewed';
  const has = <T>(list: readonly T[] | undefined, value: T | null): boolean =>
    list === undefined || (value !== null && list.includes(value));
  return (
    !known.row.removed &&
    has(asked.status, status) &&
    has(asked.standings, facts.standing) &&
    has(asked.verdicts, facts.verdict) &&
    (asked.flags === undefined || asked.flags.some((flag) => facts.flags.has(flag))) &&
    (asked.tags ?? []).every((tag) => known.row.tags.includes(tag)) &&
    !(asked.withoutTags ?? []).some((tag) => known.row.tags.includes(tag)) &&
    has(asked.kinds, facts.kind) &&
    has(asked.splits, facts.split) &&
    within(facts.image_count, asked.imageCount) &&
    within(facts.episode_count, asked.episodeCount) &&
    (asked.accuracy === undefined || facts.accuracy !== null) &&
    within(facts.accuracy, asked.accuracy) &&
    within(facts.created_at, asked.createdAt) &&
    within(facts.reviewed_at, asked.reviewedAt) &&
    (asked.search ?? '')
      .split(' ')
      .every((word) => word === '' || facts.words.some((one) => one.startsWith(word)))
  );
}

function inOrder(known: readonly Known[], { key, descending }: SampleSort): readonly Known[] {
  return known.toSorted((one, other) => {
    const a = factsOf(one)[key];
    const b = factsOf(other)[key];
    if (a === b) return one.at - other.at;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b === descending ? 1 : -1;
  });
}

function pagedIds(workspace: Workspace, asked: SampleFilter, order: SampleSort, limit: number) {
  const ids: SampleId[] = [];
  const totals = new Set<number>();
  let cursor: string | null = null;
  do {
    const page = workspace.samples.list({ filter: asked, sort: order, limit, cursor });
    ids.push(...page.items.map(({ id }) => id));
    totals.add(page.total);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { ids, totals: [...totals] };
}

describe('filters and search', () => {
  it('find what a naive look at every row finds, in its order, by pages of any size, with the exact count', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 10 }),
        fc.array(fc.tuple(filter, sort, fc.integer({ min: 1, max: 4 })), { minLength: 8, maxLength: 8 }),
        (rows, questions) => {
          const workspace = openWorkspace(tempFolder(), 1);
          const known = fill(workspace, rows);
          for (const [asked, order, limit] of questions) {
            const expected = inOrder(
              known.filter((one) => matches(one, asked)),
              order,
            ).map(({ id }) => id);
            const found = pagedIds(workspace, asked, order, limit);
            expect(found.ids, JSON.stringify({ asked, order, limit })).toEqual(expected);
            expect(found.totals).toEqual([expected.length]);
            expect(workspace.sampleSearch.count(asked)).toBe(expected.length);
            const selection = { kind: 'filter', filter: asked, except: expected.slice(0, 1) } as const;
            expect(workspace.sampleSearch.idsOf(selection).toSorted()).toEqual(expected.slice(1).toSorted());
          }
          workspace.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('who reviewed last is a filter', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const [ann, ben] = [workspace.reviewers.add('Ann', 1).id, workspace.reviewers.add('Ben', 1).id];
    const sample = addSample(workspace);
    const episode = runningEpisode(workspace, sample.id);
    workspace.episodes.finish({ ...episode, state: { kind: 'ended', status: 'answered', endedAt: 9 } });
    const say = (by: ReviewerId, at: number) =>
      workspace.reviews.put(
        { by, episodeId: episode.id, verdict: 'accept', reasons: [], note: '', revision: null },
        at,
      );
    say(ann, 1);
    expect(workspace.sampleSearch.count({ reviewers: [ann] })).toBe(1);
    say(ben, 2);
    expect(workspace.sampleSearch.count({ reviewers: [ann] })).toBe(0);
    expect(workspace.sampleSearch.count({ reviewers: [ann, ben] })).toBe(1);
    workspace.close();
  });

  it('facts follow an undo and a redo', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const by = workspace.reviewers.add('Ann', 1).id;
    const sample = addSample(workspace, { tags: ['old'] });
    const facts = (): string =>
      JSON.stringify(workspace.database.raw.prepare('SELECT * FROM sample_facts').all());
    const counts = () =>
      ['old', 'new']
        .map((tag) => workspace.sampleSearch.count({ tags: [tag] }))
        .concat(
          workspace.sampleSearch.count({ search: 'colour' }),
          workspace.sampleSearch.count({ search: 'shape' }),
        );
    const before = counts();
    workspace.journal.act({ by, at: 1, label: 'Edit', subject: null }, () =>
      workspace.samples.update(sample.id, sample.revision, {
        ...sample,
        question: 'What shape?',
        tags: ['new'],
        imageIds: [...sample.imageIds, addImage(workspace, 'b.png').id],
      }),
    );
    const after = counts();
    expect(before).toEqual([1, 0, 1, 0]);
    expect(after).toEqual([0, 1, 0, 1]);
    workspace.journal.undo(by, 2);
    expect(counts()).toEqual(before);
    expect(facts()).toContain('"image_count":1');
    workspace.journal.redo(by);
    expect(counts()).toEqual(after);
    expect(facts()).toContain('"image_count":2');
    workspace.close();
  });

  it('a change of tags is a change of the sample: an editor that saw it before is told', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const sample = addSample(workspace);
    const rows = workspace.sampleSearch.rowsOf({ kind: 'ids', ids: [sample.id] });
    expect(workspace.bulkEdits.apply({ kind: 'add_tag', tag: 'new' }, rows, 5)).toBe(1);
    expect(workspace.bulkEdits.apply({ kind: 'add_tag', tag: 'new' }, rows, 5)).toBe(0);
    expect(() => workspace.samples.update(sample.id, sample.revision, sample)).toThrow('changed elsewhere');
    expect(workspace.samples.get(sample.id)?.tags).toEqual(['new']);
    workspace.close();
  });
});
