import { StudioError } from '../../../shared/contract/errors.ts';
import type { SampleId, SnapshotId } from '../../../shared/model/ids.ts';
import { sampleFilter } from '../../../shared/model/sample-filter.ts';
import type {
  Snapshot,
  SnapshotCounts,
  SnapshotDemonstration,
  SnapshotImage,
  SnapshotSample,
} from '../../../shared/model/snapshot.ts';
import { snapshotCounts } from '../../../shared/model/snapshot.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { DEMONSTRATION, demonstrationOfRow, IMAGE, imageOfRow, SAMPLE, sampleOf } from './snapshot-rows.ts';
import type { KeptRow } from './snapshot-rows.ts';

export type SnapshotDraft = Pick<Snapshot, 'id' | 'name' | 'note' | 'createdAt' | 'by' | 'filter'>;

/** One row that differs between two snapshots; null where it is only in the other. */
export interface ChangedRow<Item> {
  readonly before: Item | null;
  readonly after: Item | null;
}

export interface SnapshotDiffCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
}

export interface SnapshotRepository {
  /** Newest first. */
  list(): readonly Snapshot[];
  /** @throws StudioError not_found */
  get(id: SnapshotId): Snapshot;
  /** A snapshot that is being made: nobody sees it before `publish`. */
  begin(draft: SnapshotDraft): void;
  addRows(id: SnapshotId, kind: number, from: number, rows: readonly KeptRow[]): void;
  /** From here on nothing of it can be changed. */
  seal(id: SnapshotId, hash: string, counts: SnapshotCounts): void;
  /** Inside `journal.act`. */
  publish(id: SnapshotId, at: number): void;
  /** Inside `journal.act`. */
  remove(id: SnapshotId): void;
  /** Takes away one that was never sealed. */
  abandon(id: SnapshotId): void;
  abandonLeftovers(): void;
  /** In the order of the list as it was; a part at a time, so that none of it must be held whole. */
  samples(id: SnapshotId): Generator<SnapshotSample, void, void>;
  demonstrations(id: SnapshotId): Generator<SnapshotDemonstration, void, void>;
  images(id: SnapshotId): Generator<SnapshotImage, void, void>;
  samplePage(id: SnapshotId, from: number, limit: number): readonly SnapshotSample[];
  demonstrationPage(id: SnapshotId, from: number, limit: number): readonly SnapshotDemonstration[];
  imagesOf(id: SnapshotId, digests: readonly string[]): readonly SnapshotImage[];
  diffCounts(
    before: SnapshotId,
    after: SnapshotId,
  ): {
    readonly samples: SnapshotDiffCounts;
    readonly demonstrations: SnapshotDiffCounts;
  };
  sampleDiff(
    before: SnapshotId,
    after: SnapshotId,
    from: number,
    limit: number,
  ): readonly ChangedRow<SnapshotSample>[];
  demonstrationDiff(
    before: SnapshotId,
    after: SnapshotId,
    from: number,
    limit: number,
  ): readonly ChangedRow<SnapshotDemonstration>[];
  sampleIn(id: SnapshotId, sample: SampleId): SnapshotSample | null;
}

interface HeaderRow {
  readonly id: SnapshotId;
  readonly name: string;
  readonly note: string;
  readonly created_at: number;
  readonly reviewer_id: Snapshot['by'];
  readonly filter: string;
  readonly hash: string;
  readonly counts: string;
}

type MemberRow = Omit<KeptRow, 'digest'>;

interface DiffRow {
  readonly key: string;
  readonly before: string | null;
  readonly before_ids: string | null;
  readonly after: string | null;
  readonly after_ids: string | null;
}

interface DiffOf {
  readonly before: SnapshotId;
  readonly after: SnapshotId;
  readonly kind: number;
}

/** Rows of the one with their like in the other, found by key; written so, because a FULL JOIN has no index. */
const PAIRS = `
  FROM snapshot_members AS a LEFT JOIN snapshot_members AS b ON
    b.snapshot_seq = (SELECT seq FROM snapshots WHERE id = @after) AND b.kind = @kind AND b.key = a.key
  WHERE a.snapshot_seq = (SELECT seq FROM snapshots WHERE id = @before) AND a.kind = @kind`;
