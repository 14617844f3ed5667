import { useEffect, useState } from 'react';
import type { EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import { useClient } from '../../client/hooks.ts';
import { useStore } from '../../state/store.ts';
import { createWatch, type Watch, watchApi } from '../../state/watch.ts';
import type { WatchState } from '../../state/watch-model.ts';

/** Watches an episode of a sample as long as the screen is there. */
export function useWatch(
  sampleId: SampleId,
  episodeId: EpisodeId | null,
): { readonly watch: Watch; readonly state: WatchState } {
  const client = useClient();
  const [watch] = useState(() => createWatch(watchApi(client)));
  useEffect(() => watch.open(sampleId, episodeId), [watch, sampleId, episodeId]);
  useEffect(() => watch.close, [watch]);
  return { watch, state: useStore(watch.store, (state) => state) };
}
