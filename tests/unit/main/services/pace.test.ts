import { expect, it } from 'vitest';
import type { EpisodeEvent } from '../../../../shared/model/episode-event.ts';
import { paced } from '../../../../main/services/pace.ts';

const token = { id: 1, text: 'a', logprob: 0, entropy: 0 };
const EVENTS: readonly EpisodeEvent[] = [
  { type: 'phase', phase: 'prefill' },
  ...Array.from({ length: 5 }, (): EpisodeEvent => ({ type: 'tokens', index: 0, tokens: [token] })),
];

async function* all(): AsyncGenerator<EpisodeEvent, void, void> {
  yield* EVENTS;
}

async function take(pace: number | null, signal = new AbortController().signal) {
  const seen: EpisodeEvent[] = [];
  const startedAt = performance.now();
  for await (const event of paced(all(), pace, signal)) seen.push(event);
  return { seen, milliseconds: performance.now() - startedAt };
}

it('loses nothing and changes nothing, paced or not', async () => {
  expect((await take(null)).seen).toEqual(EVENTS);
  expect((await take(1000)).seen).toEqual(EVENTS);
});

it('takes at least the time that the pace asks for', async () => {
  // Five tokens at 50 a second; timers may fire a millisecond early.
  expect((await take(50)).milliseconds).toBeGreaterThan(90);
});

it('an abort ends the waiting, and the rest comes at once', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 20);
  // At one token a second the test would run into its own limit.
  expect((await take(1, stop.signal)).seen).toEqual(EVENTS);
});