const ADDED = `
  FROM snapshot_members AS b
  WHERE b.snapshot_seq = (SELECT seq FROM snapshots WHERE id = @after) AND b.kind = @kind AND NOT EXISTS (
    SELECT 1 FROM snapshot_members AS a
    WHERE a.snapshot_seq = (SELECT seq FROM snapshots WHERE id = @before) AND a.kind = @kind AND a.key = b.key)`;

/** Rows that are read at a time. */
const PART = 500;

const SELECT = `
  SELECT snapshots.*, reviewers.id AS reviewer_id FROM snapshots
  LEFT JOIN reviewers ON reviewers.seq = reviewer_seq WHERE made_at IS NOT NULL`;
const SEQ = '(SELECT seq FROM snapshots WHERE id = ?)';

function toSnapshot(row: HeaderRow): Snapshot {
  return {
    id: row.id,
    name: row.name,
    note: row.note,
    createdAt: row.created_at,
    by: row.reviewer_id,
    filter: sampleFilter.parse(JSON.parse(row.filter)),
    hash: row.hash,
    counts: snapshotCounts.parse(JSON.parse(row.counts)),
  };
}

export function createSnapshotRepository(database: WorkspaceDatabase): SnapshotRepository {
  const { raw } = database;
  const all = raw.prepare<[], HeaderRow>(`${SELECT} ORDER BY created_at DESC, snapshots.seq DESC`);
  const byId = raw.prepare<[string], HeaderRow>(`${SELECT} AND snapshots.id = ?`);
  const insert = raw.prepare(`
    INSERT INTO snapshots (id, name, note, created_at, reviewer_seq, filter)
    VALUES (@id, @name, @note, @createdAt, (SELECT seq FROM reviewers WHERE id = @by), @filter)`);
  const addBody = raw.prepare<[string, string]>(
    'INSERT OR IGNORE INTO snapshot_bodies (digest, body) VALUES (?, ?)',
  );
  const addMember = raw.prepare<[string, number, number, string, string | null, string]>(`
    INSERT INTO snapshot_members
    SELECT ${SEQ}, ?, ?, ?, seq, ? FROM snapshot_bodies WHERE digest = ?`);
  const seal = raw.prepare<[string, string, string]>(
    'UPDATE snapshots SET hash = ?, counts = ? WHERE id = ?',
  );
  const publish = raw.prepare<[number | null, string]>('UPDATE snapshots SET made_at = ? WHERE id = ?');
  const unsealed = raw.prepare<[], SnapshotId>('SELECT id FROM snapshots WHERE hash IS NULL').pluck();
  const dropMembers = raw.prepare<[string]>(`DELETE FROM snapshot_members WHERE snapshot_seq = ${SEQ}`);
  const drop = raw.prepare<[string]>('DELETE FROM snapshots WHERE id = ? AND hash IS NULL');
  const part = raw.prepare<[string, number, number, number], MemberRow>(`
    SELECT key, body, ids FROM snapshot_members JOIN snapshot_bodies ON snapshot_bodies.seq = body_seq
    WHERE snapshot_seq = ${SEQ} AND kind = ? AND number >= ? ORDER BY number LIMIT ?`);
  const byKey = raw.prepare<[string, number, string], MemberRow>(`
    SELECT key, body, ids FROM snapshot_members JOIN snapshot_bodies ON snapshot_bodies.seq = body_seq
    WHERE snapshot_seq = ${SEQ} AND kind = ? AND key = ?`);
  const counted = raw.prepare<[DiffOf], { removed: number; changed: number; same: number }>(`
    SELECT ifnull(sum(b.key IS NULL), 0) AS removed, ifnull(sum(a.body_seq <> b.body_seq), 0) AS changed,
      ifnull(sum(a.body_seq = b.body_seq), 0) AS same ${PAIRS}`);
  const added = raw.prepare<[DiffOf], number>(`SELECT count(*) ${ADDED}`).pluck();
  const differing = raw.prepare<[DiffOf & { from: number; limit: number }], DiffRow>(`
    SELECT key, one.body AS before, before_ids, other.body AS after, after_ids FROM (
      SELECT 0 AS part, a.number, a.key, a.body_seq AS before_seq, a.ids AS before_ids,
        b.body_seq AS after_seq, b.ids AS after_ids ${PAIRS} AND a.body_seq IS NOT b.body_seq
      UNION ALL SELECT 1, b.number, b.key, NULL, NULL, b.body_seq, b.ids ${ADDED}
      ORDER BY 1, 2 LIMIT @limit OFFSET @from
    ) LEFT JOIN snapshot_bodies AS one ON one.seq = before_seq
      LEFT JOIN snapshot_bodies AS other ON other.seq = after_seq ORDER BY part, number`);

  function page(id: SnapshotId, kind: number, from: number, limit: number): readonly MemberRow[] {
    return database.read(() => part.all(id, kind, from, limit));
  }

  function* rows(id: SnapshotId, kind: number): Generator<MemberRow, void, void> {
    for (let from = 0; ; from += PART) {
      const found = page(id, kind, from, PART);
      yield* found;
      if (found.length < PART) return;
    }
  }

  function* each<Item>(
    id: SnapshotId,
    kind: number,
    toItem: (row: MemberRow) => Item,
  ): Generator<Item, void, void> {
    for (const row of rows(id, kind)) yield toItem(row);
  }

  function diff<Item>(
    [before, after]: readonly [SnapshotId, SnapshotId],
    kind: number,
    [from, limit]: readonly [number, number],
    toItem: (row: MemberRow) => Item,
  ): readonly ChangedRow<Item>[] {
    return database.read(() =>
      differing.all({ before, after, kind, from, limit }).map((row) => ({
        before: row.before === null ? null : toItem({ key: row.key, body: row.before, ids: row.before_ids }),
        after: row.after === null ? null : toItem({ key: row.key, body: row.after, ids: row.after_ids }),
      })),
    );
  }

  function countsOf(before: SnapshotId, after: SnapshotId, kind: number): SnapshotDiffCounts {
    const of = { before, after, kind };
    const { removed, changed, same } = counted.get(of) ?? { removed: 0, changed: 0, same: 0 };
    return { added: added.get(of) ?? 0, removed, changed, same };
  }

  function abandon(id: SnapshotId): void {
    dropMembers.run(id);
    drop.run(id);
  }

  return {
    list: () => database.read(() => all.all().map(toSnapshot)),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        if (!row) throw new StudioError('not_found', 'This snapshot is not in the workspace any more.');
        return toSnapshot(row);
      }),
    begin: (draft) =>
      database.write(() => {
        insert.run({ ...draft, filter: JSON.stringify(draft.filter) });
      }),
    addRows: (id, kind, from, list) =>
      database.write(() => {
        for (const [at, { key, digest, body, ids }] of list.entries()) {
          addBody.run(digest, body);
          addMember.run(id, kind, from + at, key, ids, digest);
        }
      }),
    seal: (id, hash, counts) =>
      database.write(() => {
        seal.run(hash, JSON.stringify(counts), id);
      }),
    publish: (id, at) =>
      database.write(() => {
        publish.run(at, id);
      }),
    remove: (id) =>
      database.write(() => {
        publish.run(null, id);
      }),
    abandon: (id) => database.write(() => abandon(id)),
    abandonLeftovers: () => database.write(() => unsealed.all().forEach(abandon)),
    samples: (id) => each(id, SAMPLE, sampleOf),
    demonstrations: (id) => each(id, DEMONSTRATION, demonstrationOfRow),
    images: (id) => each(id, IMAGE, imageOfRow),
    samplePage: (id, from, limit) => page(id, SAMPLE, from, limit).map(sampleOf),
    demonstrationPage: (id, from, limit) => page(id, DEMONSTRATION, from, limit).map(demonstrationOfRow),
    imagesOf: (id, digests) =>
      database.read(() => digests.flatMap((digest) => byKey.all(id, IMAGE, digest).map(imageOfRow))),
    diffCounts: (before, after) =>
      database.read(() => ({
        samples: countsOf(before, after, SAMPLE),
        demonstrations: countsOf(before, after, DEMONSTRATION),
      })),
    sampleDiff: (before, after, from, limit) => diff([before, after], SAMPLE, [from, limit], sampleOf),
    demonstrationDiff: (before, after, from, limit) =>
      diff([before, after], DEMONSTRATION, [from, limit], demonstrationOfRow),
    sampleIn: (id, sample) =>
      database.read(() => {
        const row = byKey.get(id, SAMPLE, sample);
        return row ? sampleOf(row) : null;
      }),
  };
}
