import type { ChangeNotice } from '../../shared/contract/procedures.ts';

type Topic = ChangeNotice['topic'] | 'all';

const listeners = new Set<(topic: Topic) => void>();

/** What the host said has changed; 'all' after the connection came back, since notices may have been missed. */
export const changes = {
  listen: (listener: (topic: Topic) => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  tell: (topic: Topic): void => {
    for (const listener of [...listeners]) listener(topic);
  },
} as const;
