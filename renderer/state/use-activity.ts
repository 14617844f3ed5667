import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useStream } from '../client/hooks.ts';
import { changes } from './changes.ts';

/** Features whose answers hold something of another topic. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  images: ['images', 'samples', 'app'],
  samples: ['samples', 'app'],
  episodes: ['episodes', 'samples', 'app'],
};

/** Reads again whatever the host says has changed. Mount once. */
export function useActivity(): void {
  const queries = useQueryClient();
  const startedBefore = useRef(false);
  useStream('app.activity', undefined, {
    onStarted: () => {
      if (startedBefore.current) changes.tell('all');
      startedBefore.current = true;
    },
    onValue: (notice) => changes.tell(notice.topic),
  });
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
