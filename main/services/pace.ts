import { setTimeout as sleep } from 'node:timers/promises';
import type { EpisodeEvent } from '../../shared/model/episode-event.ts';

/** How long the end of a step stays alone on the screen, in milliseconds, before the next goes on. */
const BETWEEN_STEPS_MS = 500;

/**
 * Hands events on no faster than a person can follow: `tokensPerSecond` tokens, and a moment after every step. Null
 * hands them on as they come. An abort ends the waiting, so that Stop acts at once.
 */
export async function* paced<Return>(
  events: AsyncGenerator<EpisodeEvent, Return, void>,
  tokensPerSecond: number | null,
  signal: AbortSignal,
): AsyncGenerator<EpisodeEvent, void, void> {
  for await (const event of events) {
    yield event;
    const wait = tokensPerSecond === null ? 0 : waitAfter(event, tokensPerSecond);
    // A rejection is the abort: the episode itself says next how it ended.
    if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

function waitAfter(event: EpisodeEvent, tokensPerSecond: number): number {
  if (event.type === 'tokens') return (event.tokens.length * 1000) / tokensPerSecond;
  return event.type === 'step_finished' ? BETWEEN_STEPS_MS : 0;
}
