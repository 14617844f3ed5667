/**
 * What a cell of somebody's table may hold, and reading it: pure, and never throwing for what a file says. Images are
 * found, not opened.
 */

/** Where an image of a row is. */
export type ImageCell =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'base64'; readonly base64: string };

export type Found<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

export function found<T>(value: T): Found<T> {
  return { ok: true, value };
}
export function fault(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}

export function isEmptyCell(cell: unknown): boolean {
  return cell === null || cell === undefined || cell === '';
}

function isRecord(cell: unknown): cell is Readonly<Record<string, unknown>> {
  return typeof cell === 'object' && cell !== null && !Array.isArray(cell) && !(cell instanceof Uint8Array);
}

/** The cell at `a.b.c`: a column of that very name, else the fields inside. */
export function cellAt(row: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(row, path)) return row[path];
  let cell: unknown = row;
  for (const name of path.split('.')) {
    if (!isRecord(cell) || !Object.hasOwn(cell, name)) return undefined;
    cell = cell[name];
  }
  return cell;
}

/** A cell as one text; null where it is none. */
export function textOf(cell: unknown): string | null {
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return String(cell);
  return null;
}

/** A list of texts: a list, a JSON or Python list in a text, or a text with `|` or line breaks between. */
export function listOf(cell: unknown): readonly string[] {
  if (Array.isArray(cell)) return cell.flatMap((item) => textOf(item) ?? []);
  const text = textOf(cell)?.trim() ?? '';
  if (text === '') return [];
  if (text.startsWith('[') && text.endsWith(']')) {
    const parsed = parseJson(text) ?? parsePythonList(text);
    if (Array.isArray(parsed)) return parsed.flatMap((item) => textOf(item) ?? []);
  }
  for (const separator of ['\n', '|', ';']) {
    if (text.includes(separator)) {
      return text
        .split(separator)
        .map((part) => part.trim())
        .filter((part) => part !== '');
    }
  }
  return [text];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `['a', "it's", 3]` as Python prints a list of plain values; null where it is anything else. */
export function parsePythonList(text: string): readonly string[] | null {
  const items: string[] = [];
  let at = 1;
  const end = text.length - 1;
  const skip = (): void => {
    while (at < end && /[\s,]/u.test(text[at] ?? '')) at += 1;
  };
  for (skip(); at < end; skip()) {
    const quote = text[at];
    if (quote === "'" || quote === '"') {
      let item = '';
      for (at += 1; at < end && text[at] !== quote; at += 1) {
        if (text[at] === '\\') at += 1;
        item += text[at] ?? '';
      }
      if (text[at] !== quote) return null;
      at += 1;
      items.push(item);
    } else {
      const stop = text.indexOf(',', at);
      const item = text.slice(at, stop === -1 ? end : stop).trim();
      if (item.includes('[') || item.includes('{')) return null;
      items.push(item);
      at = stop === -1 ? end : stop;
    }
  }
  return items;
}

/** The text of the last user turn of a chat, its parts joined; null where the cell is no chat. */
export function lastUserTurn(cell: unknown): string | null {
  const list = typeof cell === 'string' && cell.trim().startsWith('[') ? parseJson(cell) : cell;
  if (!Array.isArray(list)) return null;
  const turn = list.findLast(
    (one) => isRecord(one) && (one['role'] === 'user' || one['from'] === 'human' || one['from'] === 'user'),
  );
  if (!isRecord(turn)) return null;
  const content = turn['content'] ?? turn['value'];
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return content
    .flatMap((part) => (isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : []))
    .join('\n');
}

const DATA_URI = /^data:image\/[a-z0-9.+-]+;base64,/iu;
/** How PNG, JPEG, GIF, WebP, TIFF and BMP begin in base64. */
const BASE64_BEGINNINGS = ['iVBORw0KGgo', '/9j/', 'R0lGOD', 'UklGR', 'SUkq', 'TU0AK', 'Qk'];
const WEB = /^(https?|ftp|s3|gs|hf):\/\//iu;

/** Every image of a cell, in order. */
export function imagesOf(cell: unknown): Found<readonly ImageCell[]> {
  if (isEmptyCell(cell)) return found([]);
  if (cell instanceof Uint8Array) return found([{ kind: 'bytes', bytes: cell }]);
  if (Array.isArray(cell)) return joined(cell.map(imagesOf));
  if (isRecord(cell)) return imagesOfRecord(cell);
  if (typeof cell === 'string') return imagesOfText(cell.trim());
  return fault('an image column holds a number: rows that name another row by its number are not read');
}

function joined(parts: readonly Found<readonly ImageCell[]>[]): Found<readonly ImageCell[]> {
  const all: ImageCell[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    all.push(...part.value);
  }
  return found(all);
}

/** `{bytes, path}` as Hugging Face writes it, `{image: path}` as verl does, `{path}`, `{url}`. */
function imagesOfRecord(cell: Readonly<Record<string, unknown>>): Found<readonly ImageCell[]> {
  const { bytes } = cell;
  if (bytes instanceof Uint8Array || typeof bytes === 'string') return imagesOf(bytes);
  const named = cell['path'] ?? cell['image'] ?? cell['file_name'] ?? cell['url'] ?? cell['image_url'];
  return isEmptyCell(named) ? fault('an image has neither bytes nor a path') : imagesOf(named);
}

function imagesOfText(text: string): Found<readonly ImageCell[]> {
  if (text === '') return found([]);
  if (WEB.test(text)) {
    return fault('an image is an address on the web, and nothing is fetched: download the images first');
  }
  const uri = DATA_URI.exec(text);
  if (uri !== null) return found([{ kind: 'base64', base64: text.slice(uri[0].length) }]);
  if (text.length > 128 && BASE64_BEGINNINGS.some((start) => text.startsWith(start))) {
    return found([{ kind: 'base64', base64: text }]);
  }
  if (text.startsWith('[') && text.endsWith(']')) return joined(listOf(text).map(imagesOfText));
  if (text.length > 4096) return fault('an image path is longer than 4096 characters');
  return found([{ kind: 'path', path: text.replace(/^file:\/\//u, '') }]);
}
