import { useCallback, useEffect, useRef, useState } from 'react';
import { type Failure, toFailure } from '../client/failure.ts';
import { changes } from './changes.ts';
import {
  EMPTY_LIST,
  loadedCount,
  markStale,
  nextPageToRead,
  pageArrived,
  type PageAnswer,
  type PagedList,
  rowAt,
} from './paged-list.ts';
import type { ChangeNotice } from '../../shared/contract/procedures.ts';

export interface PagedRows<Row, Answer> {
  /** Null before the first answer. */
  readonly total: number | null;
  readonly loaded: number;
  readonly rowAt: (index: number) => Row | undefined;
  /** Says which rows are on show; what is missing or old among them is read. */
  readonly show: (first: number, last: number) => void;
  readonly failure: Failure | null;
  readonly retry: () => void;
  /** The newest answer, for what it carries beside its rows. */
  readonly answer: Answer | null;
}

/**
 * Rows of a page, by its place: the first ones small, so that they are there at once, the others large, so that
 * the end of a long list is not far. The same place always has the same size, or its neighbours would not join.
 */
function limitOf(position: number): number {
  return position < 2 ? 100 : 500;
}

/**
 * Rows of a list of any length. `key` names the question (search, filter): another key starts over, and the old
 * rows stay on show until the new ones come.
 */
export function usePagedList<Row, Answer extends PageAnswer<Row>>(
  key: string,
  fetchPage: (cursor: string | null, limit: number, signal: AbortSignal) => Promise<Answer>,
  topics: readonly ChangeNotice['topic'][],
): PagedRows<Row, Answer> {
  const [list, setList] = useState<PagedList<Row>>(EMPTY_LIST);
  const [listKey, setListKey] = useState(key);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [range, setRange] = useState({ first: 0, last: 0 });
  const fetchLatest = useRef(fetchPage);
  useEffect(() => {
    fetchLatest.current = fetchPage;
  });

  const fresh = listKey === key;
  const wanted = fresh ? nextPageToRead(list, range.first, range.last) : { position: 0, cursor: null };
  const wantedPosition = wanted?.position ?? null;
  const wantedCursor = wanted?.cursor ?? null;
  useEffect(() => {
    if (wantedPosition === null || failure !== null) return undefined;
    const stop = new AbortController();
    fetchLatest
      .current(wantedCursor, limitOf(wantedPosition), stop.signal)
      .then((page) => {
        if (stop.signal.aborted) return;
        setList((current) => pageArrived(fresh ? current : EMPTY_LIST, wantedPosition, wantedCursor, page));
        setListKey(key);
        setAnswer(page);
      })
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setFailure(toFailure(error));
      });
    return () => stop.abort();
    // `list` is named so that a page that became stale again while it was read is read once more.
  }, [key, fresh, wantedPosition, wantedCursor, failure, list]);

  const topicNames = topics.join(' ');
  useEffect(
    () =>
      changes.listen((topic) => {
        if (topic !== 'all' && !topicNames.split(' ').includes(topic)) return;
        setFailure(null);
        setList(markStale);
      }),
    [topicNames],
  );

  const show = useCallback((first: number, last: number) => {
    setRange((now) => (now.first === first && now.last === last ? now : { first, last }));
  }, []);
  const retry = useCallback(() => setFailure(null), []);
  const at = useCallback((index: number) => rowAt(list, index), [list]);
  return { total: list.total, loaded: loadedCount(list), rowAt: at, show, failure, retry, answer };
}
