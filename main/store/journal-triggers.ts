import type Database from 'better-sqlite3';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly pk: number;
}

/**
 * Tables whose rows stay for good once they are there, shown or marked as removed. Showing one is what a person did and
 * can undo; the row itself is a fact, to which others refer.
 */
const REGISTERS: ReadonlySet<string> = new Set(['agents', 'images']);

/** Columns that follow from files and not from people; no undo touches them. */
const FACTS: Readonly<Record<string, ReadonlySet<string>>> = {
  images: new Set(['file', 'thumbnail', 'width', 'height']),
};

/** The journaled columns of a table, in order; `key` are those of its primary key. */
export interface TableShape {
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

/** @throws Error for a table that is not there. */
export function shapeOf(raw: Database.Database, table: string): TableShape {
  const columns = raw.pragma(`table_info(${table})`) as readonly Column[];
  if (columns.length === 0) throw new Error(`there is no table ${table}`);
  const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  const names = columns.map(({ name }) => name).filter((name) => FACTS[table]?.has(name) !== true);
  return { columns: names, key: key.map(({ name }) => name) };
}

/** A whole row as JSON text. The same row gives the same text, so texts are compared to see a change. */
export function imageOf(shape: TableShape, row: string): string {
  return `json_object(${shape.columns.map((name) => `'${name}', ${row}.${name}`).join(', ')})`;
}

/**
 * Makes every change of a table's rows part of the action that is open, if one is: the rows before and after. To be
 * called in the migration that makes the table, and again in one that changes its columns.
 *
 * Only INTEGER and TEXT columns: JSON would round a REAL and can't hold a BLOB.
 */
export function journalTable(raw: Database.Database, table: string): void {
  const columns = raw.pragma(`table_info(${table})`) as readonly Column[];
  const unfit = columns.find(({ type }) => type !== 'INTEGER' && type !== 'TEXT');
  if (unfit !== undefined) throw new Error(`${table}.${unfit.name} is ${unfit.type}: it can't be journaled`);
  const shape = shapeOf(raw, table);
  const isOpen = '(SELECT action_seq FROM journal_open) IS NOT NULL';
  const entry = (keyRow: string, before: string, after: string): string => `
    INSERT INTO journal (action_seq, name, key, before, after)
    SELECT action_seq, '${table}', json_array(${shape.key.map((name) => `${keyRow}.${name}`).join(', ')}),
      ${before}, ${after} FROM journal_open;`;
  const oldRow = imageOf(shape, 'OLD');
  const newRow = imageOf(shape, 'NEW');
  raw.exec(`
    DROP TRIGGER IF EXISTS journal_${table}_insert;
    DROP TRIGGER IF EXISTS journal_${table}_update;
    DROP TRIGGER IF EXISTS journal_${table}_delete;
    CREATE TRIGGER journal_${table}_update AFTER UPDATE ON ${table} WHEN ${isOpen} BEGIN ${entry('OLD', oldRow, newRow)} END;
  `);
  if (REGISTERS.has(table)) return;
  raw.exec(`
    CREATE TRIGGER journal_${table}_insert AFTER INSERT ON ${table} WHEN ${isOpen} BEGIN ${entry('NEW', 'NULL', newRow)} END;
    CREATE TRIGGER journal_${table}_delete AFTER DELETE ON ${table} WHEN ${isOpen} BEGIN ${entry('OLD', oldRow, 'NULL')} END;
  `);
}
