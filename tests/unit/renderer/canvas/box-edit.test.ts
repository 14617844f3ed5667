import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Grip } from '../../../../renderer/canvas/box-edit.ts';
import {
  boxBetween,
  gripAt,
  GRIPS,
  gripPlace,
  moveBox,
  resizeBox,
  snapInside,
} from '../../../../renderer/canvas/box-edit.ts';
import type { EditEffect, EditInput, EditState } from '../../../../renderer/canvas/tools/edit-box.ts';
import { EDIT_IDLE, editBoxTool } from '../../../../renderer/canvas/tools/edit-box.ts';
import { runTool } from '../../../../shared/agent/tools/index.ts';
import type { Bbox } from '../../../../shared/model/bbox.ts';
import { SIZING } from '../../../helpers/corrections.ts';

const size = { width: 112, height: 84 };
const anyBox = fc.tuple(
  ...([0, 1, 2, 3].map(() => fc.double({ min: -300, max: 300, noNaN: true })) as [
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
  ]),
);
const by = fc.record({
  x: fc.double({ min: -200, max: 200, noNaN: true }),
  y: fc.double({ min: -200, max: 200, noNaN: true }),
});
const grip = fc.constantFrom<Grip>(...GRIPS, 'move');

/** The tool takes it: whole pixels, inside, not too small. */
function isTaken(box: Bbox): boolean {
  const view = {
    number: 1,
    origin: 'input',
    parent: null,
    rootImage: 0,
    rootBox: [0, 0, 448, 336],
    ...size,
  } as const;
  const result = runTool('zoom_in', { image: 1, bbox_2d: box }, { views: [view], sizing: SIZING }, true);
  return result.ok && box.every(Number.isInteger);
}

describe('whatever is done to a box', () => {
  it('stays one that the tool takes', () => {
    fc.assert(
      fc.property(anyBox, by, grip, (box, shift, held) => {
        expect(isTaken(snapInside(box, size))).toBe(true);
        expect(isTaken(moveBox(box, shift, size))).toBe(true);
        expect(isTaken(resizeBox(box, held, shift, size))).toBe(true);
        expect(isTaken(boxBetween({ x: box[0], y: box[1] }, shift, size))).toBe(true);
      }),
    );
  });

  it('moving keeps its size, and moving back its place unless an edge stopped it', () => {
    expect(moveBox([10, 10, 40, 30], { x: 7.4, y: -3 }, size)).toEqual([17, 7, 47, 27]);
    expect(moveBox([10, 10, 40, 30], { x: 999, y: 999 }, size)).toEqual([82, 64, 112, 84]);
  });

  it('a side moves alone, and stops before the other', () => {
    expect(resizeBox([10, 10, 40, 30], 'e', { x: 5, y: 50 }, size)).toEqual([10, 10, 45, 30]);
    expect(resizeBox([10, 10, 40, 30], 'nw', { x: 100, y: 100 }, size)).toEqual([36, 26, 40, 30]);
  });

  it('is held by the corner, side or inside that is under the hand', () => {
    const box: Bbox = [10, 10, 60, 60];
    const slack = { x: 3, y: 3 };
    for (const one of GRIPS) {
      const place = gripPlace(one);
      expect(gripAt(box, { x: 10 + 50 * place.x, y: 10 + 50 * place.y }, slack)).toBe(one);
    }
    expect(gripAt(box, { x: 35, y: 35 }, slack)).toBe('move');
    expect(gripAt(box, { x: 70, y: 35 }, slack)).toBeNull();
    // The smallest box can still be taken by its middle.
    expect(gripAt([10, 10, 14, 14], { x: 12, y: 12 }, slack)).toBe('move');
  });
});

describe('the tool that edits boxes', () => {
  const held = { key: 'm0', view: 1, box: [10, 10, 40, 30], size } as const;

  function play(...inputs: readonly EditInput[]): {
    readonly state: EditState;
    readonly effects: readonly EditEffect[];
  } {
    let state = EDIT_IDLE;
    const effects: EditEffect[] = [];
    for (const input of inputs) {
      const result = editBoxTool(state, input);
      state = result.state;
      effects.push(...result.effects);
    }
    return { state, effects };
  }
  const hold: EditInput = { type: 'hold', held, grip: 'move', at: { x: 20, y: 20 } };

  it('selects on a press, drafts while it moves, commits once', () => {
    const { state, effects } = play(
      hold,
      { type: 'move', at: { x: 22, y: 20 } },
      { type: 'move', at: { x: 25, y: 24 } },
      { type: 'up' },
    );
    expect(state).toEqual(EDIT_IDLE);
    expect(effects).toEqual([
      { type: 'select', key: 'm0' },
      { type: 'draft', key: 'm0', view: 1, box: [12, 10, 42, 30] },
      { type: 'draft', key: 'm0', view: 1, box: [15, 14, 45, 34] },
      { type: 'commit', key: 'm0', view: 1, box: [15, 14, 45, 34] },
    ]);
  });

  it('a click, and a drag that came back, change nothing', () => {
    expect(play(hold, { type: 'up' }).effects.at(-1)).toEqual({ type: 'revert' });
    const back = play(
      hold,
      { type: 'move', at: { x: 30, y: 30 } },
      { type: 'move', at: { x: 20, y: 20 } },
      { type: 'up' },
    );
    expect(back.effects.some(({ type }) => type === 'commit')).toBe(false);
  });

  it('a cancelled press is taken back', () => {
    const { effects } = play(hold, { type: 'move', at: { x: 30, y: 30 } }, { type: 'cancel' });
    expect(effects.at(-1)).toEqual({ type: 'revert' });
  });

  it('a stroke draws a box in either direction', () => {
    const { effects } = play(
      { type: 'draw', view: 2, size, at: { x: 50, y: 60 } },
      { type: 'move', at: { x: 20, y: 30 } },
      { type: 'up' },
    );
    expect(effects.at(-1)).toEqual({ type: 'commit', key: null, view: 2, box: [20, 30, 50, 60] });
  });
});
