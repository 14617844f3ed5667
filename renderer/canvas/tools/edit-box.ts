import type { Bbox } from '../../../shared/model/bbox.ts';
import type { Size } from '../../../shared/model/smart-resize.ts';
import type { Grip, PixelPoint } from '../box-edit.ts';
import { boxBetween, resizeBox, sameBox } from '../box-edit.ts';

/** A box that can be held: which one, on which view, as it is, and the size of that view. Pixels of the view. */
export interface HeldBox {
  readonly key: string;
  readonly view: number;
  readonly box: Bbox;
  readonly size: Size;
}

/** Moves, resizes or draws one box. Points are pixels of the view that was pressed on. */
export type EditState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'holding';
      readonly held: HeldBox;
      readonly grip: Grip;
      readonly from: PixelPoint;
      readonly box: Bbox;
    }
  | {
      readonly kind: 'drawing';
      readonly view: number;
      readonly size: Size;
      readonly from: PixelPoint;
      readonly box: Bbox | null;
    };

export type EditInput =
  | { readonly type: 'hold'; readonly held: HeldBox; readonly grip: Grip; readonly at: PixelPoint }
  | { readonly type: 'draw'; readonly view: number; readonly size: Size; readonly at: PixelPoint }
  | { readonly type: 'move'; readonly at: PixelPoint }
  | { readonly type: 'up' }
  | { readonly type: 'cancel' };

export type EditEffect =
  | { readonly type: 'select'; readonly key: string }
  /** A box as it would be; `key` is null for one that is being drawn. */
  | { readonly type: 'draft'; readonly key: string | null; readonly view: number; readonly box: Bbox }
  | { readonly type: 'commit'; readonly key: string | null; readonly view: number; readonly box: Bbox }
  | { readonly type: 'revert' };

export interface EditResult {
  readonly state: EditState;
  readonly effects: readonly EditEffect[];
}

export const EDIT_IDLE: EditState = { kind: 'idle' };

/** Pixels of the view that a press must move by before it changes anything: a click only selects. */
const STILL = 1;

export function editBoxTool(state: EditState, input: EditInput): EditResult {
  switch (input.type) {
    case 'hold': {
      const { held, grip, at } = input;
      return {
        state: { kind: 'holding', held, grip, from: at, box: held.box },
        effects: [{ type: 'select', key: held.key }],
      };
    }
    case 'draw':
      return {
        state: { kind: 'drawing', view: input.view, size: input.size, from: input.at, box: null },
        effects: [],
      };
    case 'move':
      return moved(state, input.at);
    case 'up':
      return { state: EDIT_IDLE, effects: released(state) };
    case 'cancel':
      return { state: EDIT_IDLE, effects: state.kind === 'idle' ? [] : [{ type: 'revert' }] };
  }
}

function moved(state: EditState, at: PixelPoint): EditResult {
  if (state.kind === 'idle') return { state, effects: [] };
  const by = { x: at.x - state.from.x, y: at.y - state.from.y };
  if (state.kind === 'holding') {
    const { held, grip } = state;
    const box = Math.hypot(by.x, by.y) < STILL ? held.box : resizeBox(held.box, grip, by, held.size);
    if (sameBox(box, state.box)) return { state, effects: [] };
    return { state: { ...state, box }, effects: [{ type: 'draft', key: held.key, view: held.view, box }] };
  }
  const box = boxBetween(state.from, at, state.size);
  return { state: { ...state, box }, effects: [{ type: 'draft', key: null, view: state.view, box }] };
}

function released(state: EditState): readonly EditEffect[] {
  if (state.kind === 'holding' && !sameBox(state.box, state.held.box)) {
    const { held, box } = state;
    return [{ type: 'commit', key: held.key, view: held.view, box }];
  }
  if (state.kind === 'drawing' && state.box !== null) {
    return [{ type: 'commit', key: null, view: state.view, box: state.box }];
  }
  return state.kind === 'idle' ? [] : [{ type: 'revert' }];
}
