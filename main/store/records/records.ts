import type { Statement } from 'better-sqlite3';
import type { WorkspaceDatabase } from '../database.ts';
import { newId } from '../new-id.ts';
import type { ChildKind, RecordKind } from './kinds.ts';
import { naturalKey, recordColumns } from './shapes.ts';
import type { RecordColumn } from './shapes.ts';

/** A row of a workspace that names other rows by their ids, with the rows that belong to it. */
export type WorkspaceRecord = Readonly<Record<string, unknown>>;

export type Put =
  | { readonly kind: 'added' }
  /** A row with this id is there; it was left as it is. */
  | { readonly kind: 'present' }
  | { readonly kind: 'refused'; readonly message: string };

/** Rows of a workspace as records, to be taken elsewhere, and back. */
export interface Records {
  count(kind: RecordKind): number;
  /** In the order in which they were added, a part at a time. */
  read(kind: RecordKind): Generator<WorkspaceRecord, void, void>;
  /** To be called inside `write`. Refuses what does not fit the schema, or names a row that is not there. */
  put(kind: RecordKind, record: WorkspaceRecord): Put;
  /** A row goes by another id here: an image that was there already. */
  alias(table: string, id: string, known: string): void;
  /** To be called after the last `put`: numbers that are given out next are beyond those that came. */
  settle(): void;
}

const PART = 500;

export function createRecords(database: WorkspaceDatabase): Records {
  const { raw } = database;
  const tables = new Map<string, TableRecords>();
  const aliases = new Map<string, string>();

  function table(name: string, kind: Pick<RecordKind, 'omit' | 'json'>): TableRecords {
    const known = tables.get(name) ?? createTable(database, name, kind, aliases);
    tables.set(name, known);
    return known;
  }
  const childTable = (child: ChildKind): TableRecords =>
    table(child.table, { omit: [child.parent], json: child.json ?? {} });

  return {
    count: (kind) =>
      database.read(
        () =>
          raw.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${kind.table} WHERE ${kind.where}`).get()
            ?.n ?? 0,
      ),
    *read(kind) {
      const own = table(kind.table, kind);
      const children = kind.children.map((child) => ({ child, rows: childTable(child) }));
      const { keys } = own;
      const select = raw.prepare<(number | string)[], WorkspaceRecord>(
        `SELECT ${own.select}, ${keys.map((name, at) => `${kind.table}.${name} AS "#${at}"`).join(', ')}
         FROM ${kind.table} WHERE (${kind.where}) AND (${keys.join(', ')}) > (${keys.map(() => '?').join(', ')})
         ORDER BY ${keys.join(', ')} LIMIT ${PART}`,
      );
      let place: readonly (number | string)[] = keys.map(() => Number.MIN_SAFE_INTEGER);
      for (;;) {
        const rows = database.read(() => select.all(...place));
        for (const row of rows) yield toRecord(row, own, children);
        const last = rows.at(-1);
        if (last === undefined || rows.length < PART) return;
        place = keys.map((_, at) => {
          const value = last[`#${at}`];
          return typeof value === 'string' ? value : Number(value);
        });
      }
    },
    put: (kind, record) => {
      const own = table(kind.table, kind);
      const fitted = own.fit(record, kind.name);
      if (typeof fitted === 'string') return { kind: 'refused', message: fitted };
      const open = Object.fromEntries(
        Object.entries(fitted).map(([name, value]) => [name, kind.sealedBy.includes(name) ? null : value]),
      );
      const seq = own.insert(open);
      if (seq === null) return { kind: 'present' };
      for (const child of kind.children) {
        const problem = putChildren(record[child.field], child, childTable(child), seq);
        if (problem !== null) throw new RefusedRecord(`${child.field}: ${problem}`);
      }
      if (kind.sealedBy.length > 0) {
        const change = kind.sealedBy.map((name) => `${name} = @${name}`).join(', ');
        raw.prepare(`UPDATE ${kind.table} SET ${change} WHERE seq = @seq`).run({ ...fitted, seq });
      }
      return { kind: 'added' };
    },
    alias: (name, id, known) => void aliases.set(`${name}/${id}`, known),
    settle: () =>
      database.write(() => {
        raw.exec(`
          UPDATE counters SET value = max(value, (SELECT 1 + ifnull(max(-place / 16777216), 0) FROM (
            SELECT min(place) AS place FROM images UNION ALL SELECT min(place) FROM samples)))
            WHERE scope = 'batch' AND name = 'next';
          UPDATE counters SET value = max(value, (SELECT 1 + ifnull(max(revision), 0) FROM (
            SELECT max(revision) AS revision FROM samples UNION ALL SELECT max(revision) FROM reviews
            UNION ALL SELECT max(revision) FROM corrections UNION ALL SELECT max(revision) FROM episode_flags)))
            WHERE scope = 'revision' AND name = 'next';`);
      }),
  };
}

/** A record whose parts do not fit; thrown inside `put`, so that nothing of it stays. */
export class RefusedRecord extends Error {
  override readonly name = 'RefusedRecord';
}

function toRecord(
  row: WorkspaceRecord,
  own: TableRecords,
  children: readonly { readonly child: ChildKind; readonly rows: TableRecords }[],
): WorkspaceRecord {
  const record = own.parsed(row);
  if (children.length === 0) return record;
  return {
    ...record,
    ...Object.fromEntries(
      children.map(({ child, rows }) => [
        child.field,
        rows.readOf(child.parent, Number(row['#0']), child.order),
      ]),
    ),
  };
}

