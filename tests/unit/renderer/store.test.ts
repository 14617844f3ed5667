import { describe, expect, it } from 'vitest';
import { createStore } from '../../../renderer/state/store.ts';

describe('a store', () => {
  it('tells its listeners of a change, and not of none', () => {
    const store = createStore({ count: 0 });
    let told = 0;
    const stop = store.subscribe(() => {
      told += 1;
    });
    store.set((state) => ({ count: state.count + 1 }));
    store.set((state) => state);
    stop();
    store.set((state) => ({ count: state.count + 1 }));
    expect(told).toBe(1);
    expect(store.get()).toEqual({ count: 2 });
  });

  it('bears a listener that leaves while it is told', () => {
    const store = createStore(0);
    const told: string[] = [];
    const stop = store.subscribe(() => {
      told.push('first');
      stop();
    });
    store.subscribe(() => told.push('second'));
    store.set(() => 1);
    store.set(() => 2);
    expect(told).toEqual(['first', 'second', 'second']);
  });
});
