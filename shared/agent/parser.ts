/**
 * Reads one assistant turn: a thought, then one tool call or one answer.
 *
 * Twin of `trainer/imagent_trainer/protocol/parser.py`; `tests/fixtures/parser.json` drives both. The text
 * comes from a model, so it is hostile: nothing here throws, and the size and depth of a call are capped
 * before `JSON.parse` sees it.
 */

export const ERROR_JSON =
  'The tool call is not valid JSON. Write {"name": ..., "arguments": {...}} inside <tool_call></tool_call>.';
export const ERROR_SHAPE = 'A tool call needs a "name" and an "arguments" object.';

const THINK_START = '<think>';
const THINK_END = '</think>';
const CALL_START = '<tool_call>';
const ANSWER_START = '<answer>';
const MAX_CALL_BYTES = 64 * 1024;
const MAX_CALL_DEPTH = 32;

export type ParsedTurn =
  | {
      readonly kind: 'call';
      readonly thought: string;
      readonly name: string;
      readonly arguments: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'answer'; readonly thought: string; readonly answer: string }
  | { readonly kind: 'bad_call'; readonly thought: string; readonly error: string }
  | { readonly kind: 'nothing'; readonly thought: string };

/**
 * Parses the text of one assistant turn (stop string included). Never throws.
 *
 * Whether there is a tool of that name is for `runTool` to say.
 */
export function parseTurn(text: string): ParsedTurn {
  const { thought, rest } = splitThought(text);
  const callStart = rest.indexOf(CALL_START);
  const answerStart = rest.indexOf(ANSWER_START);
  if (answerStart >= 0 && (callStart < 0 || answerStart < callStart)) {
    const answer = stripAscii(upTo(rest.slice(answerStart + ANSWER_START.length), '</answer>').inside);
    return answer === '' ? { kind: 'nothing', thought } : { kind: 'answer', thought, answer };
  }
  if (callStart < 0) {
    return { kind: 'nothing', thought };
  }
  const { inside, closed } = upTo(rest.slice(callStart + CALL_START.length), '</tool_call>');
  const parsed = closed ? parseStrictJson(inside) : { ok: false as const };
  if (!parsed.ok) {
    return { kind: 'bad_call', thought, error: ERROR_JSON };
  }
  const { value } = parsed;
  if (!isObject(value) || typeof value['name'] !== 'string' || !isObject(value['arguments'])) {
    return { kind: 'bad_call', thought, error: ERROR_SHAPE };
  }
  return { kind: 'call', thought, name: value['name'], arguments: value['arguments'] };
}

/** Whether a turn thinks, and closes its thought: the format reward and the `format` flag look at this. */
export function thinkState(text: string): 'none' | 'open' | 'closed' {
  const start = text.indexOf(THINK_START);
  if (start < 0) {
    return 'none';
  }
  return text.includes(THINK_END, start) ? 'closed' : 'open';
}

/** Strict RFC 8259 JSON of at most 64 KiB and depth 32, every number finite. Never throws. */
export function parseStrictJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (utf8Length(text) > MAX_CALL_BYTES || isTooDeep(text)) {
    return { ok: false };
  }
  try {
    const value: unknown = JSON.parse(text);
    // JSON.parse turns 1e400 into Infinity; no other path gives a non-finite number.
    return isFiniteThroughout(value) ? { ok: true, value } : { ok: false };
  } catch {
    return { ok: false };
  }
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}

/** The thought, and the text to look for a call or an answer in: what follows the first closing tag, else all. */
function splitThought(text: string): { readonly thought: string; readonly rest: string } {
  const start = text.indexOf(THINK_START);
  const thought = start < 0 ? '' : stripAscii(upTo(text.slice(start + THINK_START.length), THINK_END).inside);
  const first = upTo(text, THINK_END);
  return { thought, rest: first.closed ? first.after : text };
}

function upTo(
  text: string,
  closing: string,
): { readonly inside: string; readonly closed: boolean; readonly after: string } {
  const end = text.indexOf(closing);
  return end < 0
    ? { inside: text, closed: false, after: '' }
    : { inside: text.slice(0, end), closed: true, after: text.slice(end + closing.length) };
}

/** Python's `strip(" \t\n\r")`: unlike `trim()`, leaves no-break and other Unicode spaces. */
function stripAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isAsciiSpace(text.charCodeAt(start))) {
    start += 1;
  }
  while (end > start && isAsciiSpace(text.charCodeAt(end - 1))) {
    end -= 1;
  }
  return text.slice(start, end);
}

function isAsciiSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

/** Counts brackets outside strings, so that hostile depth is refused without recursion. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') {
        index += 1;
      } else if (character === '"') {
        inString = false;
      }
    } else if (character === '"') {
      inString = true;
    } else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > MAX_CALL_DEPTH) {
        return true;
      }
    } else if (character === '}' || character === ']') {
      depth -= 1;
    }
  }
  return false;
}

/** Recursion is safe: depth was capped before parsing. */
function isFiniteThroughout(value: unknown): boolean {
  if (typeof value === 'number') {
    return Number.isFinite(value);
  }
  if (Array.isArray(value)) {
    return value.every(isFiniteThroughout);
  }
  return isObject(value) ? Object.values(value).every(isFiniteThroughout) : true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
