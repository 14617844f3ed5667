/** A least-recently-used cache that holds at most `capacity` bytes. */
export interface ByteLru<Value> {
  get(key: string): Value | undefined;
  /** A value larger than the whole cache is not kept. */
  set(key: string, value: Value): void;
  clear(): void;
  readonly bytes: number;
  readonly size: number;
}

export function createByteLru<Value>(capacity: number, sizeOf: (value: Value) => number): ByteLru<Value> {
  // A Map iterates in order of insertion, so its first key is the one that was used longest ago.
  const entries = new Map<string, Value>();
  let bytes = 0;
  const remove = (key: string): void => {
    const value = entries.get(key);
    if (value === undefined) return;
    entries.delete(key);
    bytes -= sizeOf(value);
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      const size = sizeOf(value);
      if (size > capacity) return;
      entries.set(key, value);
      bytes += size;
      for (const oldest of entries.keys()) {
        if (bytes <= capacity) break;
        remove(oldest);
      }
    },
    clear() {
      entries.clear();
      bytes = 0;
    },
    get bytes() {
      return bytes;
    },
    get size() {
      return entries.size;
    },
  };
}
