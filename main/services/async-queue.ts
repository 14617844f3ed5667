/** Values handed from callbacks to one reader. Ends when it is closed or its signal fires. */
export interface AsyncQueue<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** What is waiting is still read. */
  close(): void;
  readonly length: number;
  clear(): void;
}

export function createAsyncQueue<T>(signal?: AbortSignal): AsyncQueue<T> {
  let waiting: T[] = [];
  let closed = signal?.aborted ?? false;
  let wake: (() => void) | null = null;

  function stir(): void {
    wake?.();
    wake = null;
  }
  function close(): void {
    closed = true;
    stir();
  }
  signal?.addEventListener('abort', close, { once: true });

  async function* read(): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        if (signal?.aborted) return;
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (closed) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      signal?.removeEventListener('abort', close);
    }
  }

  return {
    push: (value) => {
      if (closed) return;
      waiting.push(value);
      stir();
    },
    close,
    get length() {
      return waiting.length;
    },
    clear: () => {
      waiting = [];
    },
    [Symbol.asyncIterator]: read,
  };
}