function putChildren(value: unknown, child: ChildKind, rows: TableRecords, parent: number): string | null {
  if (!Array.isArray(value)) return 'must be a list';
  for (const [at, one] of value.entries()) {
    if (typeof one !== 'object' || one === null) return `${at} is not an object`;
    const fitted = rows.fit(one as WorkspaceRecord, String(at));
    if (typeof fitted === 'string') return fitted;
    rows.insert({ ...fitted, [child.parent]: parent });
  }
  return null;
}

type Bound = string | number | null;

interface TableRecords {
  /** Columns that rows are ordered and told apart by. */
  readonly keys: readonly string[];
  readonly select: string;
  parsed(row: WorkspaceRecord): WorkspaceRecord;
  readOf(parent: string, seq: number, order: string): readonly WorkspaceRecord[];
  /** The values of the row, or what is wrong with the record. */
  fit(record: WorkspaceRecord, name: string): Readonly<Record<string, Bound>> | string;
  /** The row's number; null where there is a row of this key already. */
  insert(values: Readonly<Record<string, Bound>>): number | null;
}

function createTable(
  { raw }: WorkspaceDatabase,
  name: string,
  kind: Pick<RecordKind, 'omit' | 'json'>,
  aliases: ReadonlyMap<string, string>,
): TableRecords {
  const columns = recordColumns(raw, name, kind.omit, kind.json);
  const all = raw.pragma(`table_info(${name})`) as readonly { readonly name: string; readonly pk: number }[];
  const keys = all
    .filter(({ pk }) => pk > 0)
    .toSorted((a, b) => a.pk - b.pk)
    .map((column) => column.name);
  const select = columns.map((column) => selected(name, column)).join(', ');
  const children = new Map<string, Statement<[number], WorkspaceRecord>>();
  const inserts = new Map<string, Statement>();
  const lookups = new Map<string, Statement<[string], { seq: number }>>();

  function parsed(row: WorkspaceRecord): WorkspaceRecord {
    return Object.fromEntries(
      columns.map(({ field, json }) => [field, json === null ? row[field] : readable(row[field])]),
    );
  }

  function lookUp(table: string, column: string, id: string): number | null {
    const find =
      lookups.get(table) ??
      raw.prepare<[string], { seq: number }>(`SELECT seq FROM ${table} WHERE ${column} = ?`);
    lookups.set(table, find);
    return find.get(aliases.get(`${table}/${id}`) ?? id)?.seq ?? null;
  }

  function fitOne(column: RecordColumn, value: unknown): { readonly value: Bound } | string {
    if (value === null || value === undefined) {
      return column.optional ? { value: null } : `${column.field} is missing`;
    }
    if (column.refersTo !== null) {
      const { table, key: by } = column.refersTo;
      const seq = typeof value === 'string' ? lookUp(table, by, value) : null;
      return seq === null
        ? `${column.field} names a row that is not there: ${String(value).slice(0, 80)}`
        : { value: seq };
    }
    if (column.json !== null) {
      const checked = column.json.safeParse(typeof value === 'string' ? parsedText(value) : value);
      if (!checked.success) return `${column.field}: ${checked.error.issues[0]?.message ?? 'not valid'}`;
      return { value: typeof value === 'string' ? value : JSON.stringify(value) };
    }
    if (column.type === 'TEXT')
      return typeof value === 'string' ? { value } : `${column.field} must be a text`;
    if (typeof value !== 'number' || !Number.isFinite(value)) return `${column.field} must be a number`;
    if (column.type === 'INTEGER' && !Number.isSafeInteger(value))
      return `${column.field} must be a whole number`;
    return { value };
  }

  return {
    keys,
    select,
    parsed,
    readOf: (parent, seq, order) => {
      const find =
        children.get(parent) ??
        raw.prepare<[number], WorkspaceRecord>(
          `SELECT ${select} FROM ${name} WHERE ${parent} = ? ORDER BY ${order}`,
        );
      children.set(parent, find);
      return find.all(seq).map(parsed);
    },
    fit: (record) => {
      const values: Record<string, Bound> = {};
      for (const column of columns) {
        const fitted = fitOne(column, record[column.field]);
        if (typeof fitted === 'string') return fitted;
        values[column.name] = fitted.value;
      }
      // Addresses of files are made anew: they are secrets of one workspace.
      if (name === 'images') return { ...values, asset_full: newId.asset(), asset_thumbnail: newId.asset() };
      return values;
    },
    insert: (values) => {
      const names = Object.keys(values);
      const id = names.join(',');
      const insert =
        inserts.get(id) ??
        raw.prepare(
          `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map((one) => `@${one}`).join(', ')})
           ON CONFLICT DO NOTHING`,
        );
      inserts.set(id, insert);
      const { changes, lastInsertRowid } = insert.run(values);
      return changes === 0 ? null : Number(lastInsertRowid);
    },
  };
}

function selected(table: string, { name, field, refersTo }: RecordColumn): string {
  return refersTo === null
    ? `${table}.${name} AS "${field}"`
    : `(SELECT ${naturalKey(refersTo.table)} FROM ${refersTo.table} AS other WHERE other.seq = ${table}.${name}) AS "${field}"`;
}

/** JSON as a value where writing it again gives the same text; else the text itself. */
function readable(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  const value = parsedText(text);
  return typeof value === 'object' && value !== null && JSON.stringify(value) === text ? value : text;
}

function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
