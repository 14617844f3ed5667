import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { SampleId } from '../../../shared/model/ids.ts';
import { useEffect } from 'react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { SamplePage, SampleRow } from '../../../shared/contract/procedures.ts';
import { callKey, useClient } from '../../client/hooks.ts';
import { lastPlaceOn } from '../../state/route.ts';

export interface Neighbours {
  readonly previous: SampleId | null;
  readonly next: SampleId | null;
  /** 1-based place in the list; null where the sample is not in it. */
  readonly place: number | null;
  readonly total: number;
}

const NONE: Neighbours = { previous: null, next: null, place: null, total: 0 };
const PAGE = 500;
/** Past this many pages the neighbours are not looked for: the list then is the way to go on. */
const MAX_PAGES = 40;

/**
 * The samples before and after one in the list that the person last looked at, with its search and filter. They
 * are read ahead, so that going there shows them at once.
 */
export function useSamplesAround(sampleId: SampleId | null): Neighbours {
  const client = useClient();
  const queries = useQueryClient();
  const place = lastPlaceOn('library');
  const list =
    place.screen === 'library' && place.tab === 'samples' ? { filter: place.filter, sort: place.sort } : {};
  const { data } = useQuery({
    queryKey: ['samples', 'around', sampleId, list],
    enabled: sampleId !== null,
    queryFn: () =>
      neighbours(sampleId, (cursor) => {
        const input = { ...list, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
        return queries.fetchQuery({
          queryKey: callKey('samples.list', input),
          queryFn: ({ signal }) => client.query('samples.list', input, signal),
        });
      }),
  });
  const around = data ?? NONE;
  const { previous, next } = around;
  useEffect(() => {
    for (const id of [next, previous]) {
      if (id !== null) void preload(id);
    }
    async function preload(id: SampleId): Promise<void> {
      const input = { id };
      await queries.prefetchQuery({
        queryKey: callKey('samples.get', input),
        queryFn: () => client.query('samples.get', input),
      });
      const row = queries.getQueryData<SampleRow>(callKey('samples.get', input));
      for (const { assets } of row?.images ?? []) new Image().src = assetPath(assets.full);
    }
  }, [client, queries, previous, next]);
  return around;
}

/** Walks the pages until it has met the sample and the one after it. */
export async function neighbours(
  sampleId: SampleId | null,
  readPage: (cursor: string | null) => Promise<SamplePage>,
): Promise<Neighbours> {
  let previous: SampleId | null = null;
  let place: number | null = null;
  let seen = 0;
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, nextCursor, total } = await readPage(cursor);
    for (const { sample } of items) {
      seen += 1;
      if (place !== null) return { previous, next: sample.id, place, total };
      if (sample.id === sampleId) place = seen;
      else previous = sample.id;
    }
    if (nextCursor === null) return { previous: place === null ? null : previous, next: null, place, total };
    cursor = nextCursor;
  }
  return NONE;
}
