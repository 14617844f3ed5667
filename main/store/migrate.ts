import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { StudioError } from '../../shared/contract/errors.ts';
import type { WorkspaceDatabase } from './database.ts';
import { fsyncFile, fsyncFolder } from './durable-files.ts';
import type { Migration } from './migrations/migration.ts';
import { toStoreError } from './store-error.ts';

/**
 * Brings the schema to the newest of `migrations`, each step in one transaction with its version number. A
 * workspace with something in it is first copied to `backups/`, and the copy is checked.
 * @throws StudioError workspace_newer when a later release wrote the file; it is left as it is.
 */
export function migrate(database: WorkspaceDatabase, migrations: readonly Migration[]): void {
  const from = schemaVersion(database.raw);
  const newest = migrations.at(-1)?.version ?? 0;
  if (from > newest) {
    throw new StudioError(
      'workspace_newer',
      `This workspace was written by a newer IMAgent Studio (format ${from}, this one knows ${newest}). Update the app; the workspace was not touched.`,
    );
  }
  if (from === newest) return;
  if (from > 0) backUp(database, `before-${newest}-from-${from}`);
  for (const step of migrations) {
    if (step.version <= from) continue;
    database.write(() => {
      step.run(database.raw);
      database.raw.pragma(`user_version = ${step.version}`);
    });
  }
}

export function schemaVersion(raw: Database.Database): number {
  return Number(raw.pragma('user_version', { simple: true }));
}

/**
 * A copy of the database that was opened and checked before it got its name. `VACUUM INTO` reads one consistent
 * state; a plain copy of the file would miss what still stands in the log.
 */
function backUp(database: WorkspaceDatabase, label: string): string {
  const folder = join(dirname(database.path), 'backups');
  const target = join(folder, `${label}.sqlite`);
  const draft = `${target}.tmp`;
  try {
    rmSync(draft, { force: true });
    database.raw.prepare('VACUUM INTO ?').run(draft);
    verify(draft, tableCounts(database.raw));
    fsyncFile(draft);
    renameSync(draft, target);
    fsyncFolder(folder);
    return target;
  } catch (error) {
    rmSync(draft, { force: true });
    throw toStoreError(error);
  }
}

function verify(path: string, expected: ReadonlyMap<string, number>): void {
  const copy = new Database(path, { fileMustExist: true });
  try {
    const verdict = copy.pragma('integrity_check', { simple: true });
    const counts = tableCounts(copy);
    const same = [...expected].every(([table, count]) => counts.get(table) === count);
    if (verdict !== 'ok' || !same) {
      throw new StudioError(
        'workspace_damaged',
        'The workspace is damaged: a checked copy of it could not be made.',
      );
    }
  } finally {
    copy.close();
  }
}

function tableCounts(raw: Database.Database): ReadonlyMap<string, number> {
  const tables = raw
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all();
  return new Map(
    tables.map(({ name }) => {
      const row = raw.prepare<[], { n: number }>(`SELECT count(*) AS n FROM "${name}"`).get();
      return [name, row?.n ?? 0];
    }),
  );
}

/** Backups there are, by file name. */
export function listBackups(workspaceFolder: string): readonly string[] {
  const folder = join(workspaceFolder, 'backups');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sqlite')) : [];
}
