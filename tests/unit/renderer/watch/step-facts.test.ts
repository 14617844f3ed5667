import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contextParts,
  contextText,
  contextTotals,
  specialPieces,
  splitLive,
  surenessClass,
  tokenMeans,
} from '../../../../renderer/episode/step-facts.ts';
import {
  neighbourView,
  watchBindings,
  type WatchKeyActions,
} from '../../../../renderer/features/watch/watch-keys.ts';
import {
  actionWords,
  announcement,
  episodeWords,
  rewardWords,
  statusAdvice,
} from '../../../../renderer/episode/words.ts';
import { neighbours } from '../../../../renderer/features/watch/use-samples-around.ts';
import { findConflicts, normaliseKeys } from '../../../../renderer/state/keys.ts';
import { episodeStatus, summarise } from '../../../../shared/model/episode.ts';
import { sampleId, type SampleId } from '../../../../shared/model/ids.ts';
import { DEFAULT_LIMITS } from '../../../../shared/model/limits.ts';
import compareTwo from '../../../fixtures/episodes/compare-two.json' with { type: 'json' };
import { messagesOf, readRecording } from '../../../helpers/recorded-episode.ts';
import { foldMessages, NOTHING_WATCHED } from '../../../../renderer/state/watch-model.ts';

const { episode, sample, images } = readRecording(compareTwo);

describe('text that is still being sampled', () => {
  it.each([
    ['', '', ''],
    ['<th', '', ''],
    ['<think>I look', 'I look', ''],
    ['<think>I look</thi', 'I look', ''],
    ['<think>I look</think>', 'I look', ''],
    ['<think>I look</think>\n<tool_call>\n{"na', 'I look', '<tool_call>\n{"na'],
    ['no tags at all', '', 'no tags at all'],
    ['<think>1 < 2 and <', '1 < 2 and ', ''],
  ])('%j', (text, thought, rest) => {
    expect(splitLive(text)).toEqual({ thought, rest });
  });

  it('never shows less thought as more text comes', () => {
    const text = episode.steps[0]?.text ?? '';
    let longest = '';
    for (let length = 0; length <= text.length; length += 1) {
      const { thought } = splitLive(text.slice(0, length));
      expect(thought.startsWith(longest.trimEnd())).toBe(true);
      longest = thought;
    }
    expect(longest).toBe(episode.steps[0]?.thought);
  });
});

describe('what the model saw', () => {
  it('is all segments and all written text, in order', () => {
    const parts = contextParts(episode.steps, 4, false);
    const text = contextText(parts);
    expect(text.startsWith('<|im_start|>system\n')).toBe(true);
    expect(text.endsWith(episode.steps[4]?.text ?? '?')).toBe(true);
    expect(text.split('<|image_pad|>')).toHaveLength(1 + 2 + 4);
  });

  it('adds up to the context that was recorded before each step', () => {
    for (const step of episode.steps) {
      const { text, image, written } = contextTotals(episode.steps, step.index);
      expect(text + image + written - step.tokens.length).toBe(step.contextTokens);
    }
  });

  it('of one step is only what came with it', () => {
    const parts = contextParts(episode.steps, 2, true);
    expect(new Set(parts.map((part) => part.step))).toEqual(new Set([2]));
  });

  it('loses no character when special tokens are marked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('<|im_end|>', '<think>', '</tool_call>', '<b>', 'a', '<', '|>', '\n')),
        (pieces) => {
          const text = pieces.join('');
          expect(
            specialPieces(text)
              .map((piece) => piece.text)
              .join(''),
          ).toBe(text);
        },
      ),
    );
    expect(specialPieces('<|im_start|>user <b>')).toEqual([
      { text: '<|im_start|>', special: true },
      { text: 'user <b>', special: false },
    ]);
  });
});

describe('figures of a step', () => {
  it('are means over the tokens that have them', () => {
    const token = (logprob: number | null, entropy: number | null) => ({
      id: 1,
      text: 'a',
      logprob,
      entropy,
    });
    expect(tokenMeans([token(-1, 0.5), token(null, 1.5), token(-3, null)])).toEqual({
      logprob: -2,
      entropy: 1,
    });
    expect(tokenMeans([token(null, null)])).toEqual({ logprob: null, entropy: null });
  });

  it('class a token by its probability, the surer the lower', () => {
    const classes = [0.99, 0.8, 0.6, 0.3, 0.1, 0.01].map((p) => surenessClass(Math.log(p)));
    expect(classes).toEqual([0, 1, 2, 3, 4, 5]);
    expect(surenessClass(null)).toBeNull();
  });
});

