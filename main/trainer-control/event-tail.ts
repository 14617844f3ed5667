import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { trainerEvent } from '../../shared/trainer-protocol/event.ts';
import type { TrainerEvent } from '../../shared/trainer-protocol/event.ts';
import { createLineCutter } from './event-lines.ts';
import type { CutLine, LineCutter } from './event-lines.ts';

/** Longest line that is looked at. The trainer's own are far shorter: rollouts have files of their own. */
const MAX_LINE = 1024 * 1024;
const CHUNK = 256 * 1024;

/** What a line turned out to be. An unknown type is a newer trainer's and is passed over. */
export type ReadLine =
  | { readonly kind: 'event'; readonly event: TrainerEvent; readonly end: number }
  | { readonly kind: 'unknown'; readonly type: string; readonly end: number }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly end: number };

export type TailNews =
  /** The file is another one than before, or shorter: what was read of it is to be forgotten. */
  | { readonly kind: 'replaced'; readonly file: string }
  | {
      readonly kind: 'lines';
      readonly file: string;
      readonly lines: readonly ReadLine[];
      readonly end: number;
    };

/** Follows the events of a run from a place that was reached before. */
export interface EventTail {
  /**
   * What has been written since, at most about `CHUNK` bytes of it; null where there is nothing new. To be called
   * again until it is null.
   */
  read(): TailNews | null;
}

export function createEventTail(
  path: string,
  from: { readonly file: string | null; readonly offset: number },
): EventTail {
  let file = from.file;
  let cutter: LineCutter = createLineCutter(from.offset, MAX_LINE);
  let reached = from.offset;
  const buffer = Buffer.allocUnsafe(CHUNK);

  function startOver(name: string): TailNews {
    file = name;
    cutter = createLineCutter(0, MAX_LINE);
    reached = 0;
    return { kind: 'replaced', file: name };
  }

  function readFrom(handle: number, info: Stats): TailNews | null {
    const name = fileName(info);
    if (file !== name || info.size < cutter.next()) {
      // The first look at a file is no replacement of another one.
      if (file !== null || cutter.next() > 0) return startOver(name);
      file = name;
    }
    while (cutter.next() < info.size) {
      const wanted = Math.min(CHUNK, info.size - cutter.next());
      const read = readSync(handle, buffer, 0, wanted, cutter.next());
      if (read === 0) return null;
      const lines = cutter.push(buffer.subarray(0, read)).flatMap(readLine);
      const last = lines.at(-1);
      if (last === undefined) continue;
      reached = last.end;
      return { kind: 'lines', file: name, lines, end: reached };
    }
    return null;
  }

  return {
    read: () => {
      let handle: number;
      try {
        handle = openSync(path, 'r');
      } catch {
        return null;
      }
      try {
        return readFrom(handle, fstatSync(handle));
      } finally {
        closeSync(handle);
      }
    },
  };
}

/** Names the file itself, not its path: one that took its place has another number. */
function fileName(info: Stats): string {
  return `${info.dev}:${info.ino}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** An empty line is no line. Never throws. */
export function readLine(line: CutLine): readonly ReadLine[] {
  const { end } = line;
  const unreadable = (reason: string): readonly ReadLine[] => [{ kind: 'unreadable', reason, end }];
  if (line.kind === 'too_long') return unreadable(`a line of ${line.length} bytes`);
  let text: string;
  try {
    text = decoder.decode(line.bytes).trim();
  } catch {
    return unreadable('not UTF-8');
  }
  if (text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable(/\b(NaN|Infinity)\b/.test(text) ? 'a number that is not finite' : 'not JSON');
  }
  const parsed = trainerEvent.safeParse(value);
  if (parsed.success) return [{ kind: 'event', event: parsed.data, end }];
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type === 'string' && !KNOWN_TYPES.has(type)) return [{ kind: 'unknown', type, end }];
  const issue = parsed.error.issues[0];
  return unreadable(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not an event'}`);
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(
  trainerEvent.options.map((option) => option.unwrap().shape.type.value),
);
