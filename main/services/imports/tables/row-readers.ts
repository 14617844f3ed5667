import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { isTooDeep, MAX_DEPTH, parseKeepingNumbers, readJsonLines } from '../../json-lines.ts';
import { TableFault } from './table-fault.ts';
import type { TableFile } from './table-files.ts';

/** A row as it stands in its file; `number` is its line, or its 1-based row in a parquet file. */
export type RawRow =
  | { readonly ok: true; readonly number: number; readonly cells: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly number: number; readonly message: string };

const MB = 1 << 20;
/** Longest row of a text file: a picture of 40 MB in base64, and its question. */
const MAX_ROW_BYTES = 64 * MB;
const MAX_JSON_BYTES = 512 * MB;
const MAX_COLUMNS = 2000;

/** Every row of a file, in order. A bad row is one of the rows. @throws TableFault for a file that is no table */
export function rowsOf(file: TableFile): AsyncGenerator<RawRow, void, void> {
  switch (file.format) {
    case 'csv':
    case 'tsv':
      return csvRows(file);
    case 'jsonl':
      return jsonLineRows(file.path);
    case 'json':
      return jsonRows(file.path);
    case 'parquet':
      return parquetRows(file.path);
  }
}

/** Null where counting would mean reading all of it. */
export async function countRows(file: TableFile): Promise<number | null> {
  if (file.format !== 'parquet') return null;
  const { metadata } = await openParquet(file.path);
  return Number(metadata.num_rows);
}

async function* csvRows({ path, format }: TableFile): AsyncGenerator<RawRow, void, void> {
  const delimiter = format === 'tsv' ? '\t' : await sniffDelimiter(path);
  const parser = createReadStream(path).pipe(
    parse({
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      // Tab-separated files quote nothing as a rule; a lone quote in a question must not swallow the rest.
      ...(format === 'tsv' ? { quote: null } : { relax_quotes: true }),
      skip_empty_lines: true,
      max_record_size: MAX_ROW_BYTES,
    }),
  );
  let header: readonly string[] | null = null;
  let lastLine = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }>) {
      lastLine = info.lines;
      if (header === null) {
        header = headerOf(record);
        continue;
      }
      yield csvRow(header, record, info.lines);
    }
  } catch (error) {
    if (header === null || error instanceof TableFault) throw asFault(error);
    // A quote that is never closed takes the rest of the file with it: what came before has been read.
    yield {
      ok: false,
      number: lastLine + 1,
      message: `the file can't be read further: ${String((error as Error).message)}`,
    };
  }
  if (header === null) throw new TableFault('The file is empty.');
}

function asFault(error: unknown): Error {
  return error instanceof TableFault
    ? error
    : new TableFault(`The file is not a table: ${error instanceof Error ? error.message : String(error)}.`);
}

function headerOf(record: readonly string[]): readonly string[] {
  const names = record.map((name, at) => name.trim() || `column ${at + 1}`);
  if (names.length > MAX_COLUMNS) throw new TableFault(`The table has more than ${MAX_COLUMNS} columns.`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new TableFault(`Two columns have the name "${twice}". Rename one of them.`);
  return names;
}

function csvRow(header: readonly string[], record: readonly string[], number: number): RawRow {
  if (record.length !== header.length) {
    const message = `the row has ${record.length} cells and the header ${header.length}`;
    return { ok: false, number, message };
  }
  if (record.some((cell) => cell.includes('\u{fffd}'))) {
    return { ok: false, number, message: 'the row is not UTF-8' };
  }
  return { ok: true, number, cells: Object.fromEntries(header.map((name, at) => [name, record[at]])) };
}

/** The delimiter that the first line has most of, outside of quotes. */
async function sniffDelimiter(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
    const line =
      buffer
        .toString('utf8', 0, bytesRead)
        .split(/\r?\n/u, 1)[0]
        ?.replaceAll(/"[^"]*"/gu, '') ?? '';
    const counts = [',', ';', '\t', '|'].map((one) => ({ one, count: line.split(one).length }));
    return counts.toSorted((a, b) => b.count - a.count)[0]?.one ?? ',';
  } finally {
    await file.close();
  }
}

async function* jsonLineRows(path: string): AsyncGenerator<RawRow, void, void> {
  for await (const line of readJsonLines(path, MAX_ROW_BYTES, parseKeepingNumbers)) {
    yield line.ok ? objectRow(line.value, line.number) : line;
  }
}

function objectRow(value: unknown, number: number): RawRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ok: true, number, cells: { ...value } }
    : { ok: false, number, message: 'the row is not an object' };
}

/** One list of objects, or an object that has one: `{"data": [...]}`. */
async function* jsonRows(path: string): AsyncGenerator<RawRow, void, void> {
  const { size } = await stat(path);
  if (size > MAX_JSON_BYTES) {
    throw new TableFault(
      `A JSON file of more than ${MAX_JSON_BYTES / MB} MB is not read. Write it as JSON lines.`,
    );
  }
  const value = parsedFile(await readFile(path));
  const inside = typeof value === 'object' && value !== null ? Object.values(value) : [];
  const list: unknown = Array.isArray(value) ? value : inside.find((one) => Array.isArray(one));
  if (!Array.isArray(list)) throw new TableFault('The file holds no list of rows.');
  for (const [at, row] of list.entries()) yield objectRow(row, at + 1);
}

