import { describe, expect, test } from 'vitest';
import { BackendError } from '../../../../main/agent/backend.ts';
import type { AgentBackend } from '../../../../main/agent/backend.ts';
import type { EpisodeInput, EpisodeSettings } from '../../../../main/agent/episode-input.ts';
import { runEpisode } from '../../../../main/agent/loop.ts';
import type { EpisodeFinished } from '../../../../main/agent/loop.ts';
import type { EpisodeEvent } from '../../../../shared/model/episode-event.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';
import type { EpisodeLimits } from '../../../../shared/model/limits.ts';
import { scriptedBackend } from '../../../helpers/scripted-backend.ts';

const IMAGE = { path: '/images/a.png', key: 'a', width: 448, height: 448 };
const INPUT: EpisodeInput = {
  images: [IMAGE],
  question: 'What is on the star?',
  choices: null,
  reference: { answers: ['checks'], answerKind: 'text', choices: null },
};

const zoomTurn = (image: number, box: readonly number[]) =>
  `<think>Closer.</think>\n<tool_call>\n${JSON.stringify({ name: 'zoom_in', arguments: { image, bbox_2d: box } })}\n</tool_call>`;
const lookTurn = (image: number) =>
  `<think>Again.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": ${image}}}\n</tool_call>`;
const answerTurn = (answer: string) => `<think>I see.</think>\n<answer>${answer}</answer>`;
const BAD = '<think>Hm.</think>\n<tool_call>oops</tool_call>';

interface Played {
  readonly events: readonly EpisodeEvent[];
  readonly finished: EpisodeFinished;
}

function settings(limits: Partial<EpisodeLimits> = {}, withTools = true): EpisodeSettings {
  return { withTools, sampling: GREEDY, limits: { ...DEFAULT_LIMITS, ...limits } };
}

async function play(
  backend: AgentBackend,
  { input = INPUT, how = settings(), signal = new AbortController().signal } = {},
): Promise<Played> {
  const events: EpisodeEvent[] = [];
  const episode = runEpisode(backend, input, how, signal);
  for (;;) {
    const next = await episode.next();
    if (next.done === true) {
      if (events.at(-1) !== next.value) {
        throw new Error('the last event is not what the episode returned');
      }
      return { events, finished: next.value };
    }
    events.push(next.value);
  }
}

const ofType = <Type extends EpisodeEvent['type']>(events: readonly EpisodeEvent[], type: Type) =>
  events.filter((event): event is Extract<EpisodeEvent, { type: Type }> => event.type === type);

