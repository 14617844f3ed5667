import { describe, expect, it } from 'vitest';
import type { StreamHandlers } from '../../../../renderer/client/client.ts';
import type { Failure } from '../../../../renderer/client/failure.ts';
import { createWatch, type WatchApi } from '../../../../renderer/state/watch.ts';
import {
  foldMessages,
  isBehind,
  NOTHING_WATCHED,
  positionOf,
  seek,
  withNextSeed,
} from '../../../../renderer/state/watch-model.ts';
import type { EpisodeId } from '../../../../shared/model/ids.ts';
import { sampleId } from '../../../../shared/model/ids.ts';
import type { WatchMessage } from '../../../../shared/model/episode-event.ts';
import compareTwo from '../../../fixtures/episodes/compare-two.json' with { type: 'json' };
import crashed from '../../../fixtures/episodes/engine-crashed.json' with { type: 'json' };
import fourWhich from '../../../fixtures/episodes/four-which.json' with { type: 'json' };
import { messagesOf, readRecording } from '../../../helpers/recorded-episode.ts';

const { episode, sample } = readRecording(compareTwo);
const OTHER_SAMPLE = sampleId.parse('smp_0123456789abcdef');
const refusal: Failure = { code: 'engine_crashed', message: 'The engine is gone.', advice: 'Run it again.' };

/** A host that answers when it is told to. */
function hostOnPaper() {
  const streams: { id: EpisodeId; handlers: StreamHandlers<WatchMessage>; ended: boolean }[] = [];
  let startAnswer: () => Promise<{ id: EpisodeId }> = () => Promise.resolve({ id: episode.id });
  const stopped: EpisodeId[] = [];
  const api: WatchApi = {
    start: () => startAnswer(),
    stop: (id) => {
      stopped.push(id);
      return Promise.resolve();
    },
    watch: (id, handlers) => {
      const stream = { id, handlers, ended: false };
      streams.push(stream);
      return () => {
        stream.ended = true;
      };
    },
  };
  return { api, streams, stopped, answerStart: (answer: typeof startAnswer) => (startAnswer = answer) };
}

function watching() {
  const host = hostOnPaper();
  const watch = createWatch(host.api, (run) => run());
  watch.open(sample.id, episode.id);
  const send = (messages: readonly WatchMessage[]): void => {
    for (const message of messages) host.streams.at(-1)?.handlers.onValue(message);
  };
  return { ...host, watch, send };
}

describe('folding a run', () => {
  it.each([
    ['answered', compareTwo],
    ['with a refused call', fourWhich],
    ['broken off in mid-turn', crashed],
  ])('gives back the episode that was recorded: %s', (_name, json) => {
    const whole = readRecording(json).episode;
    const state = foldMessages(NOTHING_WATCHED, messagesOf(whole));
    const cut = whole.steps.some((step) => step.action === null);
    // Of a turn that never ended nobody said how long it took.
    if (cut) expect(state.episode?.steps.at(-1)?.text).toBe(whole.steps.at(-1)?.text);
    else expect(state.episode).toEqual(whole);
    expect(state.episode?.state).toEqual(whole.state);
  });

  it('starts over from a snapshot, so a reconnect repeats nothing', () => {
    const messages = messagesOf(episode);
    const half = foldMessages(NOTHING_WATCHED, messages.slice(0, 20));
    if (half.episode === null) throw new Error('nothing folded');
    const again = foldMessages(half, [{ type: 'snapshot', episode: half.episode }, ...messages.slice(20)]);
    expect(again.episode).toEqual(episode);
  });

  it('keeps steps that did not change as the same objects', () => {
    const messages = messagesOf(episode);
    const second = messages.findIndex(
      (one) => one.type === 'event' && one.event.type === 'step_started' && one.event.index === 1,
    );
    const before = foldMessages(NOTHING_WATCHED, messages.slice(0, second + 1));
    const after = foldMessages(before, messages.slice(second + 1, second + 3));
    expect(after.episode?.steps[1]).not.toBe(before.episode?.steps[1]);
    expect(after.episode?.steps[0]).toBe(before.episode?.steps[0]);
  });
});

describe('moving through a run', () => {
  const ended = { ...NOTHING_WATCHED, episode };

  it('shows the end until the person scrubs', () => {
    expect(positionOf(ended)).toBe(5);
    expect(positionOf(seek(ended, 2))).toBe(2);
    expect(positionOf(seek(ended, -3))).toBe(0);
    expect(positionOf(seek(ended, 99))).toBe(5);
  });

  it('follows while it runs, stays where the person scrubbed to, and follows again from the end', () => {
    const { watch, send } = watching();
    const messages = messagesOf(episode);
    const third = messages.findIndex(
      (one) => one.type === 'event' && one.event.type === 'step_started' && one.event.index === 2,
    );
    send(messages.slice(0, third));
    expect(positionOf(watch.store.get())).toBe(2);
    watch.stepBy(-1);
    send(messages.slice(third, third + 3));
    expect(positionOf(watch.store.get())).toBe(1);
    expect(isBehind(watch.store.get())).toBe(true);
    watch.seek(3);
    expect(watch.store.get().cursor).toBe('follow');
    send(messages.slice(third + 3));
    expect(positionOf(watch.store.get())).toBe(5);
    expect(isBehind(watch.store.get())).toBe(false);
  });
});

