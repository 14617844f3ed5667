import { createStore, type Store } from './store.ts';

/** 'refused': the host is there and does not know this page. */
export type ConnectionState = 'connecting' | 'open' | 'reconnecting' | 'refused';

export interface Connection extends Store<ConnectionState> {
  readonly opened: () => void;
  readonly lost: () => void;
  readonly refused: () => void;
}

export function createConnection(): Connection {
  const store = createStore<ConnectionState>('connecting');
  return {
    get: store.get,
    subscribe: store.subscribe,
    opened: () => store.set(() => 'open'),
    lost: () =>
      store.set((state) => (state === 'refused' ? state : state === 'connecting' ? state : 'reconnecting')),
    refused: () => store.set(() => 'refused'),
  };
}

/** Milliseconds before attempt number `attempt` (0-based): at once, then doubling up to five seconds. */
export function retryDelay(attempt: number): number {
  return attempt === 0 ? 0 : Math.min(5000, 150 * 2 ** Math.min(attempt, 10));
}
