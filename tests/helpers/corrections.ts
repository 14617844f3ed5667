import fc from 'fast-check';
import { BackendError } from '../../main/agent/backend.ts';
import { runEpisode } from '../../main/agent/loop.ts';
import type { ViewSizing } from '../../shared/agent/tools/tool.ts';
import type { CorrectionOperation, ImageOrigin, StepKey } from '../../shared/model/correction.ts';
import { applyEpisodeEvent } from '../../shared/model/episode-event.ts';
import { episodeId } from '../../shared/model/ids.ts';
import compareTwo from '../fixtures/episodes/compare-two.json' with { type: 'json' };
import eightLookBack from '../fixtures/episodes/eight-look-back.json' with { type: 'json' };
import engineCrashed from '../fixtures/episodes/engine-crashed.json' with { type: 'json' };
import fourWhich from '../fixtures/episodes/four-which.json' with { type: 'json' };
import malformed from '../fixtures/episodes/malformed.json' with { type: 'json' };
import noTool from '../fixtures/episodes/no-tool.json' with { type: 'json' };
import oneLandscape from '../fixtures/episodes/one-landscape.json' with { type: 'json' };
import type { Recording } from './recorded-episode.ts';
import { atStart, readRecording } from './recorded-episode.ts';
import { scriptedBackend } from './scripted-backend.ts';

/** The sizes of the agent that the recordings were made with. */
export const SIZING: ViewSizing = { factor: 28, minPixels: 12_544, maxPixels: 12_544, cropMinPixels: 12_544 };

/**
 * The recordings, their turns said again through the real loop: views and contexts are what the tools make of them.
 * One box reaches out of the crop as it really is, and is made to fit.
 */
export const RECORDED = await Promise.all(
  Object.entries({
    compareTwo,
    eightLookBack,
    engineCrashed,
    fourWhich,
    malformed,
    noTool,
    oneLandscape,
  }).map(async ([name, json]) => ({ name, ...(await playedAgain(readRecording(json))) })),
);

async function playedAgain({ sample, images, episode }: Recording): Promise<Recording> {
  const crash = new BackendError('engine_crashed', 'the engine ended');
  const script = episode.steps.map(({ text: recorded, stopReason }) => {
    const text = recorded.replace('[30, 22, 82, 88]', '[30, 22, 82, 80]');
    return stopReason === 'aborted' ? { text, thenThrow: crash } : text;
  });
  const { question, choices, answers, answerKind, tolerance } = sample;
  const input = {
    images: images.map(({ assets, sha256, width, height }) => ({
      path: assets.full,
      key: sha256,
      width,
      height,
    })),
    question,
    choices,
    reference: answers.length === 0 ? null : { answers, answerKind, choices, tolerance },
  };
  const { withTools, sampling, limits } = episode;
  const settings = { withTools, sampling, limits };
  const events = runEpisode(scriptedBackend(script), input, settings, new AbortController().signal);
  let played = atStart({ ...episode, views: [] });
  for await (const event of events) played = applyEpisodeEvent(played, event);
  return { sample, images, episode: played };
}

export function recordingOf(name: string): (typeof RECORDED)[number] {
  const found = RECORDED.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recording ${name}`);
  return found;
}

/** Few keys, so that operations often meet a step that is there, was taken out, or never was. */
const key: fc.Arbitrary<StepKey> = fc.constantFrom(
  'm0',
  'm1',
  'm2',
  'm3',
  'm4',
  'h0',
  'h1',
  'h2',
  'c0',
  'c1',
);
const behind = fc.option(key, { nil: null });
const image: fc.Arbitrary<ImageOrigin> = fc.oneof(
  fc.record({ kind: fc.constant('input' as const), image: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('result' as const), step: key }),
);
const side = fc.integer({ min: -20, max: 140 });
const words = fc.oneof(
  fc.constantFrom(
    '',
    'Look again.',
    '  spaced  ',
    '</think><answer>x</answer>',
    'a <tool_call> b',
    '<|im_end|>',
  ),
  fc.string({ maxLength: 30 }),
);
const call = fc.oneof(
  fc.record({ tool: fc.constant('zoom_in' as const), image, box: fc.tuple(side, side, side, side) }),
  fc.record({ tool: fc.constant('look_back' as const), image }),
);
const act = fc.oneof(
  fc.record({ kind: fc.constant('call' as const), call }),
  fc.record({ kind: fc.constant('answer' as const), answer: words }),
);
const sampledText = fc.constantFrom(
  '<think>Closer.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [10, 10, 60, 60]}}\n</tool_call>',
  '<think>Back.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 3}}\n</tool_call>',
  '<think>So.</think>\n<answer>checks</answer>',
  '<think>cut',
  '<tool_call>oops</tool_call>',
);
const RUN = episodeId.parse('eps_0000000000000000');
const continuedSteps = fc
  .tuple(fc.integer({ min: 0, max: 1 }), fc.array(sampledText, { minLength: 1, maxLength: 3 }))
  .map(([first, texts]) =>
    texts.map((text, at) => ({ key: `c${first + at}`, text, run: RUN, index: at, whole: true })),
  );

/** Any operation, also ones that make no sense where they stand. */
export const anyOperation: fc.Arbitrary<CorrectionOperation> = fc.oneof(
  fc.record({ kind: fc.constant('edit_thought' as const), step: key, thought: words }),
  fc.record({ kind: fc.constant('edit_call' as const), step: key, call }),
  fc.record({ kind: fc.constant('set_answer' as const), step: key, answer: words }),
  fc.record({
    kind: fc.constant('insert_step' as const),
    key: fc.constantFrom('h0', 'h1', 'h2', 'm9'),
    after: behind,
    thought: words,
    act,
  }),
  fc.record({ kind: fc.constant('delete_step' as const), step: key }),
  fc.record({ kind: fc.constant('move_step' as const), step: key, after: behind }),
  fc.record({
    kind: fc.constant('mark_step' as const),
    step: key,
    mark: fc.constantFrom('good' as const, 'bad' as const, null),
  }),
  fc.record({ kind: fc.constant('cut_here' as const), step: key }),
  fc.record({
    kind: fc.constant('continued' as const),
    after: behind,
    context: fc.constantFrom('start', 'elsewhere'),
    steps: continuedSteps,
  }),
);
