/**
 * A long list that is read page by page through opaque cursors. Pages are contiguous from the first row; what lies
 * beyond them is known only by its number. A page that the host says has changed is kept on show and read again
 * when it is looked at.
 */
export interface Page<Row> {
  /** Where it starts; null for the first. */
  readonly cursor: string | null;
  readonly items: readonly Row[];
  readonly nextCursor: string | null;
  readonly stale: boolean;
}

export interface PagedList<Row> {
  readonly pages: readonly Page<Row>[];
  /** Rows of the whole list; null before the first page came. */
  readonly total: number | null;
}

export interface PageAnswer<Row> {
  readonly items: readonly Row[];
  readonly nextCursor: string | null;
  readonly total: number;
}

export const EMPTY_LIST: PagedList<never> = { pages: [], total: null };

export function loadedCount<Row>(list: PagedList<Row>): number {
  return list.pages.reduce((sum, page) => sum + page.items.length, 0);
}

/** The row at a 0-based position; undefined where it has not been read. */
export function rowAt<Row>(list: PagedList<Row>, index: number): Row | undefined {
  let rest = index;
  for (const page of list.pages) {
    if (rest < page.items.length) return page.items[rest];
    rest -= page.items.length;
  }
  return undefined;
}

/** Puts an answer in its place. Where its end moved, the pages behind it no longer join and are dropped. */
export function pageArrived<Row>(
  list: PagedList<Row>,
  position: number,
  cursor: string | null,
  answer: PageAnswer<Row>,
): PagedList<Row> {
  if (position > list.pages.length) return list;
  const page: Page<Row> = { cursor, items: answer.items, nextCursor: answer.nextCursor, stale: false };
  const behind = list.pages[position]?.nextCursor === answer.nextCursor ? list.pages.slice(position + 1) : [];
  return { pages: [...list.pages.slice(0, position), page, ...behind], total: answer.total };
}

export function markStale<Row>(list: PagedList<Row>): PagedList<Row> {
  return { ...list, pages: list.pages.map((page) => ({ ...page, stale: true })) };
}

/** The page to read next so that rows `first..last` are there and fresh; null when they are. */
export function nextPageToRead<Row>(
  list: PagedList<Row>,
  first: number,
  last: number,
): { readonly position: number; readonly cursor: string | null } | null {
  let start = 0;
  for (const [position, page] of list.pages.entries()) {
    const end = start + page.items.length;
    const inView = start <= last && end > first;
    if (page.stale && (inView || end === start)) return { position, cursor: page.cursor };
    start = end;
  }
  const tail = list.pages.at(-1);
  if (tail === undefined) return { position: 0, cursor: null };
  return tail.nextCursor !== null && last >= start
    ? { position: list.pages.length, cursor: tail.nextCursor }
    : null;
}