describe('an episode that looks and answers', () => {
  const script = [zoomTurn(1, [4, 8, 36, 40]), lookTurn(2), answerTurn('Checks.')];

  test('tells every event in order', async () => {
    const { events } = await play(scriptedBackend(script));
    const order = events.map((event) => event.type).filter((type, at, all) => type !== all[at - 1]);
    const turn = ['phase', 'step_started', 'tokens', 'step_finished'];
    expect(order).toEqual(['view_added', ...turn, 'view_added', ...turn, 'view_added', ...turn, 'finished']);
  });

  test('ends answered, right, rewarded and without a flag', async () => {
    const { finished } = await play(scriptedBackend(script));
    expect(finished).toMatchObject({
      status: 'answered',
      answer: 'Checks.',
      verdict: 'right',
      reward: { accuracy: 1, toolFactor: 1.5, format: 1, total: 2 },
      flags: [],
      error: null,
    });
  });

  test('records each call in both spaces', async () => {
    const { events } = await play(scriptedBackend(script));
    expect(ofType(events, 'step_finished').map((event) => event.action)).toEqual([
      { kind: 'zoom_in', image: 1, viewBox: [4, 8, 36, 40], rootBox: [16, 32, 144, 160], rootImage: 0 },
      { kind: 'look_back', image: 2 },
      { kind: 'answer', answer: 'Checks.' },
    ]);
    expect(
      ofType(events, 'view_added').map((event) => [event.view.number, event.view.parent, event.byStep]),
    ).toEqual([
      [1, null, null],
      [2, 1, 0],
      [3, 2, 1],
    ]);
  });

  test('records exactly what was appended, with its token counts', async () => {
    const backend = scriptedBackend(script);
    const { events } = await play(backend);
    const seen = ofType(events, 'step_started').flatMap((event) => event.segments);
    expect(seen.map((segment) => (segment.kind === 'text' ? segment.text : 'image'))).toEqual(
      backend.appended.map((segment) => (segment.kind === 'text' ? segment.text : 'image')),
    );
    expect(seen.filter((segment) => segment.kind === 'image').map((segment) => segment.tokens)).toEqual([
      16, 16, 16,
    ]);
    expect(seen.every((segment) => segment.tokens > 0)).toBe(true);
  });

  test('asks the backend for the crop at the size that the tool computed', async () => {
    const backend = scriptedBackend(script);
    await play(backend);
    const images = backend.appended
      .filter((segment) => segment.kind === 'image')
      .map((segment) => segment.view);
    expect(images[1]).toEqual({
      imagePath: '/images/a.png',
      imageKey: 'a',
      box: [16, 32, 144, 160],
      width: 112,
      height: 112,
    });
    expect(images[2]).toEqual(images[1]);
  });

  test('hands out tokens whose texts make up the turn, and null for what is not known', async () => {
    const { events } = await play(scriptedBackend(script));
    const tokens = ofType(events, 'tokens').filter((event) => event.index === 0);
    expect(tokens.flatMap((event) => event.tokens.map((token) => token.text)).join('')).toBe(script[0]);
    expect(tokens[0]?.tokens[0]).toMatchObject({ logprob: -0.5, entropy: null });
  });

  test('frees its context', async () => {
    const backend = scriptedBackend(script);
    await play(backend);
    expect(backend.openEpisodes()).toBe(0);
  });
});

describe('what follows a turn', () => {
  test('closes it, unless the model closed it itself', async () => {
    const backend = scriptedBackend([
      { text: lookTurn(1), endsWithTurnEnd: true },
      lookTurn(1),
      answerTurn('x'),
    ]);
    await play(backend);
    const starts = backend.appended.flatMap((segment) =>
      segment.kind === 'text' && segment.text.includes('<tool_response>\nImage')
        ? [segment.text.slice(0, 11)]
        : [],
    );
    expect(starts).toEqual(['\n<|im_start', '<|im_end|>\n']);
  });

  test('is an error text after a call that cannot be run, and the episode goes on', async () => {
    const backend = scriptedBackend([zoomTurn(1, [0, 0, 500, 500]), answerTurn('checks')]);
    const { events, finished } = await play(backend);
    expect(finished).toMatchObject({ status: 'answered', reward: { toolFactor: 1, format: 0 } });
    const error =
      'bbox_2d must be [x1, y1, x2, y2] with 0 <= x1 < x2 <= 112 and 0 <= y1 < y2 <= 112 for image 1.';
    expect(ofType(events, 'step_finished')[0]?.action).toEqual({
      kind: 'bad_call',
      error,
      name: 'zoom_in',
      arguments: { image: 1, bbox_2d: [0, 0, 500, 500] },
    });
    expect(backend.appended.at(-1)).toMatchObject({ text: expect.stringContaining(`Error: ${error}\n`) });
  });
});

