import { basename } from 'node:path';
import { StudioError } from '../../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../../shared/contract/procedures.ts';
import type { StartTableInput } from '../../../../shared/contract/tables.ts';
import type { ImportId, ReviewerId } from '../../../../shared/model/ids.ts';
import type { ImportJob } from '../../../../shared/model/import-job.ts';
import type { CheckedRow, TableImport, TablePreview } from '../../../../shared/model/table-import.ts';
import { proposeMapping } from '../../../../shared/model/table-proposal.ts';
import { newId } from '../../../store/new-id.ts';
import type { StoredTableImport } from '../../../store/repositories/table-imports.ts';
import type { TakeImageDeps } from '../take-image.ts';
import type { ImportsService } from '../imports-service.ts';
import type { RequestProcess } from '../../request-process.ts';
import { imagePlaces } from './image-places.ts';
import { importTable } from './import-table.ts';
import type { TableAnswers, TableOutcome, TableRequest, TableSource } from './table-messages.ts';

/** The process that reads tables. */
export type TableProcess = RequestProcess<TableRequest, TableOutcome<TableRequest['op']>>;

export const TABLE_PROCESS_LOST: {
  readonly crashed: TableOutcome<never>;
  readonly tooSlow: TableOutcome<never>;
} = {
  crashed: {
    ok: false,
    message:
      'Reading the table used up the memory or crashed. Check the file, or split it into smaller ones.',
  },
  tooSlow: {
    ok: false,
    message: 'The table took longer than two minutes to open. Split it into smaller files.',
  },
};

export interface TablesDeps extends Omit<TakeImageDeps, 'write'> {
  readonly imports: Pick<ImportsService, 'run' | 'uploadedFiles'>;
  readonly tables: TableProcess;
  readonly notify: (topic: ChangeTopic) => void;
}

/** Tables of questions from elsewhere: opened, mapped by a person, and imported row by row. */
export interface TablesService {
  /** @throws StudioError bad_input, with what is wrong with the table */
  open(path: string): Promise<TablePreview>;
  openUpload(id: ImportId): Promise<TablePreview>;
  /** How the first rows would be read, missing images included. */
  check(input: StartTableInput, count: number): Promise<readonly CheckedRow[]>;
  start(input: StartTableInput): ImportJob;
  /** Goes on where it was cut off. @throws StudioError not_found, conflict */
  resume(id: ImportId, by?: ReviewerId): ImportJob;
  list(): readonly TableImport[];
}

/** Tables that were opened and not yet imported. */
const REMEMBERED = 20;

export function createTablesService(deps: TablesDeps): TablesService {
  const { workspace, imports, now } = deps;
  const opened = new Map<ImportId, { readonly source: TableSource; readonly rowCount: number | null }>();

  async function ask<Op extends TableRequest['op']>(
    request: Extract<TableRequest, { readonly op: Op }>,
  ): Promise<TableAnswers[Op]> {
    const outcome = (await deps.tables.ask(request)) as TableOutcome<Op>;
    if (!outcome.ok) throw new StudioError('bad_input', outcome.message);
    return outcome.value;
  }

  async function preview(id: ImportId, source: TableSource): Promise<TablePreview> {
    const { format, columns, rowCount, warnings } = await ask<'open'>({ op: 'open', source });
    opened.set(id, { source, rowCount });
    for (const old of opened.keys()) {
      if (opened.size <= REMEMBERED) break;
      opened.delete(old);
    }
    const { mapping: proposal, recognised } = proposeMapping(columns);
    return { id, name: source.name, format, columns, rowCount, warnings, proposal, recognised };
  }

  function sourceOf(id: ImportId): { readonly source: TableSource; readonly rowCount: number | null } {
    const one = opened.get(id);
    if (!one) throw new StudioError('not_found', 'This table is not open any more. Open it again.');
    return one;
  }

  function run(stored: StoredTableImport, by: ReviewerId | undefined): ImportJob {
    const who = by ?? workspace.reviewers.first(now()).id;
    return imports.run(stored.id, (job, signal) =>
      importTable({ ...deps, read: (request) => ask<'read'>(request) }, stored, job, signal, who),
    );
  }

  function toTableImport(stored: StoredTableImport): TableImport {
    const { id, name, startedAt, progress } = stored;
    const isUndone = workspace.importActions.of(stored.batch)?.isUndone ?? false;
    return { id, name, startedAt, ...progress, isUndone, canResume: !isUndone && canResume(stored) };
  }

  return {
    open: (path) => preview(newId.import(), { name: basename(path) || path, path, uploaded: null }),
    openUpload: (id) => {
      const files = imports.uploadedFiles(id);
      const first = files[0];
      if (first === undefined) throw new StudioError('bad_input', 'No file was sent.');
      const uploaded = Object.fromEntries(files.map((file) => [file.name, file.path]));
      const name = files.length === 1 ? basename(first.name) : (first.name.split('/')[0] ?? first.name);
      return preview(id, { name, path: first.path, uploaded });
    },
    check: async ({ id, mapping, imagesFolder }, count) => {
      const { source } = sourceOf(id);
      const { rows } = await ask<'check'>({ op: 'check', source, mapping, count });
      const places = await imagePlaces(source, imagesFolder);
      return await Promise.all(rows.map((row) => withMissingImages(row, places)));
    },
    start: ({ by, id, mapping, imagesFolder }) => {
      const { source, rowCount } = sourceOf(id);
      if (workspace.tableImports.get(id) !== null) {
        throw new StudioError('conflict', 'This table is being imported already.');
      }
      const stored: StoredTableImport = {
        id,
        name: source.name,
        source,
        imagesFolder,
        mapping,
        batch: workspace.counters.nextBatch(),
        startedAt: now(),
        progress: {
          state: 'running',
          done: 0,
          total: rowCount,
          importedSamples: 0,
          duplicates: 0,
          rejectedCount: 0,
        },
      };
      workspace.tableImports.add(stored);
      return run(stored, by);
    },
    resume: (id, by) => {
      const stored = workspace.tableImports.get(id);
      if (stored === null) throw new StudioError('not_found', 'This import is not known.');
      if (workspace.importActions.of(stored.batch)?.isUndone === true) {
        throw new StudioError(
          'conflict',
          'This import was undone. Do it again with redo, or open the table anew.',
        );
      }
      if (!canResume(stored)) {
        throw new StudioError('conflict', 'This import can not go on: it has ended, or its upload is gone.');
      }
      return run(stored, by);
    },
    list: () => workspace.tableImports.list(20).map(toTableImport),
  };
}

function canResume({ source, progress }: StoredTableImport): boolean {
  const { uploaded } = source as TableSource;
  return uploaded === null && ['interrupted', 'cancelled', 'failed'].includes(progress.state);
}

async function withMissingImages(
  row: CheckedRow,
  places: Awaited<ReturnType<typeof imagePlaces>>,
): Promise<CheckedRow> {
  if (!row.ok) return row;
  for (const name of row.images) {
    if (/^\d+ KB in the table$/u.test(name)) continue;
    const resolved = await places.resolve(name);
    if (!resolved.ok) return { ok: false, row: row.row, message: `${name}: ${resolved.message}` };
  }
  return row;
}
