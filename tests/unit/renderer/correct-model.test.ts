import { describe, expect, it } from 'vitest';
import { correctBindings } from '../../../renderer/features/correct/correct-keys.ts';
import type { CorrectKeyActions } from '../../../renderer/features/correct/correct-keys.ts';
import {
  boxOperation,
  changedCall,
  editableBoxes,
  insertOperation,
  lastStanding,
  moveTarget,
  nudged,
  placeForNew,
  shownOf,
} from '../../../renderer/features/correct/correct-model.ts';
import { findConflicts, normaliseKeys } from '../../../renderer/state/keys.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { CorrectionOperation } from '../../../shared/model/correction.ts';
import { recordingOf, SIZING } from '../../helpers/corrections.ts';

const { episode } = recordingOf('compareTwo');
const corrected = (...operations: CorrectionOperation[]) => replay(episode, operations, SIZING);

describe('what a person can do on the screen', () => {
  it('boxes are those of the steps up to the selected one, with where their crop is', () => {
    const boxes = editableBoxes(corrected(), 2);
    expect(boxes.map(({ key, view, result }) => [key, view, result])).toEqual([
      ['m0', 1, 3],
      ['m1', 2, 4],
    ]);
  });

  it('a box that the tool refused can still be held, inside its image', () => {
    const outside: CorrectionOperation = {
      kind: 'edit_call',
      step: 'm0',
      call: { tool: 'zoom_in', image: { kind: 'input', image: 1 }, box: [10, 10, 900, 900] },
    };
    const [box] = editableBoxes(corrected(outside), 1);
    expect(box).toMatchObject({ key: 'm0', view: 1, box: [10, 10, 112, 84], result: null });
  });

  it('a nudge moves the box by pixels and stops at the edge', () => {
    expect(nudged(corrected(), 'm0', 1, -10)).toMatchObject({ call: { box: [15, 8, 51, 44] } });
    const atEdge = nudged(corrected(), 'm0', -999, 0);
    expect(atEdge).toMatchObject({ call: { box: [0, 18, 36, 54] } });
    expect(nudged(corrected(atEdge as CorrectionOperation), 'm0', -1, 0)).toBeNull();
  });

  it('a box on a crop names the step that brought the crop in', () => {
    expect(boxOperation(corrected(), 'm2', 4, [1, 2, 30, 40])).toEqual({
      kind: 'edit_call',
      step: 'm2',
      call: { tool: 'zoom_in', image: { kind: 'result', step: 'm1' }, box: [1, 2, 30, 40] },
    });
  });

  it('a new step goes behind the selected one, but never behind the answer', () => {
    const { steps } = corrected();
    expect(placeForNew(steps, 'm1')).toBe('m1');
    expect(placeForNew(steps, 'm4')).toBe('m3');
    expect(placeForNew(steps, null)).toBe('m3');
    const first = insertOperation([], 'm1', { kind: 'answer', answer: '' });
    expect(first.key).toBe('h0');
    expect(insertOperation([first], 'm1', { kind: 'answer', answer: '' }).key).toBe('h1');
  });

  it('moves by one place, and not over the ends', () => {
    const { steps } = corrected();
    expect(moveTarget(steps, 'm1', 1)).toBe('m2');
    expect(moveTarget(steps, 'm1', -1)).toBeNull();
    expect(moveTarget(steps, 'm2', -1)).toBe('m0');
    expect(moveTarget(steps, 'm0', -1)).toBeUndefined();
    for (const [key, way] of [
      ['m1', 1],
      ['m3', -1],
    ] as const) {
      const after = moveTarget(steps, key, way);
      const moved = corrected({ kind: 'move_step', step: key, after: after ?? null }).steps;
      const places = (list: typeof steps) => list.findIndex((step) => step.key === key);
      expect(places(moved) - places(steps)).toBe(way);
    }
  });

  it('finishing by hand cuts behind the last step that stands', () => {
    expect(lastStanding(corrected().steps)).toBe('m4');
    const edited = corrected({ kind: 'edit_thought', step: 'm1', thought: 'Other.' });
    expect(lastStanding(edited.steps)).toBe('m1');
  });

  it('another tool keeps the image, and a first box lies in its middle', () => {
    const result = corrected();
    const look = result.steps[3];
    if (look === undefined) throw new Error('no step');
    expect(changedCall(result, look, { tool: 'zoom_in', view: 1 })).toEqual({
      tool: 'zoom_in',
      image: { kind: 'input', image: 1 },
      box: [28, 21, 84, 63],
    });
  });

  it('while the agent goes on, what is about to be replaced is not shown', () => {
    const result = corrected();
    const running = {
      ...episode,
      state: { kind: 'running', phase: 'sampling' } as const,
      views: result.views.slice(0, 3),
      steps: [],
    };
    expect(shownOf(result, running, 1).steps.map(({ key }) => key)).toEqual(['m0']);
    expect(shownOf(result, null, 1).steps).toHaveLength(5);
  });
});

describe('the keys of correcting', () => {
  const bindings = correctBindings(
    new Proxy({}, { get: () => () => undefined }) as unknown as CorrectKeyActions,
  );

  it('do one thing each, and leave find to the browser', () => {
    expect(findConflicts([{ name: 'correct', title: 'Correct', bindings }])).toEqual([]);
    const keys = bindings.map((binding) => normaliseKeys(binding.keys));
    expect(keys).not.toContain('ctrl+f');
    expect(keys).not.toContain('f');
    expect(keys).toEqual(
      expect.arrayContaining(['r', 'shift+r', 'v', 'ctrl+r', 'arrowleft', 'shift+arrowleft']),
    );
  });
});
