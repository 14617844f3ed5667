import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, posix, relative, sep } from 'node:path';
import type { TableFormat } from '../../../../shared/model/table-import.ts';
import { isHidden, naturalOrder } from '../scan.ts';
import { TableFault } from './table-fault.ts';
import type { TableSource } from './table-messages.ts';

/** The files of a source by names with forward slashes, relative to the source. */
export interface TableFiles {
  readonly names: readonly string[];
  pathOf(name: string): string;
}

/** A file of rows in a source. */
export interface TableFile {
  readonly name: string;
  readonly path: string;
  readonly format: Exclude<TableFormat, 'imagefolder'>;
}

const FORMATS: Readonly<Record<string, TableFile['format']>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
};
const IMAGE = /\.(png|jpe?g|jfif|webp|gif|tiff?|avif)$/iu;
const MAX_FILES = 200_000;
const MAX_DEPTH = 8;

function formatOfName(name: string): TableFile['format'] | null {
  return FORMATS[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? null;
}

export function isImageName(name: string): boolean {
  return IMAGE.test(name);
}

/** What a source consists of. A single file is a source of one. @throws TableFault */
export async function filesOf(source: TableSource): Promise<TableFiles> {
  if (source.uploaded !== null) {
    const uploaded = new Map(Object.entries(source.uploaded));
    return {
      names: [...uploaded.keys()].toSorted(naturalOrder),
      pathOf: (name) => uploaded.get(name) ?? '',
    };
  }
  const root = await realpath(source.path).catch(() => null);
  if (root === null)
    throw new TableFault('It could not be read. Check that it exists and that you may read it.');
  if ((await stat(root)).isFile()) return { names: [basename(root)], pathOf: () => root };
  const names: string[] = [];
  await walk(root, root, 0, names);
  return { names: names.toSorted(naturalOrder), pathOf: (name) => join(root, ...name.split('/')) };
}

/** Links are left out: what they show is found at its own place. */
async function walk(root: string, folder: string, depth: number, names: string[]): Promise<void> {
  if (depth > MAX_DEPTH) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(root, path, depth + 1, names);
    else if (entry.isFile()) names.push(relative(root, path).split(sep).join('/'));
    if (names.length > MAX_FILES) throw new TableFault(`The folder has more than ${MAX_FILES} files.`);
  }
}

const METADATA = /(^|\/)metadata\.(csv|jsonl|parquet)$/iu;

/**
 * The files of rows in a source: the chosen one, a folder's metadata files (Hugging Face's imagefolder, one a split),
 * or its only tables. An empty list means a folder of images only.
 */
export function tablesOf(files: TableFiles): readonly TableFile[] {
  const tables = files.names.flatMap((name): readonly TableFile[] => {
    const format = formatOfName(name);
    return format === null ? [] : [{ name, path: files.pathOf(name), format }];
  });
  const metadata = tables.filter(({ name }) => METADATA.test(name));
  return metadata.length > 0 ? metadata : tables;
}

export function isMetadata(file: TableFile): boolean {
  return METADATA.test(file.name);
}

/** Folder of a file inside its source; '' at the top. */
export function folderOf(name: string): string {
  const folder = posix.dirname(name);
  return folder === '.' ? '' : folder;
}
