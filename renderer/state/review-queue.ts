import { z } from 'zod';
import type { QueueItem, QueuePage } from '../../shared/contract/reviews.ts';
import { queueFilter, queueOrder } from '../../shared/contract/reviews.ts';
import type { EpisodeId, ReviewerId } from '../../shared/model/ids.ts';
import { toFailure, type Failure } from '../client/failure.ts';
import { createStore, type Store } from './store.ts';

/** What a person chose to go through, and in which order. */
export const queueChoice = z
  .object({ order: queueOrder, seed: z.number().int().min(0).max(0xffff_ffff), filter: queueFilter })
  .readonly();
export type QueueChoice = z.infer<typeof queueChoice>;

export const FIRST_CHOICE: QueueChoice = { order: 'unreviewed', seed: 1, filter: { todo: true } };

export interface QueueState {
  readonly choice: QueueChoice;
  readonly by: ReviewerId | null;
  /**
   * What was loaded, in the order of that moment: an item stays where it is when it is reviewed, so that a person can
   * go back to it.
   */
  readonly items: readonly QueueItem[];
  /** Where the next page begins; null at the end. */
  readonly nextCursor: string | null;
  readonly loading: boolean;
  /** The first page was read. */
  readonly loaded: boolean;
  readonly failure: Failure | null;
}

export interface QueueApi {
  readonly page: (
    choice: QueueChoice,
    by: ReviewerId | null,
    cursor: string | null,
    limit: number,
  ) => Promise<QueuePage>;
}

export interface ReviewQueue {
  readonly store: Store<QueueState>;
  /** Loads the queue of a choice and a reviewer, unless it is the one that is there. */
  readonly open: (choice: QueueChoice, by: ReviewerId | null) => void;
  /** Loads the same queue anew: what was reviewed goes where it belongs now. */
  readonly reload: () => void;
  /** Reads one more page. */
  readonly more: () => Promise<void>;
  /** Puts in how items are by now. */
  readonly refresh: (items: readonly QueueItem[]) => void;
  /** Says at once what this page did, before the host tells it. */
  readonly mark: (id: EpisodeId, part: Pick<QueueItem, 'mine' | 'open'>) => void;
  /** The item after one, read from the host where it is not there yet; null at the end. */
  readonly after: (id: EpisodeId | null) => Promise<QueueItem | null>;
  /** The next one that wants this reviewer's opinion, going on from the beginning at the end; null when none does. */
  readonly nextOpen: (id: EpisodeId | null) => Promise<QueueItem | null>;
}

const PAGE = 60;

const NOTHING: QueueState = {
  choice: FIRST_CHOICE,
  by: null,
  items: [],
  nextCursor: null,
  loading: false,
  loaded: false,
  failure: null,
};

export function createReviewQueue(api: QueueApi): ReviewQueue {
  const store = createStore<QueueState>(NOTHING);
  /** Counts openings: an answer that belongs to an earlier one is not heard. */
  let opening = 0;
  let reading: Promise<void> | null = null;

  function read(choice: QueueChoice, cursor: string | null): Promise<void> {
    const mine = opening;
    const { by } = store.get();
    store.set((state) => ({ ...state, loading: true, failure: null }));
    const done = api.page(choice, by, cursor, PAGE).then(
      (page) => {
        if (mine !== opening) return;
        store.set((state) => {
          const known = new Set(state.items.map(({ episode }) => episode.id));
          const added = page.items.filter(({ episode }) => !known.has(episode.id));
          const { nextCursor } = page;
          return { ...state, items: [...state.items, ...added], nextCursor, loading: false, loaded: true };
        });
      },
      (error: unknown) => {
        if (mine !== opening) return;
        store.set((state) => ({ ...state, loading: false, loaded: true, failure: toFailure(error) }));
      },
    );
    reading = done.finally(() => {
      if (mine === opening) reading = null;
    });
    return reading;
  }

  function start(choice: QueueChoice, by: ReviewerId | null): void {
    opening += 1;
    store.set(() => ({ ...NOTHING, choice, by }));
    void read(choice, null);
  }

  async function more(): Promise<void> {
    if (reading !== null) return reading;
    const { nextCursor, choice } = store.get();
    if (nextCursor !== null) await read(choice, nextCursor);
  }

  async function after(id: EpisodeId | null): Promise<QueueItem | null> {
    const at = placeOf(store.get().items, id);
    if (at + 1 >= store.get().items.length) await more();
    return store.get().items[at + 1] ?? null;
  }

  async function nextOpen(id: EpisodeId | null): Promise<QueueItem | null> {
    const at = placeOf(store.get().items, id);
    const held = store.get().items.find((item, index) => index > at && item.open);
    if (held !== undefined) return held;
    const { choice, nextCursor } = store.get();
    if (nextCursor !== null) {
      // What is done is passed over by the host: there may be hundreds of thousands of it.
      const before = store.get().items.length;
      if (reading !== null) await reading;
      else await read({ ...choice, filter: { ...choice.filter, todo: true } }, nextCursor);
      const found = store.get().items.find((item, index) => index >= before && item.open);
      if (found !== undefined) return found;
    }
    return store.get().items.find((item) => item.open && item.episode.id !== id) ?? null;
  }

  return {
    store,
    open: (choice, by) => {
      const state = store.get();
      if (opening > 0 && state.by === by && JSON.stringify(state.choice) === JSON.stringify(choice)) return;
      start(choice, by);
    },
    reload: () => {
      const { choice, by } = store.get();
      start(choice, by);
    },
    more,
    refresh: (items) => {
      const fresh = new Map(items.map((item) => [item.episode.id, item]));
      store.set((state) => ({
        ...state,
        items: state.items.map((item) => {
          const now = fresh.get(item.episode.id);
          return now === undefined ? item : { ...now, cursor: item.cursor };
        }),
      }));
    },
    mark: (id, part) =>
      store.set((state) => ({
        ...state,
        items: state.items.map((item) => (item.episode.id === id ? { ...item, ...part } : item)),
      })),
    after,
    nextOpen,
  };
}

/** -1 where it is not in the list: what follows it then is the beginning. */
export function placeOf(items: readonly QueueItem[], id: EpisodeId | null): number {
  return items.findIndex(({ episode }) => episode.id === id);
}

/** The one before, of those that are there; with `open` the one before that wants an opinion. */
export function before(items: readonly QueueItem[], id: EpisodeId | null, open: boolean): QueueItem | null {
  const at = placeOf(items, id);
  return items.slice(0, Math.max(0, at)).findLast((item) => !open || item.open) ?? null;
}

const PLACE = 'imagent.queue';

export function rememberedChoice(): QueueChoice {
  try {
    const parsed = queueChoice.safeParse(JSON.parse(window.localStorage.getItem(PLACE) ?? 'null'));
    return parsed.success ? parsed.data : FIRST_CHOICE;
  } catch {
    return FIRST_CHOICE;
  }
}

export function rememberChoice(choice: QueueChoice): void {
  window.localStorage.setItem(PLACE, JSON.stringify(choice));
}

const wishes = createStore(0);
/** How often a queue was asked to be loaded anew by somebody outside of it, who knows that there is more now. */
export const queueWishes: Store<number> = wishes;

export function askForNewQueue(): void {
  wishes.set((count) => count + 1);
}
