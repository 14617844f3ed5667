import type { ChangeTopic } from '../../shared/contract/procedures.ts';

/** Says what lists must be read again, so that several pages on one workspace stay in step. */
export interface ChangeFeed {
  notify(topic: ChangeTopic): void;
  /**
   * What changes from now on. A burst of changes of one topic comes as one notice. A page that was away reads
   * everything again when it comes back, so nothing is kept for it.
   */
  watch(signal: AbortSignal): AsyncGenerator<ChangeTopic, void, void>;
}

interface Watcher {
  readonly pending: Set<ChangeTopic>;
  wake(): void;
}

/** Time that a burst has to come together, in milliseconds. */
const GATHER_MS = 50;

export function createChangeFeed(): ChangeFeed {
  const watchers = new Set<Watcher>();
  return {
    notify: (topic) => {
      for (const watcher of watchers) {
        watcher.pending.add(topic);
        watcher.wake();
      }
    },
    async *watch(signal) {
      const pending = new Set<ChangeTopic>();
      let wake = (): void => {};
      const watcher: Watcher = { pending, wake: () => wake() };
      const stop = (): void => wake();
      signal.addEventListener('abort', stop, { once: true });
      watchers.add(watcher);
      try {
        while (!signal.aborted) {
          if (pending.size === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
            await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
          }
          const topics = [...pending];
          pending.clear();
          yield* topics;
        }
      } finally {
        watchers.delete(watcher);
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
