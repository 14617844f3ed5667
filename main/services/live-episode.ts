import type { EpisodeEvent, WatchMessage } from '../../shared/model/episode-event.ts';
import { applyEpisodeEvent } from '../../shared/model/episode-event.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { SampledToken } from '../../shared/model/step.ts';

/** Time in which tokens are gathered into one event, in milliseconds: two frames of a screen. */
const GATHER_MS = 30;

/** A message with the number of the last event that it contains. */
export interface NumberedMessage {
  readonly sequence: number;
  readonly message: WatchMessage;
}

/**
 * An episode while it runs: its events folded into what it is by now, and handed to whoever watches. The only
 * writer is the run that it belongs to.
 */
export interface LiveEpisode {
  current(): Episode;
  /**
   * Tokens may wait a moment to be handed on together; every other event first hands on those that wait. Resolves
   * when whoever watches can see the event.
   */
  apply(event: EpisodeEvent): Promise<void>;
  /** For an end that can't be stored: whoever watches is told all the same. */
  endUnsaved(event: EpisodeEvent): void;
  /**
   * The events after number `after` where they are still known, else the whole episode and then what follows.
   * Ends when the episode does.
   */
  watch(after: number | null, signal: AbortSignal): AsyncGenerator<NumberedMessage, void, void>;
}

export interface LiveEpisodeDeps {
  /**
   * Stores what an event made of the episode, before anybody is told; a promise is waited for. When it throws or
   * rejects, nothing has happened.
   */
  readonly save: (episode: Episode, event: EpisodeEvent) => void | Promise<void>;
}

export function createLiveEpisode(initial: Episode, { save }: LiveEpisodeDeps): LiveEpisode {
  let episode = initial;
  /** Event number n stands at n - 1. An episode is short enough to keep them all while it runs. */
  const events: EpisodeEvent[] = [];
  const watchers = new Set<() => void>();
  let waiting: { readonly index: number; readonly tokens: SampledToken[] } | null = null;
  let timer: NodeJS.Timeout | null = null;

  function tell(next: Episode, event: EpisodeEvent): void {
    episode = next;
    events.push(event);
    for (const wake of watchers) wake();
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const gathered = waiting;
    waiting = null;
    if (gathered === null) return;
    const event: EpisodeEvent = { type: 'tokens', index: gathered.index, tokens: gathered.tokens };
    tell(applyEpisodeEvent(episode, event), event);
  }

  function gather(event: Extract<EpisodeEvent, { type: 'tokens' }>): void {
    if (waiting !== null && waiting.index !== event.index) flush();
    waiting ??= { index: event.index, tokens: [] };
    waiting.tokens.push(...event.tokens);
    timer ??= setTimeout(flush, GATHER_MS);
  }

  function change(seen: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        watchers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (events.length > seen || signal.aborted) return resolve();
      watchers.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  return {
    current: () => episode,
    apply: async (event) => {
      if (event.type === 'tokens') return gather(event);
      flush();
      const next = applyEpisodeEvent(episode, event);
      const stored = save(next, event);
      if (stored !== undefined) await stored;
      tell(next, event);
    },
    endUnsaved: (event) => tell(applyEpisodeEvent(episode, event), event),
    async *watch(after, signal) {
      let seen = after !== null && after <= events.length ? after : events.length;
      if (seen !== after) yield { sequence: seen, message: { type: 'snapshot', episode } };
      while (!signal.aborted) {
        for (const event of events.slice(seen)) {
          seen += 1;
          yield { sequence: seen, message: { type: 'event', event } };
        }
        if (seen < events.length) continue;
        if (episode.state.kind === 'ended') return;
        await change(seen, signal);
      }
    },
  };
}
