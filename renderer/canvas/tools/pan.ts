import type { ScreenPoint } from '../viewport.ts';
import type { PointerInput, ToolResult } from './tool.ts';

/** Drags the stage: with the middle button always, with the left one while Space is held. */
export type PanState = { readonly kind: 'idle' } | { readonly kind: 'dragging'; readonly last: ScreenPoint };

export const PAN_IDLE: PanState = { kind: 'idle' };

export function panTool(state: PanState, input: PointerInput, spaceHeld: boolean): ToolResult<PanState> {
  switch (input.type) {
    case 'down':
      return input.button === 1 || (input.button === 0 && spaceHeld)
        ? { state: { kind: 'dragging', last: input.at }, effects: [] }
        : { state, effects: [] };
    case 'move': {
      if (state.kind === 'idle') return { state, effects: [] };
      const dx = input.at.x - state.last.x;
      const dy = input.at.y - state.last.y;
      return { state: { kind: 'dragging', last: input.at }, effects: [{ type: 'pan', dx, dy }] };
    }
    case 'up':
    case 'cancel':
      return { state: PAN_IDLE, effects: [] };
  }
}
