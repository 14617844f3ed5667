import { posix } from 'node:path';
import type { TableFormat } from '../../../../shared/model/table-import.ts';
import { countRows, rowsOf } from './row-readers.ts';
import type { RawRow } from './row-readers.ts';
import { TableFault } from './table-fault.ts';
import { filesOf, folderOf, isImageName, isMetadata, tablesOf } from './table-files.ts';
import type { TableFile, TableFiles } from './table-files.ts';
import type { TableSource } from './table-messages.ts';

/** A source as one sequence of rows. */
export interface OpenTable {
  readonly format: TableFormat;
  readonly rowCount: number | null;
  readonly warnings: readonly string[];
  rows(): AsyncGenerator<RawRow, void, void>;
}

/** @throws TableFault when there is no table in it, or what is there can't be read */
export async function openTable(source: TableSource): Promise<OpenTable> {
  const files = await filesOf(source);
  const tables = tablesOf(files);
  const first = tables[0];
  if (first === undefined) return imagesOnly(files);
  const used = tables.every(isMetadata) ? tables : [first];
  const left = tables.length - used.length;
  const counts = await Promise.all(used.map(countRows));
  return {
    format: used.every(isMetadata) ? 'imagefolder' : first.format,
    rowCount: counts.some((count) => count === null)
      ? null
      : counts.reduce((sum: number, one) => sum + (one ?? 0), 0),
    warnings:
      left === 0
        ? []
        : [
            `The folder has ${left} more table${left === 1 ? '' : 's'}; this is ${first.name}. Open the others on their own.`,
          ],
    rows: async function* () {
      for (const table of used) yield* inFolder(table);
    },
  };
}

const SPLITS = new Set(['train', 'training', 'val', 'valid', 'validation', 'dev', 'test']);

function splitOf(folder: string): string | null {
  return folder.split('/').find((part) => SPLITS.has(part.toLowerCase())) ?? null;
}

/** File names of a metadata file are relative to it; of other tables they are left as they are. */
async function* inFolder(table: TableFile): AsyncGenerator<RawRow, void, void> {
  const folder = folderOf(table.name);
  const split = isMetadata(table) ? splitOf(folder) : null;
  const place = (cell: unknown): unknown =>
    typeof cell === 'string' ? posix.join(folder, cell) : Array.isArray(cell) ? cell.map(place) : cell;
  for await (const row of rowsOf(table)) {
    if (!row.ok || folder === '') {
      yield row;
      continue;
    }
    const cells = Object.fromEntries(
      Object.entries(row.cells).map(([name, cell]) => [name, isFileColumn(name) ? place(cell) : cell]),
    );
    yield { ...row, cells: split === null ? cells : { ...cells, split: cells['split'] ?? split } };
  }
}

function isFileColumn(name: string): boolean {
  return /(^|_)file_names?$/u.test(name);
}

/** A folder of images without a table: the folder that an image lies in is its label. */
function imagesOnly(files: TableFiles): OpenTable {
  const images = files.names.filter(isImageName);
  if (images.length === 0) {
    throw new TableFault(
      'There is no table in it. Tables are CSV, TSV, JSON lines, JSON and parquet files, or a folder with images.',
    );
  }
  return {
    format: 'imagefolder',
    rowCount: images.length,
    warnings: [],
    // oxlint-disable-next-line typescript/require-await -- the same shape as the readers of files
    rows: async function* () {
      for (const [at, name] of images.entries()) {
        const folder = folderOf(name);
        const parts = folder.split('/').filter((part) => part !== '' && !SPLITS.has(part.toLowerCase()));
        const cells = { file_name: name, label: parts.at(-1) ?? '', split: splitOf(folder) ?? '' };
        yield { ok: true, number: at + 1, cells };
      }
    },
  };
}