/** @throws TableFault */
function parsedFile(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (isTooDeep(text)) throw new TableFault(`The file is nested more than ${MAX_DEPTH} deep.`);
    return parseKeepingNumbers(text);
  } catch (error) {
    throw error instanceof TableFault ? error : new TableFault('The file is not JSON in UTF-8.');
  }
}

const MAX_FOOTER_BYTES = 64 * MB;
/** Rows of a row group are decoded together; a larger one is read in slices. */
const SLICE_BYTES = 256 * MB;
const SLICE_ROWS = 100_000;
const MAX_GROUP_BYTES = 8 * 1024 * MB;
/** Several times what the largest sets of questions have. */
const MAX_ROWS = 20_000_000;

async function openParquet(path: string) {
  await checkFooter(path);
  const file = await asyncBufferFromFile(path);
  try {
    const metadata = await parquetMetadataAsync(file);
    checkMetadata(metadata, file.byteLength);
    return { file, metadata };
  } catch (error) {
    throw error instanceof TableFault
      ? error
      : new TableFault('The parquet file is broken: its footer can not be read.');
  }
}

/** Before a library allocates what a forged length says. */
async function checkFooter(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(8);
    if (size >= 12) await file.read(tail, 0, 8, size - 8);
    if (tail.toString('latin1', 4) !== 'PAR1')
      throw new TableFault('The file is not parquet, or it was cut off.');
    const length = tail.readUInt32LE(0);
    if (length > MAX_FOOTER_BYTES || length + 12 > size)
      throw new TableFault('The parquet file has a false footer.');
  } finally {
    await file.close();
  }
}

function checkMetadata(metadata: FileMetaData, size: number): void {
  if (metadata.schema.length > MAX_COLUMNS)
    throw new TableFault(`The table has more than ${MAX_COLUMNS} columns.`);
  let rows = 0n;
  for (const group of metadata.row_groups) {
    rows += group.num_rows;
    if (group.num_rows < 0n || group.total_byte_size > MAX_GROUP_BYTES) {
      throw new TableFault(
        'The parquet file has a row group of over 8 GB. Write it with smaller row groups.',
      );
    }
    for (const { meta_data: column } of group.columns) {
      if (column !== undefined && column.num_values > 1_000_000_000n) {
        throw new TableFault('The parquet file claims more values than it can hold.');
      }
    }
  }
  if (rows !== metadata.num_rows)
    throw new TableFault('The parquet file claims another number of rows than it has.');
  // Rows that say anything take a bit each; a file that claims more was forged to use up the memory.
  if (rows > BigInt(size) * 8n || rows > MAX_ROWS)
    throw new TableFault('The parquet file claims more rows than it can hold.');
}

async function* parquetRows(path: string): AsyncGenerator<RawRow, void, void> {
  const { file, metadata } = await openParquet(path);
  let start = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const slices = Math.max(1, Math.ceil(Number(group.total_byte_size) / SLICE_BYTES));
    const size = Math.min(SLICE_ROWS, Math.max(1, Math.ceil(rows / slices)));
    for (let at = 0; at < rows; at += size) {
      const rowStart = start + at;
      const rowEnd = start + Math.min(rows, at + size);
      yield* parquetSlice(
        async () =>
          parquetReadObjects({
            file,
            metadata,
            rowStart,
            rowEnd,
            compressors,
            utf8: false,
            useOffsetIndex: true,
          }),
        rowStart,
        rowEnd,
      );
    }
    start += rows;
  }
}

/** Rows that can't be decoded are bad rows; the groups after them go on. */
async function* parquetSlice(
  read: () => Promise<readonly Readonly<Record<string, unknown>>[]>,
  rowStart: number,
  rowEnd: number,
): AsyncGenerator<RawRow, void, void> {
  let rows: readonly Readonly<Record<string, unknown>>[];
  try {
    rows = await read();
  } catch (error) {
    const message = `rows ${rowStart + 1} to ${rowEnd} can not be decoded: ${error instanceof Error ? error.message : String(error)}`;
    for (let row = rowStart; row < rowEnd; row += 1) yield { ok: false, number: row + 1, message };
    return;
  }
  for (const [at, cells] of rows.entries()) {
    yield { ok: true, number: rowStart + at + 1, cells: plain(cells) as Readonly<Record<string, unknown>> };
  }
}

/** Numbers as numbers, times as ISO text; bytes stay bytes. */
function plain(cell: unknown): unknown {
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.toISOString();
  if (cell instanceof Uint8Array || cell === null || typeof cell !== 'object') return cell;
  if (Array.isArray(cell)) return cell.map(plain);
  return Object.fromEntries(Object.entries(cell).map(([name, value]) => [name, plain(value)]));
}
