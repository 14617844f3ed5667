import { useSyncExternalStore } from 'react';

/** A value that many components read and only its own module's actions write. */
export interface Store<State> {
  readonly get: () => State;
  readonly subscribe: (listener: () => void) => () => void;
}

export interface WritableStore<State> extends Store<State> {
  readonly set: (change: (state: State) => State) => void;
}

/**
 * Keep the writable store inside the module that owns it; export actions and the readable face.
 * Listeners are told only when the state is another object than before.
 */
export function createStore<State>(initial: State): WritableStore<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set: (change) => {
      const next = change(state);
      if (Object.is(next, state)) return;
      state = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Reads a part of a store. `select` must return the same object for the same state. */
export function useStore<State, Part>(store: Store<State>, select: (state: State) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
