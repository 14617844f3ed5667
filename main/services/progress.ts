/** A value that changes while work goes on, for those who watch it. The work is its only writer. */
export interface Progress<Value> {
  get(): Value;
  set(value: Value): void;
  /** The value now and whenever it changed, until `isOver`. Values that nobody had time to look at are skipped. */
  watch(signal: AbortSignal): AsyncGenerator<Value, void, void>;
}

export function createProgress<Value>(first: Value, isOver: (value: Value) => boolean): Progress<Value> {
  let value = first;
  let wakeAll = Promise.withResolvers<void>();
  return {
    get: () => value,
    set: (next) => {
      value = next;
      wakeAll.resolve();
      wakeAll = Promise.withResolvers();
    },
    async *watch(signal) {
      const stopped = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      while (!signal.aborted) {
        const shown = value;
        const changed = wakeAll.promise;
        yield shown;
        if (isOver(shown)) return;
        if (value === shown) await Promise.race([changed, stopped]);
      }
    },
  };
}
