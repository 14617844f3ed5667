/** Time that changes have to come together, in milliseconds. */
const GATHER_MS = 200;

/** Says that jobs have changed, to whoever listens. */
export interface JobFeed {
  changed(): void;
  /** Yields at once, and then after changes, several of them as one. */
  watch(signal: AbortSignal): AsyncGenerator<undefined, void, void>;
}

export function createJobFeed(): JobFeed {
  const wakers = new Set<() => void>();
  let version = 0;

  function change(seen: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (version > seen || signal.aborted) return resolve();
      wakers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  return {
    changed: () => {
      version += 1;
      for (const wake of wakers) wake();
    },
    async *watch(signal) {
      while (!signal.aborted) {
        const seen = version;
        yield undefined;
        await change(seen, signal);
        await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      }
    },
  };
}
