import { describe, expect, test } from 'vitest';
import { evalFigures } from '../../../../main/cli/figures.ts';
import type { Evaluated } from '../../../../main/cli/figures.ts';
import type { EpisodeStatus, Verdict } from '../../../../shared/model/episode.ts';
import type { Step, StepAction } from '../../../../shared/model/step.ts';

const ZOOM: StepAction = {
  kind: 'zoom_in',
  image: 1,
  viewBox: [0, 0, 8, 8],
  rootBox: [0, 0, 8, 8],
  rootImage: 0,
};
const LOOK: StepAction = { kind: 'look_back', image: 1 };
const BAD: StepAction = { kind: 'bad_call', error: 'No.', name: null, arguments: null };

const step = (action: StepAction, index: number): Step => ({
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
});

function evaluated(
  kind: string,
  verdict: Verdict,
  actions: readonly StepAction[] = [],
  status: EpisodeStatus = 'answered',
  sample: Partial<Evaluated['sample']> = {},
): Evaluated {
  return {
    sample: { kind, choices: null, answers: ['red'], answerKind: 'text', ...sample },
    episode: {
      state: { kind: 'ended', status, endedAt: 0 },
      verdict,
      steps: actions.map(step),
      answer: null,
    },
  };
}

describe('the figures of an evaluation', () => {
  test('count accuracy for all and for each kind', () => {
    const figures = evalFigures(
      [evaluated('read', 'right'), evaluated('read', 'wrong'), evaluated('which', 'right')],
      1.5,
    );
    expect(figures).toMatchObject({ accuracy: 0.6667, episodes: 3, episodes_per_second: 2 });
    expect(figures.by_kind).toMatchObject({
      read: { accuracy: 0.5, count: 2 },
      which: { accuracy: 1, count: 1 },
    });
  });

  test('count an episode as looking only for a valid call', () => {
    const figures = evalFigures(
      [
        evaluated('read', 'right', [ZOOM, LOOK]),
        evaluated('read', 'right', [BAD]),
        evaluated('read', 'right', [ZOOM, ZOOM]),
        evaluated('read', 'right'),
      ],
      1,
    );
    expect(figures).toMatchObject({ tool_rate: 0.5, look_back_rate: 0.25, calls_per_episode: 1 });
  });

  test('count every status, and an episode that did not answer as wrong', () => {
    const figures = evalFigures(
      [
        evaluated('read', 'wrong', [], 'too_long'),
        evaluated('read', 'unknown', [], 'failed'),
        evaluated('read', 'right'),
      ],
      1,
    );
    expect(figures.status_counts).toEqual({ answered: 1, too_long: 1, failed: 1 });
    expect(figures).toMatchObject({ answered_rate: 0.3333, accuracy: 0.3333 });
  });

  test('call chance what guessing among the choices gives, and say nothing where they are not known', () => {
    const choices = ['a', 'b', 'c', 'd'];
    const which = evaluated('which', 'right', [], 'answered', { choices, answers: ['a'] });
    const compare = evaluated('compare', 'right', [], 'answered', { answerKind: 'yes_no', answers: ['no'] });
    const read = evaluated('read', 'right', [], 'answered', { answers: ['red'] });
    expect(evalFigures([which, compare], 1)).toMatchObject({
      chance: 0.375,
      by_kind: { which: { chance: 0.25 }, compare: { chance: 0.5 } },
    });
    expect(evalFigures([which, read], 1)).toMatchObject({
      chance: null,
      by_kind: { which: { chance: 0.25 } },
    });
  });

  test('leave out samples without a known answer', () => {
    const unknown = evaluated('read', 'unknown', [], 'answered', { answers: [] });
    expect(evalFigures([unknown], 1)).toMatchObject({ accuracy: null, chance: null, answered_rate: 1 });
    expect(evalFigures([unknown, evaluated('read', 'right')], 1).accuracy).toBe(1);
  });

  test('of nothing are null, not NaN', () => {
    expect(JSON.stringify(evalFigures([], 0))).not.toContain('NaN');
    expect(evalFigures([], 0)).toMatchObject({ accuracy: null, episodes: 0, episodes_per_second: null });
  });
});
