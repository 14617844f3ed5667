import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { assetPath, viewAssetPath } from '../../../shared/contract/assets.ts';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import type { QueueItem } from '../../../shared/contract/reviews.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import { callKey, useClient } from '../../client/hooks.ts';

/** Reads items and their pictures before they are asked for, so that going there shows them at once. */
export function usePreload(items: readonly QueueItem[]): void {
  const client = useClient();
  const queries = useQueryClient();
  const names = items.map(({ episode }) => episode.id).join(' ');
  useEffect(() => {
    for (const { episode } of items) void preload(episode).catch(() => undefined);

    async function preload({ id, sampleId }: QueueItem['episode']): Promise<void> {
      await Promise.all([
        queries.prefetchQuery({
          queryKey: callKey('samples.get', { id: sampleId }),
          queryFn: () => client.query('samples.get', { id: sampleId }),
        }),
        queries.prefetchQuery({
          queryKey: callKey('episodes.get', { id }),
          queryFn: () => client.query('episodes.get', { id }),
        }),
        queries.prefetchQuery({
          queryKey: callKey('reviews.get', { episodeId: id }),
          queryFn: () => client.query('reviews.get', { episodeId: id }),
        }),
      ]);
      const row = queries.getQueryData<SampleRow>(callKey('samples.get', { id: sampleId }));
      const episode = queries.getQueryData<Episode>(callKey('episodes.get', { id }));
      for (const { assets } of row?.images ?? []) new Image().src = assetPath(assets.full);
      for (const view of episode?.views ?? []) {
        if (view.origin !== 'input') new Image().src = viewAssetPath(id, view.number);
      }
    }
    // `names` says which items they are; the list is a new one at every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, queries, names]);
}
