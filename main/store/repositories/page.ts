import { StudioError } from '../../../shared/contract/errors.ts';

/** A page of a list that is ordered by `place`, first to last. */
export interface Page<Row> {
  readonly items: readonly Row[];
  readonly nextCursor: string | null;
}

/** Before every place that can exist. */
const BEGINNING = Number.MIN_SAFE_INTEGER;

/** @throws StudioError bad_input for a cursor that no list gave out. */
export function placeAfter(cursor: string | null | undefined): number {
  if (cursor === null || cursor === undefined) return BEGINNING;
  const place = /^-?\d{1,16}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (!Number.isSafeInteger(place)) throw new StudioError('bad_input', 'This list position is not known.');
  return place;
}

/** `rows` were read with one more than `limit`, to learn whether there is a next page. */
export function toPage<Row extends { readonly place: number }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last ? String(last.place) : null };
}

/** Newest batches first, and inside a batch in order: 2^24 places a batch, 2^29 batches. */
export const PLACES_PER_BATCH = 2 ** 24;

export function placeInBatch(batch: number, index: number): number {
  if (index >= PLACES_PER_BATCH)
    throw new StudioError('bad_input', 'More than 16 million items in one import.');
  return -batch * PLACES_PER_BATCH + index;
}

/** For LIKE with ESCAPE '\\': what was typed is looked for as it is. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
}
