import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../../shared/model/agreement.ts';
import type { VerdictPair } from '../../../shared/model/agreement.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import {
  answerEntropy,
  drawOf,
  opinionsWanted,
  proposedFlags,
  standingOf,
} from '../../../shared/model/review.ts';
import type { Step, StepAction } from '../../../shared/model/step.ts';
import { shuffled } from '../../../shared/model/shuffle.ts';
import type { ImageView } from '../../../shared/model/view.ts';

function aStep(index: number, action: StepAction | null, change: Partial<Step> = {}): Step {
  return {
    index,
    segments: [],
    contextTokens: 0,
    tokens: [],
    text: '',
    thought: '',
    action,
    resultView: null,
    stopReason: 'stop_string',
    timings: { prefillMs: 0, samplingMs: 0 },
    ...change,
  };
}

function aView(number: number, rootImage: number, origin: ImageView['origin']): ImageView {
  return { number, origin, parent: null, rootImage, rootBox: [0, 0, 10, 10], width: 28, height: 28 };
}

describe('where an episode stands', () => {
  it.each([
    [[], 'unreviewed'],
    [['accept'], 'accepted'],
    [['fix'], 'to_fix'],
    [['reject', 'reject'], 'rejected'],
    [['accept', 'reject'], 'disputed'],
    [['accept', 'unsure'], 'accepted'],
    [['skip', 'unsure'], 'unsure'],
    [['skip'], 'skipped'],
    [['skip', 'fix'], 'to_fix'],
  ] as const)('after %j it is %s', (verdicts, expected) => {
    expect(standingOf(verdicts)).toBe(expected);
  });
});

describe('agreement', () => {
  /** Counts by verdict of the first (rows) and the second (columns). */
  function table(rows: readonly (readonly number[])[]): readonly VerdictPair[] {
    const names = ['accept', 'reject'] as const;
    return rows.flatMap((row, at) =>
      row.map((count, to) => ({ first: names[at] ?? 'accept', second: names[to] ?? 'accept', count })),
    );
  }

  it('is the share and Cohen’s kappa, as computed by hand', () => {
    // 35 of 50 agree: 0.7. By chance 25/50 * 30/50 + 25/50 * 20/50 = 0.5, so kappa = 0.2 / 0.5.
    const found = agreementOf(
      table([
        [20, 5],
        [10, 15],
      ]),
    );
    expect(found).toMatchObject({ episodes: 50, agreed: 35, share: 0.7 });
    expect(found.kappa).toBeCloseTo(0.4, 12);
  });

  it('is below zero where they agree less often than chance would', () => {
    // 45 * 70/100... of 100: agree 60; chance 0.6 * 0.7 + 0.4 * 0.3 = 0.54.
    expect(
      agreementOf(
        table([
          [45, 15],
          [25, 15],
        ]),
      ).kappa,
    ).toBeCloseTo((0.6 - 0.54) / 0.46, 12);
    expect(
      agreementOf(
        table([
          [0, 5],
          [5, 0],
        ]),
      ).kappa,
    ).toBeCloseTo(-1, 12);
  });

  it('leaves out skips, counts unsure as an opinion, and says null where there is no answer', () => {
    expect(agreementOf([{ first: 'skip', second: 'accept', count: 9 }])).toEqual({
      episodes: 0,
      agreed: 0,
      share: null,
      kappa: null,
    });
    expect(agreementOf([{ first: 'unsure', second: 'accept', count: 2 }]).share).toBe(0);
    // Both always accept: chance alone agrees always.
    expect(agreementOf([{ first: 'accept', second: 'accept', count: 3 }])).toMatchObject({
      share: 1,
      kappa: null,
    });
  });
});

