import { createStore, type Store } from './store.ts';

export const WATCH_PANELS = ['steps', 'seen', 'mask'] as const;
export type WatchPanel = (typeof WATCH_PANELS)[number];

/** How a person likes to look at runs. It stays as they go from sample to sample. */
export interface WatchView {
  readonly pixels: 'source' | 'model';
  readonly panel: WatchPanel;
  readonly showTokens: boolean;
}

const store = createStore<WatchView>({ pixels: 'source', panel: 'steps', showTokens: false });

export const watchView: Store<WatchView> = store;

export function changeWatchView(part: Partial<WatchView>): void {
  store.set((view) => ({ ...view, ...part }));
}
