import type { EpisodeId, SampleId } from '../../shared/model/ids.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { WatchMessage } from '../../shared/model/episode-event.ts';
import { applyEpisodeEvent } from '../../shared/model/episode-event.ts';
import type { SamplingSettings } from '../../shared/model/limits.ts';
import type { Failure } from '../client/failure.ts';

/**
 * The moment of the run that is shown: `follow` is the newest, whatever comes; a number is how many steps
 * have happened, 0 being the start.
 */
export type Cursor = 'follow' | number;

export interface WatchState {
  readonly sampleId: SampleId | null;
  readonly episodeId: EpisodeId | null;
  /** What is known of the episode; null until the first message. */
  readonly episode: Episode | null;
  readonly stream: 'none' | 'opening' | 'open' | 'ended';
  /** A request that the host has not answered yet. */
  readonly request: 'none' | 'starting' | 'stopping';
  /** What went wrong last, between the page and the host. */
  readonly failure: Failure | null;
  readonly cursor: Cursor;
}

export const NOTHING_WATCHED: WatchState = {
  sampleId: null,
  episodeId: null,
  episode: null,
  stream: 'none',
  request: 'none',
  failure: null,
  cursor: 'follow',
};

export function isRunning(state: Pick<WatchState, 'episode'>): boolean {
  return state.episode?.state.kind === 'running';
}

/** The last position: after the newest step. */
export function lastPosition(state: Pick<WatchState, 'episode'>): number {
  return state.episode?.steps.length ?? 0;
}

/** How many steps are shown. */
export function positionOf(state: Pick<WatchState, 'episode' | 'cursor'>): number {
  const last = lastPosition(state);
  return state.cursor === 'follow' ? last : Math.min(last, Math.max(0, state.cursor));
}

/** True where the person looks at the past of an episode that goes on. */
export function isBehind(state: WatchState): boolean {
  return isRunning(state) && state.cursor !== 'follow';
}

/** Moves to a position. The last one means to follow: what comes next is shown as well. */
export function seek(state: WatchState, position: number): WatchState {
  const last = lastPosition(state);
  const wanted = Math.min(last, Math.max(0, Math.round(position)));
  const cursor = wanted === last ? 'follow' : wanted;
  return cursor === state.cursor ? state : { ...state, cursor };
}

/** Folds messages of the stream, in order. A snapshot replaces what was known. */
export function foldMessages(state: WatchState, messages: readonly WatchMessage[]): WatchState {
  let episode = state.episode;
  for (const message of messages) {
    if (message.type === 'snapshot') episode = message.episode;
    else if (episode !== null) episode = applyEpisodeEvent(episode, message.event);
  }
  if (episode === state.episode) return state;
  const request = state.request === 'stopping' && episode?.state.kind === 'ended' ? 'none' : state.request;
  return { ...state, episode, request };
}

/** Temperature of a run with another seed where the settings are greedy: at 0 every seed gives the same run. */
export const RESEED_TEMPERATURE = 0.7;

/** The same settings with the next seed, warm enough for a seed to matter. */
export function withNextSeed(sampling: SamplingSettings, lastSeed: number | null): SamplingSettings {
  const seed = ((lastSeed ?? sampling.seed) + 1) % 0x1_0000_0000;
  return {
    ...sampling,
    seed,
    temperature: sampling.temperature > 0 ? sampling.temperature : RESEED_TEMPERATURE,
  };
}
