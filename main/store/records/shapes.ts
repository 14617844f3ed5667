import type Database from 'better-sqlite3';
import type { z } from 'zod';

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

interface ForeignKey {
  readonly from: string;
  readonly table: string;
}

/** A column as a record has it: a plain value, JSON, or the id of a row elsewhere. */
export interface RecordColumn {
  readonly name: string;
  /** The field of a record: a reference loses its `_seq`. */
  readonly field: string;
  readonly type: 'INTEGER' | 'TEXT' | 'REAL';
  readonly optional: boolean;
  readonly json: z.ZodType | null;
  /** The table that it refers to, by the `key` of that table. */
  readonly refersTo: { readonly table: string; readonly key: string } | null;
}

/** What names a row of a table in other files than this one: rows are numbered anew there. */
const NATURAL_KEYS: Readonly<Record<string, string>> = { tags: 'name', snapshot_bodies: 'digest' };

/** Tables whose rows have no id of their own: they are named by the row that they belong to. */
export function naturalKey(table: string): string {
  return NATURAL_KEYS[table] ?? 'id';
}

/** The columns of a table as records have them; its own number and those in `omit` are left out. */
export function recordColumns(
  raw: Database.Database,
  table: string,
  omit: readonly string[],
  json: Readonly<Record<string, z.ZodType>>,
): readonly RecordColumn[] {
  const columns = raw.pragma(`table_info(${table})`) as readonly ColumnInfo[];
  const foreign = raw.pragma(`foreign_key_list(${table})`) as readonly ForeignKey[];
  const left = new Set([...omit, 'seq']);
  return columns
    .filter(({ name }) => !left.has(name))
    .map(({ name, type, notnull, pk }) => {
      const refersTo = foreign.find(({ from }) => from === name)?.table ?? null;
      return {
        name,
        field: refersTo === null ? name : name.replace(/_seq$/u, ''),
        type: type as RecordColumn['type'],
        optional: notnull === 0 && pk === 0,
        json: json[name] ?? null,
        refersTo: refersTo === null ? null : { table: refersTo, key: naturalKey(refersTo) },
      };
    });
}
