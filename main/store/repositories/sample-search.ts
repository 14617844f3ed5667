import { z } from 'zod';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { SampleId } from '../../../shared/model/ids.ts';
import type { SampleFilter, SampleSelection, SampleSort } from '../../../shared/model/sample-filter.ts';
import { IN_PLACE } from '../../../shared/model/sample-filter.ts';
import type { Split } from '../../../shared/model/sample.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { filterSql, matchOf, sortSql } from './sample-filter-sql.ts';
import type { FilterSql, SqlPart } from './sample-filter-sql.ts';

export interface SampleQuery {
  readonly cursor?: string | null | undefined;
  readonly limit: number;
  readonly filter?: SampleFilter | undefined;
  readonly sort?: SampleSort | undefined;
}

/** Rows of samples in order, by their row number. */
export interface FoundSamples {
  readonly seqs: readonly number[];
  readonly nextCursor: string | null;
  readonly total: number;
}

export interface SampleSearch {
  page(query: SampleQuery): FoundSamples;
  count(filter: SampleFilter): number;
  /** The first of them behind a place; null as place is before all. */
  next(filter: SampleFilter, after: number | null): { readonly id: SampleId; readonly place: number } | null;
  /** Every row that is meant, in the order of the list. */
  rowsOf(selection: SampleSelection): readonly number[];
  idsOf(selection: SampleSelection): readonly SampleId[];
  /** Which live sample shows which image, by their rows. */
  imagePairs(): readonly (readonly [sample: number, image: number])[];
  splitsOf(rows: readonly number[]): ReadonlyMap<number, Split>;
}

/** Where a page ended: the value that was sorted by, and the place. */
const cursorParts = z.tuple([z.union([z.number(), z.string(), z.null()]), z.number().int()]).readonly();
type Cursor = z.infer<typeof cursorParts>;

function toCursor(parts: Cursor): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws StudioError bad_input for a cursor that no list gave out. */
function parseCursor(text: string): Cursor {
  try {
    const json = Buffer.from(text, 'base64url');
    if (json.toString('base64url') !== text) throw new Error('not base64url');
    return cursorParts.parse(JSON.parse(json.toString()));
  } catch {
    throw new StudioError('bad_input', 'This list position is not known.');
  }
}

interface KeyRow {
  readonly seq: number;
  readonly place: number;
  readonly k: string | number | null;
  readonly total?: number;
}

/** Counts that are remembered; a person goes back and forth between a few filters. */
const REMEMBERED = 64;

export function createSampleSearch(database: WorkspaceDatabase): SampleSearch {
  const { raw } = database;
  const changes = raw.prepare<[], number>('SELECT total_changes()').pluck();
  const tagsByWord = raw
    .prepare<[string], number>('SELECT rowid FROM tag_text WHERE tag_text MATCH ?')
    .pluck();
  const liveTotal = raw
    .prepare<[], number>("SELECT value FROM counters WHERE scope = 'total' AND name = 'samples'")
    .pluck();
  /** This is the only connection, so while nothing was written a count holds. */
  const totals = new Map<string, { readonly changes: number; readonly total: number }>();

  const compile = (filter: SampleFilter): FilterSql =>
    filterSql(filter, (word) => tagsByWord.all(matchOf(word)));

  function remembered(key: string): number | null {
    const known = totals.get(key);
    return known !== undefined && known.changes === changes.get() ? known.total : null;
  }

  function remember(key: string, total: number): void {
    totals.delete(key);
    totals.set(key, { changes: changes.get() ?? 0, total });
    const [oldest] = totals.keys();
    if (totals.size > REMEMBERED && oldest !== undefined) totals.delete(oldest);
  }

  function count(filter: SampleFilter): number {
    const key = JSON.stringify(filter);
    if (key === '{}') return liveTotal.get() ?? 0;
    const known = remembered(key);
    if (known !== null) return known;
    const { hits, where } = compile(filter);
    const { sql, values } = matching(hits, where, 'count(*)');
    const total = raw
      .prepare<unknown[], number>(sql)
      .pluck()
      .get(...values);
    remember(key, total ?? 0);
    return total ?? 0;
  }

  function page(query: SampleQuery): FoundSamples {
    const { filter = {}, sort = IN_PLACE, limit } = query;
    const from = query.cursor === null || query.cursor === undefined ? null : parseCursor(query.cursor);
    const key = JSON.stringify(filter);
    const { hits, where } = compile(filter);
    const known = key === '{}' ? count(filter) : remembered(key);
    const order = `k IS NULL, k ${sort.descending ? 'DESC' : 'ASC'}, place`;
    const columns = `f.sample_seq AS seq, f.place AS place, ${sortSql(sort)} AS k`;
    // Sorted by place and with many hits, the index on it is walked and left early.
    const parts =
      known === null && hits !== null
        ? countedPage(hits, where, columns, from, sort, order)
        : plainPage(hits, where, columns, from, sort, order);
    const rows = raw.prepare<unknown[], KeyRow>(parts.sql).all(...parts.values, limit + 1);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const counted = rows[0]?.total;
    if (counted !== undefined) remember(key, counted);
    return {
      seqs: shown.map(({ seq }) => seq),
      nextCursor: rows.length > limit && last !== undefined ? toCursor([last.k, last.place]) : null,
      total: counted ?? known ?? count(filter),
    };
  }

  function rowsOf(selection: SampleSelection): readonly number[] {
    if (selection.kind === 'ids') {
      return raw
        .prepare<[string], number>(
          'SELECT seq FROM samples WHERE removed_at IS NULL AND id IN (SELECT value FROM json_each(?)) ORDER BY place',
        )
        .pluck()
        .all(JSON.stringify(selection.ids));
    }
    const { hits, where } = compile(selection.filter);
    const found = matching(hits, where, 'f.sample_seq');
    const except =
      'AND f.sample_seq NOT IN (SELECT seq FROM samples WHERE id IN (SELECT value FROM json_each(?)))';
    return raw
      .prepare<unknown[], number>(`${found.sql} ${except} ORDER BY f.place`)
      .pluck()
      .all(...found.values, JSON.stringify(selection.except));
  }

  return {
    page: (query) => database.read(() => page(query)),
    count: (filter) => database.read(() => count(filter)),
    next: (filter, after) =>
      database.read(() => {
        const { hits, where } = compile(filter);
        const found = matching(hits, where, 'f.sample_seq AS seq, f.place AS place');
        const first = raw
          .prepare<unknown[], { id: SampleId; place: number }>(
            `SELECT samples.id, found.place FROM (${found.sql}) AS found JOIN samples USING (seq)
             WHERE found.place > ? ORDER BY found.place LIMIT 1`,
          )
          .get(...found.values, after ?? Number.MIN_SAFE_INTEGER);
        return first ?? null;
      }),
    rowsOf: (selection) => database.read(() => rowsOf(selection)),
    imagePairs: () =>
      database.read(() =>
        raw
          .prepare<[], [number, number]>(
            'SELECT sample_seq, image_seq FROM sample_images JOIN sample_facts USING (sample_seq) WHERE removed = 0',
          )
          .raw()
          .all(),
      ),
    splitsOf: (rows) =>
      database.read(
        () =>
          new Map(
            raw
              .prepare<[string], [number, Split]>(
                'SELECT sample_seq, split FROM sample_facts WHERE sample_seq IN (SELECT value FROM json_each(?))',
              )
              .raw()
              .all(JSON.stringify(rows)),
          ),
      ),
    idsOf: (selection) =>
      database.read(() =>
        raw
          .prepare<[string], SampleId>(
            'SELECT id FROM samples WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY place',
          )
          .pluck()
          .all(JSON.stringify(rowsOf(selection))),
      ),
  };
}