describe('watching', () => {
  it('shows at once what arrives together, in order', () => {
    const host = hostOnPaper();
    const runs: (() => void)[] = [];
    const watch = createWatch(host.api, (run) => void runs.push(run));
    watch.open(sample.id, episode.id);
    let changes = 0;
    watch.store.subscribe(() => (changes += 1));
    for (const message of messagesOf(episode)) host.streams[0]?.handlers.onValue(message);
    expect(changes).toBe(0);
    expect(runs).toHaveLength(1);
    runs[0]?.();
    expect(changes).toBe(1);
    expect(watch.store.get().episode).toEqual(episode);
  });

  it('shows what came last even if the stream ends before its turn', () => {
    const host = hostOnPaper();
    const watch = createWatch(host.api, () => undefined);
    watch.open(sample.id, episode.id);
    for (const message of messagesOf(episode)) host.streams[0]?.handlers.onValue(message);
    host.streams[0]?.handlers.onEnd?.();
    expect(watch.store.get()).toMatchObject({ stream: 'ended', episode });
  });

  it('hears nothing more from an episode that was left', () => {
    const { watch, streams } = watching();
    watch.open(OTHER_SAMPLE, null);
    expect(streams[0]?.ended).toBe(true);
    streams[0]?.handlers.onValue({ type: 'snapshot', episode });
    expect(watch.store.get().episode).toBeNull();
  });

  it('opens nothing twice', () => {
    const { watch, streams } = watching();
    watch.open(sample.id, episode.id);
    expect(streams).toHaveLength(1);
  });

  it('starts a run and watches it', async () => {
    const { api, streams } = hostOnPaper();
    const watch = createWatch(api, (run) => run());
    watch.open(sample.id, null);
    expect(await watch.run({ sampleId: sample.id })).toBe(episode.id);
    expect(streams.map((stream) => stream.id)).toEqual([episode.id]);
    watch.open(sample.id, episode.id);
    expect(streams).toHaveLength(1);
  });

  it('says why a run could not be started, and can start the next', async () => {
    const host = hostOnPaper();
    const watch = createWatch(host.api, (run) => run());
    watch.open(sample.id, null);
    // A client rejects with a failure, which is no Error.
    // oxlint-disable-next-line prefer-promise-reject-errors
    host.answerStart(() => Promise.reject(refusal));
    expect(await watch.run({ sampleId: sample.id })).toBeNull();
    expect(watch.store.get()).toMatchObject({ request: 'none', failure: refusal });
    host.answerStart(() => Promise.resolve({ id: episode.id }));
    await watch.run({ sampleId: sample.id });
    expect(watch.store.get()).toMatchObject({ failure: null, episodeId: episode.id });
  });

  it('does not jump back when the person left while a run was being started', async () => {
    const host = hostOnPaper();
    const watch = createWatch(host.api, (run) => run());
    watch.open(sample.id, null);
    const started = watch.run({ sampleId: sample.id });
    watch.open(OTHER_SAMPLE, null);
    expect(await started).toBeNull();
    expect(watch.store.get()).toMatchObject({ sampleId: OTHER_SAMPLE, episodeId: null, request: 'none' });
  });

  it('stops only what runs, and is done stopping when the run has ended', async () => {
    const { watch, send, stopped } = watching();
    const messages = messagesOf(episode);
    await watch.stop();
    expect(stopped).toEqual([]);
    send(messages.slice(0, 10));
    await watch.stop();
    expect(stopped).toEqual([episode.id]);
    expect(watch.store.get().request).toBe('stopping');
    send(messages.slice(10));
    expect(watch.store.get().request).toBe('none');
  });

  it('keeps what was shown when the stream fails, and goes on from a new one', () => {
    const { watch, send, streams } = watching();
    const messages = messagesOf(episode);
    send(messages.slice(0, 30));
    const shown = watch.store.get().episode;
    streams[0]?.handlers.onFailure?.(refusal);
    expect(watch.store.get()).toMatchObject({ episode: shown, failure: refusal, stream: 'ended' });
    watch.retry();
    streams[1]?.handlers.onStarted?.();
    expect(watch.store.get()).toMatchObject({ episode: shown, failure: null });
    if (shown !== null) send([{ type: 'snapshot', episode: shown }, ...messages.slice(30)]);
    expect(watch.store.get().episode).toEqual(episode);
  });
});

describe('another seed', () => {
  const greedy = { temperature: 0, topP: 1, topK: 0, seed: 7 };

  it('is the next one, at a temperature at which it matters', () => {
    expect(withNextSeed(greedy, 41)).toEqual({ ...greedy, seed: 42, temperature: 0.7 });
    expect(withNextSeed({ ...greedy, temperature: 1.2 }, null)).toMatchObject({ seed: 8, temperature: 1.2 });
    expect(withNextSeed(greedy, 0xffff_ffff).seed).toBe(0);
  });
});
