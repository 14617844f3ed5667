import { describe, expect, it } from 'vitest';
import {
  EMPTY_LIST,
  loadedCount,
  markStale,
  nextPageToRead,
  pageArrived,
  type PagedList,
  rowAt,
} from '../../../renderer/state/paged-list.ts';

/** Answers as a host with `rows` gives them, three a page. */
function answerOf(rows: readonly string[], cursor: string | null) {
  const from = Number(cursor ?? 0);
  const items = rows.slice(from, from + 3);
  return { items, total: rows.length, nextCursor: from + 3 < rows.length ? String(from + 3) : null };
}

/** Reads until rows `first..last` are there and fresh. */
function readAll(
  list: PagedList<string>,
  rows: readonly string[],
  first: number,
  last: number,
): PagedList<string> {
  let now = list;
  for (let next = nextPageToRead(now, first, last); next !== null; next = nextPageToRead(now, first, last)) {
    now = pageArrived(now, next.position, next.cursor, answerOf(rows, next.cursor));
  }
  return now;
}

const letters = [...'abcdefghij'];

describe('a list that is read page by page', () => {
  it('reads what is looked at and no more', () => {
    const list = readAll(EMPTY_LIST, letters, 0, 4);
    expect(loadedCount(list)).toBe(6);
    expect(list.total).toBe(10);
    expect([0, 4, 5].map((index) => rowAt(list, index))).toEqual(['a', 'e', 'f']);
    expect(rowAt(list, 6)).toBeUndefined();
  });

  it('reads on until a far row is there', () => {
    const list = readAll(EMPTY_LIST, letters, 9, 9);
    expect(rowAt(list, 9)).toBe('j');
    expect(nextPageToRead(list, 9, 40)).toBeNull();
  });

  it('reads again only the stale pages that are looked at', () => {
    const changed = letters.map((letter) => letter.toUpperCase());
    const list = readAll(markStale(readAll(EMPTY_LIST, letters, 0, 9)), changed, 3, 4);
    expect([0, 3, 6].map((index) => rowAt(list, index))).toEqual(['a', 'D', 'g']);
    expect(nextPageToRead(list, 3, 4)).toBeNull();
  });

  it('drops the pages that no longer join after rows were deleted', () => {
    const full = markStale(readAll(EMPTY_LIST, letters, 0, 9));
    const list = pageArrived(full, 0, null, { items: ['a', 'c', 'd'], total: 9, nextCursor: '4' });
    expect(loadedCount(list)).toBe(3);
    expect(list.total).toBe(9);
  });

  it('shows an empty list as empty', () => {
    const list = readAll(EMPTY_LIST, [], 0, 20);
    expect(list.total).toBe(0);
    expect(nextPageToRead(list, 0, 20)).toBeNull();
    expect(readAll(markStale(list), letters, 0, 0).total).toBe(10);
  });

  it('ignores an answer for a place that no longer exists', () => {
    expect(pageArrived(EMPTY_LIST, 2, '6', answerOf(letters, '6'))).toBe(EMPTY_LIST);
  });
});
