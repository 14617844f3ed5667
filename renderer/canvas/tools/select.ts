import type { ScreenPoint } from '../viewport.ts';
import type { PointerInput, ToolResult } from './tool.ts';
import { CLICK_SLOP } from './tool.ts';

/** A click picks what lies under it; a press that moves drags the stage, as there is nothing to draw here. */
export type SelectState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'pressed'; readonly at: ScreenPoint }
  | { readonly kind: 'dragging'; readonly last: ScreenPoint };

export const SELECT_IDLE: SelectState = { kind: 'idle' };

export function selectTool(state: SelectState, input: PointerInput): ToolResult<SelectState> {
  switch (input.type) {
    case 'down':
      return { state: input.button === 0 ? { kind: 'pressed', at: input.at } : state, effects: [] };
    case 'move':
      return moved(state, input.at);
    case 'up':
      return {
        state: SELECT_IDLE,
        effects: state.kind === 'pressed' ? [{ type: 'pick', at: state.at }] : [],
      };
    case 'cancel':
      return { state: SELECT_IDLE, effects: [] };
  }
}

function moved(state: SelectState, at: ScreenPoint): ToolResult<SelectState> {
  if (state.kind === 'idle') return { state, effects: [] };
  const from = state.kind === 'pressed' ? state.at : state.last;
  const dx = at.x - from.x;
  const dy = at.y - from.y;
  if (state.kind === 'pressed' && Math.hypot(dx, dy) < CLICK_SLOP) return { state, effects: [] };
  return { state: { kind: 'dragging', last: at }, effects: [{ type: 'pan', dx, dy }] };
}