describe('an episode ends as', () => {
  const zooms = (count: number) =>
    Array.from({ length: count }, (_, at) => zoomTurn(1, [0, 0, 8 + at, 8 + at]));

  test.each<
    [string, EpisodeFinished['status'], Parameters<typeof scriptedBackend>[0], Partial<EpisodeLimits>]
  >([
    ['a wrong answer', 'answered', [answerTurn('stripes')], {}],
    ['a turn with neither', 'no_answer', ['<think>Hm.</think> red'], {}],
    ['an empty answer', 'no_answer', [answerTurn(' ')], {}],
    ['silence', 'no_answer', [], {}],
    ['three bad calls in a row', 'malformed', [BAD, BAD, BAD, answerTurn('x')], {}],
    [
      'bad calls with a good one between them',
      'answered',
      [BAD, BAD, lookTurn(1), BAD, BAD, answerTurn('x')],
      {},
    ],
    ['a call after the last allowed one', 'too_many_steps', [...zooms(9), answerTurn('x')], {}],
    ['an answer after the last allowed call', 'answered', [...zooms(8), answerTurn('x')], {}],
    ['bad calls are calls', 'too_many_steps', [BAD, lookTurn(1), BAD], { maxCalls: 2 }],
    ['a call where none is allowed', 'too_many_steps', [lookTurn(1)], { maxCalls: 0 }],
    ['a turn over its tokens', 'too_long', [answerTurn('word '.repeat(300))], {}],
    ['a prompt over the tokens', 'too_long', [answerTurn('x')], { maxEpisodeTokens: 64 }],
    [
      'a turn over the rest of the tokens',
      'too_long',
      [answerTurn('word '.repeat(150))],
      { maxEpisodeTokens: 300 },
    ],
    ['inputs over the pixels', 'over_budget', [answerTurn('x')], { maxEpisodePixels: 12_543 }],
    ['a crop over the pixels', 'over_budget', [lookTurn(1), answerTurn('x')], { maxEpisodePixels: 25_087 }],
    [
      'a crop that just fits the pixels',
      'answered',
      [lookTurn(1), answerTurn('x')],
      { maxEpisodePixels: 25_088 },
    ],
  ])('%s: %s', async (_what, status, script, limits) => {
    const { finished, events } = await play(scriptedBackend(script), { how: settings(limits) });
    expect(finished.status).toBe(status);
    expect(finished.answer === null).toBe(status !== 'answered');
    expect(finished.verdict).toBe('wrong');
    expect(ofType(events, 'finished')).toHaveLength(1);
  });

  test('too_long when a result does not fit, and the view that nobody saw is not shown', async () => {
    const backend = scriptedBackend([lookTurn(1), answerTurn('x')]);
    const prompt = ofType((await play(backend)).events, 'step_started')[0]?.contextTokens ?? 0;
    const { finished, events } = await play(scriptedBackend([lookTurn(1), answerTurn('x')]), {
      how: settings({ maxEpisodeTokens: prompt + 25 }),
    });
    expect(finished.status).toBe('too_long');
    expect(ofType(events, 'view_added')).toHaveLength(1);
  });

  test('failed with a clear message for an image that no vision tower takes', async () => {
    const input = { ...INPUT, images: [{ ...IMAGE, width: 20_100, height: 100 }] };
    const { finished } = await play(scriptedBackend([answerTurn('x')]), { input });
    expect(finished).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('20100x100') },
    });
  });
});

describe('without tools', () => {
  test('the system turn names none and an answer abandons nothing', async () => {
    const backend = scriptedBackend([answerTurn('checks')]);
    const { finished } = await play(backend, { how: settings({}, false) });
    expect(JSON.stringify(backend.appended)).not.toContain('zoom_in');
    expect(finished).toMatchObject({ status: 'answered', flags: [] });
  });

  test('a call is told so and counts as bad', async () => {
    const backend = scriptedBackend([lookTurn(1), zoomTurn(1, [0, 0, 8, 8]), lookTurn(1)]);
    const { finished, events } = await play(backend, { how: settings({}, false) });
    expect(finished.status).toBe('malformed');
    expect(ofType(events, 'step_finished')[0]?.action).toMatchObject({
      kind: 'bad_call',
      error: 'There are no tools here. Give the answer inside <answer></answer>.',
    });
  });
});

