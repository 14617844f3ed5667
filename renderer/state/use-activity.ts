import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useClient, useStream } from '../client/hooks.ts';
import { changes } from './changes.ts';

/** Features whose answers hold something of another topic. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  images: ['images', 'samples', 'curation', 'app'],
  samples: ['samples', 'curation', 'tables', 'app', 'guide'],
  episodes: ['episodes', 'samples', 'app', 'guide'],
  agents: ['agents', 'runs', 'guide'],
  evaluations: ['evaluations', 'guide'],
  jobs: ['jobs', 'exports', 'guide'],
  reviews: ['reviews', 'samples', 'guide'],
  runs: ['runs', 'trainer', 'guide'],
  settings: ['settings', 'guide'],
  snapshots: ['snapshots', 'guide'],
};

/** Reads again whatever the host says has changed. Mount once. */
export function useActivity(): void {
  const queries = useQueryClient();
  const { connection } = useClient();
  useStream('app.activity', undefined, {
    onValue: (notice) => changes.tell(notice.topic),
  });
  useEffect(() => {
    let before = connection.get();
    return connection.subscribe(() => {
      const now = connection.get();
      // What changed while the host was away was told to nobody.
      if (now === 'open' && before === 'reconnecting') changes.tell('all');
      before = now;
    });
  }, [connection]);
  useEffect(
    () =>
      changes.listen((topic) => {
        if (topic === 'all') {
          void queries.invalidateQueries();
          return;
        }
        for (const feature of ALSO[topic] ?? [topic]) void queries.invalidateQueries({ queryKey: [feature] });
      }),
    [queries],
  );
}
