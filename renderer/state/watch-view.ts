import { createStore, type Store } from './store.ts';

/** How a person likes to look at runs. It stays as they go from sample to sample. */
export interface WatchView {
  readonly pixels: 'source' | 'model';
  readonly panel: 'steps' | 'seen';
  readonly showTokens: boolean;
}

const store = createStore<WatchView>({ pixels: 'source', panel: 'steps', showTokens: false });

export const watchView: Store<WatchView> = store;

export function changeWatchView(part: Partial<WatchView>): void {
  store.set((view) => ({ ...view, ...part }));
}