describe('words', () => {
  it('name what a step did', () => {
    expect(episode.steps.map((step) => actionWords(step.action, step.resultView))).toEqual([
      'Zoom in on image 1, shown as image 3',
      'Zoom in on image 2, shown as image 4',
      'Zoom in on image 4, shown as image 5',
      'Look back at image 3, shown as image 6',
      'Answer: no',
    ]);
  });

  it('say what to do about every end but a good one', () => {
    for (const status of episodeStatus.options) {
      const words = statusAdvice(status, DEFAULT_LIMITS);
      if (status === 'answered') expect(words).toBeNull();
      else expect(words?.advice).toMatch(/\w{3}/);
    }
  });

  it('announce steps and the end, not tokens', () => {
    const messages = messagesOf(episode);
    const said = new Set(
      messages.map((_, index) =>
        announcement(foldMessages(NOTHING_WATCHED, messages.slice(0, index + 1)).episode),
      ),
    );
    // Each call is said once it is made and again once its result has come.
    expect(said.size).toBeLessThan(4 * episode.steps.length);
    expect([...said].at(-1)).toBe('Answered. The answer is no. Right');
  });

  it('name a run by its place, seed and outcome', () => {
    expect(episodeWords(summarise(episode), 3)).toBe('Run 3 · seed 0 · Right');
    expect(rewardWords({ accuracy: 1, toolFactor: 1.5, format: 1, total: 1.75 })).toBe('1 × 1.5 + 0.25');
  });
});

describe('keys', () => {
  const actions = new Proxy({}, { get: () => () => undefined }) as WatchKeyActions;

  it('do one thing each', () => {
    const bindings = watchBindings(actions);
    expect(findConflicts([{ name: 'watch', title: 'Watch', bindings }])).toEqual([]);
  });

  it('leave reload and find to the browser', () => {
    const keys = watchBindings(actions).map((binding) => normaliseKeys(binding.keys));
    expect(keys).not.toContain('ctrl+r');
    expect(keys).not.toContain('ctrl+f');
    expect(keys).not.toContain('f');
  });

  it('walk the images in order and stay at the ends', () => {
    expect(neighbourView([1, 2, 5], null, 1)).toBe(1);
    expect(neighbourView([1, 2, 5], 2, 1)).toBe(5);
    expect(neighbourView([1, 2, 5], 5, 1)).toBe(5);
    expect(neighbourView([1, 2, 5], 1, -1)).toBe(1);
    expect(neighbourView([], null, -1)).toBeNull();
  });
});

describe('the samples around', () => {
  const ids = Array.from({ length: 7 }, (_, index) =>
    sampleId.parse(`smp_${String(index).padStart(16, '0')}`),
  );
  const page = (size: number) => (cursor: string | null) => {
    const from = Number(cursor ?? 0);
    const next = from + size;
    const items = ids.slice(from, next).map((id) => ({
      sample: { ...sample, id },
      images,
      episodeCount: 0,
      lastEpisode: null,
      facts: { standing: null, flags: [], scored: 0, right: 0, reviewedAt: null },
    }));
    return Promise.resolve({
      items,
      nextCursor: next < ids.length ? String(next) : null,
      total: ids.length,
      kinds: [],
    });
  };
  const at = (index: number): SampleId | null => ids[index] ?? null;

  it.each([
    [0, null, 1],
    [2, 1, 3],
    [3, 2, 4],
    [6, 5, null],
  ])('are found across pages: %i', async (index, previous, next) => {
    expect(await neighbours(at(index), page(3))).toEqual({
      previous: previous === null ? null : at(previous),
      next: next === null ? null : at(next),
      place: index + 1,
      total: 7,
    });
  });

  it('are none for a sample that the list does not hold', async () => {
    const away = await neighbours(sampleId.parse('smp_ffffffffffffffff'), page(3));
    expect(away).toMatchObject({ previous: null, next: null, place: null });
  });
});
