import { useEffect, useState } from 'react';
import type { WatchMessage } from '../../../shared/model/episode-event.ts';
import { applyEpisodeEvent } from '../../../shared/model/episode-event.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import { useClient } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';

/** A run that goes on from a step, folded as it comes; null where there is none. */
export function useRun(run: EpisodeId | null): Episode | null {
  const client = useClient();
  const [live, setLive] = useState<Episode | null>(null);
  useEffect(() => {
    if (run === null) return undefined;
    const fold = (message: WatchMessage): void =>
      setLive((now) =>
        message.type === 'snapshot' ? message.episode : now && applyEpisodeEvent(now, message.event),
      );
    return client.subscribe(
      'corrections.watchRun',
      { run },
      { onValue: ({ data }) => fold(data), onFailure: notifyFailure },
    );
  }, [client, run]);
  return run === null || live?.id !== run ? null : live;
}