describe('the flags say', () => {
  test.each([
    ['an answer with no look', [answerTurn('x')], ['tool_abandonment']],
    ['the same call twice', [lookTurn(1), lookTurn(1), answerTurn('x')], ['repeated_call']],
    [
      'the same call three times',
      [lookTurn(1), lookTurn(1), lookTurn(1), answerTurn('x')],
      ['repeated_call', 'loop'],
    ],
    ['a turn without a thought', [lookTurn(1), '<answer>x</answer>'], ['format']],
  ])('%s', async (_what, script, flags) => {
    expect((await play(scriptedBackend(script))).finished.flags).toEqual(flags);
  });
});

describe('an episode that is cut', () => {
  test('by Stop in mid-turn is stopped, with the text it had and no verdict', async () => {
    const stop = new AbortController();
    const events: EpisodeEvent[] = [];
    const backend = scriptedBackend([{ text: '<think>On and on', thenHang: true }]);
    for await (const event of runEpisode(backend, INPUT, settings(), stop.signal)) {
      events.push(event);
      if (event.type === 'tokens' && event.tokens[0]?.text === ' on') {
        stop.abort();
      }
    }
    expect(ofType(events, 'step_finished')).toMatchObject([
      { text: '<think>On and on', thought: 'On and on', action: null, stopReason: 'aborted' },
    ]);
    expect(events.at(-1)).toMatchObject({ status: 'stopped', verdict: 'unknown', reward: null, error: null });
    expect(backend.openEpisodes()).toBe(0);
  });

  test('before it began is stopped', async () => {
    const { finished } = await play(scriptedBackend([answerTurn('x')]), { signal: AbortSignal.abort() });
    expect(finished.status).toBe('stopped');
  });

  test('by a crash of the engine is failed, with the steps it had', async () => {
    const crash = new BackendError('engine_crashed', 'The engine process ended.');
    const backend = scriptedBackend([lookTurn(1), { text: '<think>Then', thenThrow: crash }]);
    const { finished, events } = await play(backend);
    expect(finished).toMatchObject({
      status: 'failed',
      error: { code: 'engine_crashed', message: 'The engine process ended.' },
      verdict: 'unknown',
      reward: null,
    });
    expect(ofType(events, 'step_finished').map((event) => event.stopReason)).toEqual([
      'stop_string',
      'aborted',
    ]);
    expect(backend.openEpisodes()).toBe(0);
  });

  test('by an unreadable image is failed with its reason', async () => {
    const error = new BackendError('image_unreadable', 'a.png is cut short.');
    const { finished } = await play(scriptedBackend([], { appendFault: { at: 0, error } }));
    expect(finished).toMatchObject({
      status: 'failed',
      error: { code: 'image_unreadable', message: 'a.png is cut short.' },
    });
  });

  test('by a context that the engine cannot hold is too_long', async () => {
    const error = new BackendError('context_full', 'No room.');
    const { finished } = await play(scriptedBackend([lookTurn(1)], { appendFault: { at: 1, error } }));
    expect(finished.status).toBe('too_long');
  });

  test('by a fault in our own code is failed, not an exception', async () => {
    const { finished } = await play(
      scriptedBackend([], { appendFault: { at: 0, error: new TypeError('oops') } }),
    );
    expect(finished).toMatchObject({ status: 'failed', error: { code: 'internal' } });
  });

  test('by a watcher that leaves frees its context', async () => {
    const backend = scriptedBackend([zoomTurn(1, [0, 0, 8, 8]), answerTurn('x')]);
    for await (const event of runEpisode(backend, INPUT, settings(), new AbortController().signal)) {
      if (event.type === 'tokens') {
        break;
      }
    }
    expect(backend.openEpisodes()).toBe(0);
  });
});

test('without a reference there is no verdict and no reward', async () => {
  for (const reference of [null, { answers: [], answerKind: 'text' as const, choices: null }]) {
    const { finished } = await play(scriptedBackend([answerTurn('x')]), { input: { ...INPUT, reference } });
    expect(finished).toMatchObject({ status: 'answered', verdict: 'unknown', reward: null });
  }
});
