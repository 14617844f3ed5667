import { lstat } from 'node:fs/promises';
import type { WorkspaceRecord } from '../../store/records/records.ts';
import { readJsonLines } from '../json-lines.ts';

export type RecordLine =
  | { readonly ok: true; readonly number: number; readonly value: WorkspaceRecord }
  | { readonly ok: false; readonly number: number; readonly message: string };

/** Longest line: an episode of 300 steps with every token is 130 MB. */
const MAX_LINE_BYTES = 256 << 20;

/** The lines of a file of an export; a file that is missing has none. */
export async function* readRecordLines(path: string): AsyncGenerator<RecordLine, void, void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isFile()) {
    yield { ok: false, number: 0, message: 'It is not a file.' };
    return;
  }
  for await (const line of readJsonLines(path, MAX_LINE_BYTES)) {
    if (!line.ok) yield line;
    else if (isRecord(line.value)) yield { ok: true, number: line.number, value: line.value };
    else yield { ok: false, number: line.number, message: 'The line is not an object.' };
  }
}

function isRecord(value: unknown): value is WorkspaceRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