describe('the draw of an episode', () => {
  it('is the same on every day', () => {
    expect(drawOf('eps_000000000000000000000001')).toBe(2200938535);
  });

  it('chooses about the wanted share, and a larger share holds the smaller one', () => {
    const draws = Array.from({ length: 20_000 }, (_, index) => drawOf(`eps_${index}`));
    const twice = (share: number) => draws.filter((draw) => opinionsWanted(draw, share) === 2);
    expect(twice(0)).toHaveLength(0);
    expect(twice(1)).toHaveLength(20_000);
    // Five standard deviations of 20,000 draws at 0.1.
    expect(Math.abs(twice(0.1).length - 2000)).toBeLessThan(212);
    expect(twice(0.3)).toEqual(expect.arrayContaining(twice(0.1)));
  });
});

it('shuffling gives every number once, and another order for another seed', () => {
  expect([...shuffled(1024, 7)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1024 }, (_, n) => n));
  expect(shuffled(1024, 7)).toEqual(shuffled(1024, 7));
  expect(shuffled(1024, 7)).not.toEqual(shuffled(1024, 8));
});

describe('what the app proposes', () => {
  const zoom: StepAction = {
    kind: 'zoom_in',
    image: 1,
    viewBox: [0, 0, 1, 1],
    rootBox: [0, 0, 1, 1],
    rootImage: 0,
  };
  const bad: StepAction = { kind: 'bad_call', error: 'x', name: null, arguments: null };
  const answers = (answer: string): StepAction => ({ kind: 'answer', answer });
  function ended(change: Partial<Episode>): Parameters<typeof proposedFlags>[0] {
    return {
      state: { kind: 'ended', status: 'answered', endedAt: 1 },
      flags: [],
      steps: [],
      views: [],
      answer: null,
      ...change,
    };
  }

  it('holds what the loop noticed, in a fixed order', () => {
    expect(proposedFlags(ended({ flags: ['format', 'repeated_call'] }))).toEqual(['repeated_call', 'format']);
  });

  it('names a broken limit', () => {
    const state = { kind: 'ended', status: 'over_budget', endedAt: 1 } as const;
    expect(proposedFlags(ended({ state }))).toEqual(['limit_broken']);
  });

  it('names an answer after which no look worked', () => {
    const steps = [aStep(0, bad), aStep(1, answers('red'))];
    expect(proposedFlags(ended({ steps, answer: 'red' }))).toEqual(['unsupported_answer']);
  });

  it('names an answer about an image that was not looked at', () => {
    const views = [aView(1, 0, 'input'), aView(2, 1, 'input'), aView(3, 0, 'zoom_in')];
    const steps = [aStep(0, zoom, { resultView: 3 }), aStep(1, answers('x'))];
    expect(proposedFlags(ended({ steps, views, answer: 'Image 2' }))).toEqual(['unsupported_answer']);
    expect(proposedFlags(ended({ steps, views, answer: 'Image 1' }))).toEqual([]);
    expect(proposedFlags(ended({ steps, views, answer: 'Image 12' }))).toEqual([]);
    expect(proposedFlags(ended({ steps, views, answer: 'red' }))).toEqual([]);
  });
});

describe('entropy of an answer', () => {
  const token = (text: string, entropy: number | null) => ({ id: 1, text, logprob: null, entropy });

  it('is the mean over the tokens between the tags, and of no other', () => {
    const tokens = [
      token('<think><answer>', 9),
      token('no</think>', 9),
      token('<answer>', 9),
      token('re', 1),
      token('d', 2),
      token('', null),
      token('</answer>', 9),
    ];
    expect(answerEntropy([aStep(0, { kind: 'answer', answer: 'red' }, { tokens })])).toBe(1.5);
  });

  it('is not known where there is no answer or no entropy', () => {
    expect(answerEntropy([])).toBeNull();
    expect(
      answerEntropy([aStep(0, { kind: 'nothing' }, { tokens: [token('<answer>a</answer>', 1)] })]),
    ).toBeNull();
    const tokens = [token('<answer>', null), token('a', null), token('</answer>', null)];
    expect(answerEntropy([aStep(0, { kind: 'answer', answer: 'a' }, { tokens })])).toBeNull();
  });
});