/** `columns` of every row that matches. */
function matching(hits: SqlPart | null, where: SqlPart, columns: string): SqlPart {
  if (hits === null)
    return { sql: `SELECT ${columns} FROM sample_facts AS f WHERE ${where.sql}`, values: where.values };
  return {
    sql: `WITH hits AS MATERIALIZED (${hits.sql})
      SELECT ${columns} FROM hits CROSS JOIN sample_facts AS f ON f.sample_seq = hits.seq WHERE ${where.sql}`,
    values: [...hits.values, ...where.values],
  };
}

function after(from: Cursor | null, sort: SampleSort): SqlPart {
  if (from === null) return { sql: '', values: [] };
  const [k, place] = from;
  if (sort.key === 'place' && !sort.descending) return { sql: 'WHERE place > ?', values: [place] };
  const isNull = k === null ? 1 : 0;
  const beyond = k === null ? [] : [k, k];
  const sql =
    k === null
      ? '(k IS NULL AND place > ?)'
      : `(k IS NULL OR k ${sort.descending ? '<' : '>'} ? OR (k = ? AND place > ?))`;
  return { sql: `WHERE (k IS NULL) >= ${isNull} AND ${sql}`, values: [...beyond, place] };
}

function plainPage(
  hits: SqlPart | null,
  where: SqlPart,
  columns: string,
  from: Cursor | null,
  sort: SampleSort,
  order: string,
): SqlPart {
  const rest = after(from, sort);
  const found = matching(hits, where, columns);
  const inPlace = sort.key === 'place' && !sort.descending;
  return {
    sql: `SELECT * FROM (${found.sql}) ${rest.sql} ORDER BY ${inPlace ? 'place' : order} LIMIT ?`,
    values: [...found.values, ...rest.values],
  };
}

/** The page and the count of all of it at once, so that a search looks at the text index only once. */
function countedPage(
  hits: SqlPart,
  where: SqlPart,
  columns: string,
  from: Cursor | null,
  sort: SampleSort,
  order: string,
): SqlPart {
  const rest = after(from, sort);
  return {
    sql: `WITH hits AS MATERIALIZED (${hits.sql}),
      matched AS MATERIALIZED (SELECT ${columns} FROM hits CROSS JOIN sample_facts AS f ON f.sample_seq = hits.seq
        WHERE ${where.sql})
      SELECT *, (SELECT count(*) FROM matched) AS total FROM matched ${rest.sql} ORDER BY ${order} LIMIT ?`,
    values: [...hits.values, ...where.values, ...rest.values],
  };
}
