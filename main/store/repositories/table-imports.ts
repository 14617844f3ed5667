import type { ImportId } from '../../../shared/model/ids.ts';
import { columnMapping } from '../../../shared/model/table-import.ts';
import type { ColumnMapping, TableImport } from '../../../shared/model/table-import.ts';
import type { WorkspaceDatabase } from '../database.ts';

/** What an import needs to begin, and to go on after a restart. */
export interface StoredTableImport {
  readonly id: ImportId;
  readonly name: string;
  /** As the service wrote it. */
  readonly source: unknown;
  readonly imagesFolder: string | null;
  readonly mapping: ColumnMapping;
  readonly batch: number;
  readonly startedAt: number;
  readonly progress: TableProgress;
}

export interface TableProgress {
  readonly state: TableImport['state'];
  readonly done: number;
  readonly total: number | null;
  readonly importedSamples: number;
  readonly duplicates: number;
  readonly rejectedCount: number;
}

export interface TableImportRepository {
  add(one: StoredTableImport): void;
  /** To be called in the transaction that adds the row's sample. */
  progress(id: ImportId, progress: TableProgress): void;
  get(id: ImportId): StoredTableImport | null;
  /** Newest first. */
  list(limit: number): readonly StoredTableImport[];
  /** Marks those that no process can be running any more. */
  interruptLeftovers(): void;
}

interface Row {
  readonly id: ImportId;
  readonly name: string;
  readonly source: string;
  readonly images_folder: string | null;
  readonly mapping: string;
  readonly batch: number;
  readonly started_at: number;
  readonly state: TableImport['state'];
  readonly done: number;
  readonly total: number | null;
  readonly imported_samples: number;
  readonly duplicates: number;
  readonly rejected: number;
}

function toImport(row: Row): StoredTableImport {
  return {
    id: row.id,
    name: row.name,
    source: JSON.parse(row.source),
    imagesFolder: row.images_folder,
    mapping: columnMapping.parse(JSON.parse(row.mapping)),
    batch: row.batch,
    startedAt: row.started_at,
    progress: {
      state: row.state,
      done: row.done,
      total: row.total,
      importedSamples: row.imported_samples,
      duplicates: row.duplicates,
      rejectedCount: row.rejected,
    },
  };
}

export function createTableImportRepository(database: WorkspaceDatabase): TableImportRepository {
  const { raw } = database;
  const insert = raw.prepare(`
    INSERT INTO table_imports (id, name, source, images_folder, mapping, batch, started_at, state, done, total,
      imported_samples, duplicates, rejected)
    VALUES (@id, @name, @source, @imagesFolder, @mapping, @batch, @startedAt, @state, @done, @total,
      @importedSamples, @duplicates, @rejectedCount)`);
  const update = raw.prepare(`
    UPDATE table_imports SET state = @state, done = @done, total = @total, imported_samples = @importedSamples,
      duplicates = @duplicates, rejected = @rejectedCount WHERE id = @id`);
  const byId = raw.prepare<[string], Row>('SELECT * FROM table_imports WHERE id = ?');
  const newest = raw.prepare<[number], Row>('SELECT * FROM table_imports ORDER BY seq DESC LIMIT ?');
  const interrupt = raw.prepare("UPDATE table_imports SET state = 'interrupted' WHERE state = 'running'");
  return {
    add: (one) =>
      database.write(() => {
        const { id, name, imagesFolder, batch, startedAt, progress } = one;
        const source = JSON.stringify(one.source);
        const mapping = JSON.stringify(one.mapping);
        insert.run({ id, name, source, imagesFolder, mapping, batch, startedAt, ...progress });
      }),
    progress: (id, progress) =>
      database.write(() => {
        update.run({ id, ...progress });
      }),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toImport(row) : null;
      }),
    list: (limit) => database.read(() => newest.all(limit).map(toImport)),
    interruptLeftovers: () =>
      database.write(() => {
        interrupt.run();
      }),
  };
}
