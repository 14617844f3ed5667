import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageCell } from '../../../../shared/model/table-cells.ts';
import type { CheckedRow } from '../../../../shared/model/table-import.ts';
import { mapRow } from '../../../../shared/model/table-row.ts';
import { describeColumns } from './describe-columns.ts';
import { openTable } from './open-table.ts';
import type { RawRow } from './row-readers.ts';
import { TableFault } from './table-fault.ts';
import type { ReadRow, RowImage, TableAnswers, TableOutcome, TableRequest } from './table-messages.ts';

/** Rows that are looked at to describe a table. */
const LOOKED_AT = 20;
const MAX_IMAGE_BYTES = 256 << 20;

/** Answers requests one after the other. Reading goes on where the last answer ended, without starting anew. */
export function createTableAnswers(): (request: TableRequest) => Promise<TableOutcome<TableRequest['op']>> {
  let reading: {
    readonly key: string;
    readonly rows: AsyncGenerator<RawRow, void, void>;
    next: number;
  } | null = null;

  async function rowsFrom(
    request: Extract<TableRequest, { op: 'read' }>,
  ): Promise<AsyncGenerator<RawRow, void, void>> {
    const key = JSON.stringify([request.source.path, request.source.name]);
    if (reading?.key !== key || reading.next !== request.from) {
      await reading?.rows.return();
      reading = { key, rows: (await openTable(request.source)).rows(), next: 0 };
      while (reading.next < request.from && (await reading.rows.next()).done !== true) reading.next += 1;
    }
    reading.next = request.from + request.count;
    return reading.rows;
  }

  async function read(request: Extract<TableRequest, { op: 'read' }>): Promise<TableAnswers['read']> {
    const from = await rowsFrom(request);
    const rows: ReadRow[] = [];
    while (rows.length < request.count) {
      const next = await from.next();
      if (next.done === true) return { rows, end: true };
      rows.push(await readRow(next.value, request));
    }
    return { rows, end: false };
  }

  async function answer(request: TableRequest): Promise<TableAnswers[TableRequest['op']]> {
    switch (request.op) {
      case 'open':
        return await describe(request);
      case 'check':
        return await check(request);
      case 'read':
        return await read(request);
    }
  }

  return async (request) => {
    try {
      return { ok: true, value: await answer(request) };
    } catch (error) {
      if (error instanceof TableFault) return { ok: false, message: error.message };
      throw error;
    }
  };
}

async function describe({ source }: Extract<TableRequest, { op: 'open' }>): Promise<TableAnswers['open']> {
  const table = await openTable(source);
  const good: Readonly<Record<string, unknown>>[] = [];
  const warnings = [...table.warnings];
  let looked = 0;
  for await (const row of table.rows()) {
    looked += 1;
    if (row.ok) good.push(row.cells);
    else if (warnings.length < 5) warnings.push(`Row ${row.number}: ${row.message}.`);
    if (looked >= LOOKED_AT) break;
  }
  if (looked === 0) throw new TableFault('The table has no rows.');
  return { format: table.format, columns: describeColumns(good), rowCount: table.rowCount, warnings };
}

async function check(request: Extract<TableRequest, { op: 'check' }>): Promise<TableAnswers['check']> {
  const rows: CheckedRow[] = [];
  const table = await openTable(request.source);
  for await (const raw of table.rows()) {
    rows.push(checkedRow(raw, request));
    if (rows.length >= request.count) break;
  }
  return { rows };
}

function checkedRow(raw: RawRow, { mapping }: Extract<TableRequest, { op: 'check' }>): CheckedRow {
  if (!raw.ok) return { ok: false, row: raw.number, message: raw.message };
  const mapped = mapRow(raw.cells, mapping);
  if (!mapped.ok) return { ok: false, row: raw.number, message: mapped.message };
  const { images, ...rest } = mapped.value;
  return { ok: true, row: raw.number, ...rest, images: images.map(nameOf) };
}

function nameOf(image: ImageCell): string {
  if (image.kind === 'path') return image.path;
  const bytes = image.kind === 'bytes' ? image.bytes.length : Math.floor((image.base64.length * 3) / 4);
  return `${Math.max(1, Math.round(bytes / 1024))} KB in the table`;
}

async function readRow(raw: RawRow, request: Extract<TableRequest, { op: 'read' }>): Promise<ReadRow> {
  if (!raw.ok) return raw;
  const mapped = mapRow(raw.cells, request.mapping);
  if (!mapped.ok) return { ok: false, number: raw.number, message: mapped.message };
  const { images, ...row } = mapped.value;
  const written: RowImage[] = [];
  for (const image of images) {
    if (image.kind === 'path') {
      written.push(image);
      continue;
    }
    const bytes = image.kind === 'bytes' ? image.bytes : Buffer.from(image.base64, 'base64');
    if (bytes.length > MAX_IMAGE_BYTES) {
      return { ok: false, number: raw.number, message: 'an image has more than 256 MB' };
    }
    const path = join(request.folder, randomUUID());
    await writeFile(path, bytes, { flag: 'wx', mode: 0o600 });
    written.push({ kind: 'file', path });
  }
  return { ok: true, number: raw.number, row, images: written };
}
