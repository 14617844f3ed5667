import type { StartEpisodeInput } from '../../shared/contract/procedures.ts';
import type { EpisodeId, SampleId } from '../../shared/model/ids.ts';
import type { WatchMessage } from '../../shared/model/episode-event.ts';
import type { StreamHandlers, StudioClient } from '../client/client.ts';
import { toFailure } from '../client/failure.ts';
import { createStore, type Store } from './store.ts';
import {
  foldMessages,
  isRunning,
  NOTHING_WATCHED,
  positionOf,
  seek,
  type WatchState,
} from './watch-model.ts';

/** What the screen needs of the host. */
export interface WatchApi {
  readonly start: (input: StartEpisodeInput) => Promise<{ readonly id: EpisodeId }>;
  readonly stop: (id: EpisodeId) => Promise<void>;
  /** The whole episode first, then what happens to it. @returns the function that ends it. */
  readonly watch: (id: EpisodeId, handlers: StreamHandlers<WatchMessage>) => () => void;
}

export interface Watch {
  readonly store: Store<WatchState>;
  /** Goes to a sample, and to one of its episodes. Nothing happens where it is there already. */
  readonly open: (sampleId: SampleId, episodeId: EpisodeId | null) => void;
  /** Starts an episode and watches it. @returns its id; null where it could not be started. */
  readonly run: (input: StartEpisodeInput) => Promise<EpisodeId | null>;
  readonly stop: () => Promise<void>;
  /** Watches the same episode again after its stream failed. */
  readonly retry: () => void;
  readonly seek: (position: number) => void;
  readonly stepBy: (steps: number) => void;
  readonly follow: () => void;
  readonly close: () => void;
}

/** Tokens come faster than anybody reads: what arrives within this many milliseconds is shown at once. */
const GATHER_MS = 30;

/** The part of the client that this screen uses. */
export function watchApi(client: StudioClient): WatchApi {
  return {
    start: (input) => client.mutate('episodes.start', input),
    stop: async (id) => {
      await client.mutate('episodes.stop', { id });
    },
    watch: (id, handlers) =>
      client.subscribe(
        'episodes.watch',
        { id },
        { ...handlers, onValue: ({ data }) => handlers.onValue(data) },
      ),
  };
}

/** @param later runs a function soon; the page gathers what arrives until then. */
export function createWatch(
  api: WatchApi,
  later: (run: () => void) => void = (run) => void setTimeout(run, GATHER_MS),
): Watch {
  const store = createStore<WatchState>(NOTHING_WATCHED);
  let endStream: (() => void) | null = null;
  let waiting: WatchMessage[] = [];

  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    if (messages.length > 0) store.set((state) => foldMessages(state, messages));
  };
  const leave = (): void => {
    endStream?.();
    endStream = null;
    waiting = [];
  };

  const listen = (id: EpisodeId): void => {
    leave();
    // A stream that was left may still deliver: only the newest one is heard.
    let heard = true;
    const end = api.watch(id, {
      onStarted: () => heard && store.set((state) => ({ ...state, stream: 'open', failure: null })),
      onValue: (message) => {
        if (!heard) return;
        waiting.push(message);
        if (waiting.length === 1) later(flush);
      },
      onFailure: (failure) => {
        if (!heard) return;
        flush();
        store.set((state) => ({ ...state, stream: 'ended', failure }));
      },
      onEnd: () => {
        if (!heard) return;
        flush();
        store.set((state) => ({ ...state, stream: 'ended' }));
      },
    });
    endStream = () => {
      heard = false;
      end();
    };
  };

  const show = (sampleId: SampleId, episodeId: EpisodeId | null): void => {
    leave();
    const stream = episodeId === null ? 'none' : 'opening';
    store.set(({ request }) => ({ ...NOTHING_WATCHED, request, sampleId, episodeId, stream }));
    if (episodeId !== null) listen(episodeId);
  };

  return {
    store,
    open: (sampleId, episodeId) => {
      const state = store.get();
      if (state.sampleId !== sampleId || state.episodeId !== episodeId) show(sampleId, episodeId);
    },
    run: async (input) => {
      const { request } = store.get();
      if (request === 'starting') return null;
      store.set((state) => ({ ...state, request: 'starting', failure: null }));
      try {
        const { id } = await api.start(input);
        const moved = store.get().sampleId !== input.sampleId;
        store.set((state) => ({ ...state, request: 'none' }));
        if (moved) return null;
        show(input.sampleId, id);
        return id;
      } catch (error) {
        store.set((state) => ({ ...state, request: 'none', failure: toFailure(error) }));
        return null;
      }
    },
    stop: async () => {
      const state = store.get();
      if (state.episodeId === null || !isRunning(state) || state.request === 'stopping') return;
      store.set((now) => ({ ...now, request: 'stopping' }));
      try {
        await api.stop(state.episodeId);
      } catch (error) {
        store.set((now) => ({ ...now, request: 'none', failure: toFailure(error) }));
      }
    },
    retry: () => {
      const { episodeId } = store.get();
      if (episodeId === null) return;
      store.set((state) => ({ ...state, stream: 'opening', failure: null }));
      listen(episodeId);
    },
    seek: (position) => store.set((state) => seek(state, position)),
    stepBy: (steps) => store.set((state) => seek(state, positionOf(state) + steps)),
    follow: () => store.set((state) => ({ ...state, cursor: 'follow' })),
    close: () => {
      leave();
      store.set(() => NOTHING_WATCHED);
    },
  };
}
