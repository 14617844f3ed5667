import { StudioError } from '../../../shared/contract/errors.ts';
import type { ImageId, SampleId } from '../../../shared/model/ids.ts';
import type { SampleFacts, SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { AnswerKind, Sample, SampleDraft, Split } from '../../../shared/model/sample.ts';
import { reviewFlag } from '../../../shared/model/review.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { newId } from '../new-id.ts';
import type { CounterRepository } from './counters.ts';
import type { ImageRow, StoredImage } from './images.ts';
import { toStoredImage } from './images.ts';
import type { Page } from './page.ts';
import type { SampleQuery, SampleSearch } from './sample-search.ts';
import { createTagRepository } from './tags.ts';

export interface SampleRepository {
  add(draft: SampleDraft, place: number, at: number): Sample;
  /** As `add`, for a row of a file: null when a live sample with this fingerprint is there already. */
  addImported(draft: SampleDraft, place: number, at: number, fingerprint: string): Sample | null;
  get(id: SampleId): Sample | null;
  images(id: SampleId): readonly StoredImage[];
  facts(id: SampleId): SampleFacts;
  /** @throws StudioError not_found, and conflict when `revision` is not the stored one. */
  update(id: SampleId, revision: number, draft: SampleDraft): Sample;
  remove(ids: readonly SampleId[], at: number): void;
  list(query: SampleQuery): Page<Sample> & { readonly total: number };
  count(filter: SampleFilter): number;
  /** The first that a filter finds after a place, for work that goes from sample to sample. */
  next(filter: SampleFilter, after: number | null): { readonly id: SampleId; readonly place: number } | null;
}

interface SampleRow {
  readonly seq: number;
  readonly id: SampleId;
  readonly place: number;
  readonly question: string;
  readonly choices: string | null;
  readonly answers: string;
  readonly answer_kind: AnswerKind;
  /** A number as text: a REAL can't be journaled. */
  readonly tolerance: string | null;
  readonly kind: string;
  readonly split: Split;
  readonly created_at: number;
  readonly revision: number;
  readonly tags_revision: number;
  readonly removed_at: number | null;
}

interface FactsRow {
  readonly standing: SampleFacts['standing'];
  readonly flags: number;
  readonly scored_count: number;
  readonly right_count: number;
  readonly reviewed_at: number | null;
}

const SELECT = 'SELECT samples.*, tags_revision FROM samples JOIN sample_facts ON sample_seq = seq';

/** A change of the tags is a change of the sample, though it stands elsewhere. */
function revisionOf(row: SampleRow): number {
  return Math.max(row.revision, row.tags_revision);
}

function columns(draft: SampleDraft) {
  return {
    question: draft.question,
    choices: draft.choices === null ? null : JSON.stringify(draft.choices),
    answers: JSON.stringify(draft.answers),
    answerKind: draft.answerKind,
    tolerance: draft.tolerance === undefined ? null : JSON.stringify(draft.tolerance),
    kind: draft.kind,
    split: draft.split,
  };
}

export function createSampleRepository(
  database: WorkspaceDatabase,
  counters: CounterRepository,
  search: SampleSearch,
): SampleRepository {
  const { raw } = database;
  const tags = createTagRepository(database);
  const insert = raw.prepare(`
    INSERT INTO samples (seq, id, place, question, choices, answers, answer_kind, kind, split, created_at, revision,
      fingerprint, tolerance)
    SELECT value + 1, @id, @place, @question, @choices, @answers, @answerKind, @kind, @split, @at, 1, @fingerprint,
      @tolerance
    FROM counters WHERE scope = 'row' AND name = 'samples'`);
  const byId = raw.prepare<[string], SampleRow>(`${SELECT} WHERE id = ? AND removed_at IS NULL`);
  const bySeq = raw.prepare<[number], SampleRow>(`${SELECT} WHERE seq = ?`);
  const byFingerprint = raw.prepare<[string], { seq: number }>(
    'SELECT seq FROM samples WHERE fingerprint = ? AND removed_at IS NULL',
  );
  const change = raw.prepare(`
    UPDATE samples SET question = @question, choices = @choices, answers = @answers, answer_kind = @answerKind,
      tolerance = @tolerance, kind = @kind, split = @split, revision = @revision WHERE seq = @seq`);
  const mark = raw.prepare<[number, string]>(
    'UPDATE samples SET removed_at = ? WHERE id = ? AND removed_at IS NULL',
  );
  const factsOf = raw.prepare<[string], FactsRow>(
    'SELECT sample_facts.* FROM sample_facts JOIN samples ON seq = sample_seq WHERE id = ?',
  );
  const imageSeq = raw.prepare<[string], { seq: number }>(
    'SELECT seq FROM images WHERE id = ? AND removed_at IS NULL',
  );
  const link = raw.prepare<[number | bigint, number, number]>('INSERT INTO sample_images VALUES (?, ?, ?)');
  const unlink = raw.prepare<[number]>('DELETE FROM sample_images WHERE sample_seq = ?');
  const imagesOf = raw.prepare<[number], ImageRow>(`
    SELECT images.* FROM sample_images JOIN images ON images.seq = sample_images.image_seq
    WHERE sample_seq = ? ORDER BY position`);
  const imageIdsOf = raw.prepare<[number], { id: ImageId }>(`
    SELECT images.id FROM sample_images JOIN images ON images.seq = sample_images.image_seq
    WHERE sample_seq = ? ORDER BY position`);

  function toSample(row: SampleRow): Sample {
    return {
      id: row.id,
      question: row.question,
      imageIds: imageIdsOf.all(row.seq).map(({ id }) => id),
      choices: row.choices === null ? null : JSON.parse(row.choices),
      answers: JSON.parse(row.answers),
      answerKind: row.answer_kind,
      ...(row.tolerance === null ? {} : { tolerance: Number(row.tolerance) }),
      kind: row.kind,
      tags: tags.of(row.seq),
      split: row.split,
      createdAt: row.created_at,
      revision: revisionOf(row),
    };
  }

  function read(id: SampleId): Sample {
    const row = byId.get(id);
    if (!row) throw new Error('the sample that was just written is not there');
    return toSample(row);
  }

  function linkImages(seq: number | bigint, ids: readonly ImageId[]): void {
    for (const [position, id] of ids.entries()) {
      const image = imageSeq.get(id);
      if (!image) throw new StudioError('not_found', 'One of the images is not in the workspace any more.');
      link.run(seq, position, image.seq);
    }
  }

  function add(draft: SampleDraft, place: number, at: number, fingerprint: string | null): Sample {
    const id = newId.sample();
    const { lastInsertRowid } = insert.run({ ...columns(draft), id, place, at, fingerprint });
    linkImages(lastInsertRowid, draft.imageIds);
    tags.put(lastInsertRowid, draft.tags);
    return read(id);
  }

  return {
    add: (draft, place, at) => database.write(() => add(draft, place, at, null)),
    addImported: (draft, place, at, fingerprint) =>
      database.write(() => (byFingerprint.get(fingerprint) ? null : add(draft, place, at, fingerprint))),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toSample(row) : null;
      }),
    images: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? imagesOf.all(row.seq).map(toStoredImage) : [];
      }),
    facts: (id) =>
      database.read(() => {
        const row = factsOf.get(id);
        return {
          standing: row?.standing ?? null,
          flags: reviewFlag.options.filter((_, bit) => ((row?.flags ?? 0) & (1 << bit)) !== 0),
          scored: row?.scored_count ?? 0,
          right: row?.right_count ?? 0,
          reviewedAt: row?.reviewed_at ?? null,
        };
      }),
    update: (id, revision, draft) =>
      database.write(() => {
        const row = byId.get(id);
        if (!row) throw new StudioError('not_found', 'This sample is not in the workspace any more.');
        if (revisionOf(row) !== revision) {
          throw new StudioError(
            'conflict',
            'This sample was changed elsewhere. Look at it again before you save.',
          );
        }
        tags.put(row.seq, draft.tags);
        change.run({ ...columns(draft), seq: row.seq, revision: counters.nextRevision() });
        unlink.run(row.seq);
        linkImages(row.seq, draft.imageIds);
        return read(id);
      }),
    remove: (ids, at) =>
      database.write(() => {
        for (const id of ids) mark.run(at, id);
      }),
    count: (filter) => search.count(filter),
    next: (filter, after) => search.next(filter, after),
    list: (query) =>
      database.read(() => {
        const { seqs, nextCursor, total } = search.page(query);
        return { items: seqs.flatMap((seq) => bySeq.all(seq).map(toSample)), nextCursor, total };
      }),
  };
}
