import { createReadStream } from 'node:fs';

/** A line of a file of JSON objects: its 1-based number, and either its value or what is wrong with it. */
export type JsonLine =
  | { readonly number: number; readonly ok: true; readonly value: unknown }
  | { readonly number: number; readonly ok: false; readonly message: string };

/** Longest line unless told otherwise: parsed on the host's event loop, a longer one would hold it up. */
const MAX_LINE_BYTES = 1 << 20;
export const MAX_DEPTH = 64;
const NEWLINE = 0x0a;

/**
 * Reads a file line by line. Lines are split by bytes before they are decoded, so that a broken character spoils
 * one line only. Blank lines count and are left out. A byte-order mark and CRLF are accepted.
 * @throws what the file system throws
 */
export async function* readJsonLines(
  path: string,
  maxBytes: number = MAX_LINE_BYTES,
  parse: (text: string) => unknown = JSON.parse,
): AsyncGenerator<JsonLine, void, void> {
  for await (const { number, bytes } of splitLines(path, maxBytes)) {
    if (bytes === null) {
      yield { number, ok: false, message: `The line is longer than ${maxBytes >> 20} MB.` };
      continue;
    }
    const line = parseLine(number, bytes, parse);
    if (line !== null) yield line;
  }
}

/** Lines that are not blank, for a progress bar. */
export async function countJsonLines(path: string): Promise<number> {
  let count = 0;
  for await (const { bytes } of splitLines(path, MAX_LINE_BYTES)) {
    if (bytes === null || bytes.some((byte) => byte > 0x20)) count += 1;
  }
  return count;
}

interface RawLine {
  readonly number: number;
  /** Null for a line over the limit. */
  readonly bytes: Buffer | null;
}

async function* splitLines(path: string, maxBytes: number): AsyncGenerator<RawLine, void, void> {
  let number = 1;
  let kept: Buffer[] = [];
  let length = 0;
  const finish = (): RawLine => {
    const line = { number, bytes: length > maxBytes ? null : Buffer.concat(kept) };
    number += 1;
    kept = [];
    length = 0;
    return line;
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      length += end - from;
      if (length <= maxBytes) kept.push(chunk.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    length += chunk.length - from;
    if (length <= maxBytes) kept.push(chunk.subarray(from));
    else kept = [];
  }
  if (length > 0) yield finish();
}

function parseLine(number: number, bytes: Buffer, parse: (text: string) => unknown): JsonLine | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    return { number, ok: false, message: 'The line is not UTF-8.' };
  }
  if (text === '') return null;
  if (isTooDeep(text))
    return { number, ok: false, message: `The line is nested more than ${MAX_DEPTH} deep.` };
  try {
    return { number, ok: true, value: parse(text) };
  } catch {
    return { number, ok: false, message: 'The line is not JSON.' };
  }
}

/** A number that a double does not hold, and a parser would round or make infinite without a word. */
const UNSURE_NUMBER = /[0-9]{16}|[eE]\+?[0-9]{3}/u;

/** JSON whose whole numbers beyond 2^53, and numbers beyond every double, stay as they are written: as texts. */
export function parseKeepingNumbers(text: string): unknown {
  if (!UNSURE_NUMBER.test(text)) return JSON.parse(text);
  const keep = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' &&
    (Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value))
      ? (context?.source ?? value)
      : value;
  return JSON.parse(text, keep);
}

/** Counts brackets outside of strings, before anything recursive sees the text. */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}
