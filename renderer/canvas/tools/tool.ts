import type { ScreenPoint } from '../viewport.ts';

/** What a pointer does, in CSS pixels of the canvas. `button` as in PointerEvent: 0 left, 1 middle. */
export type PointerInput =
  | { readonly type: 'down'; readonly at: ScreenPoint; readonly button: number }
  | { readonly type: 'move'; readonly at: ScreenPoint }
  | { readonly type: 'up'; readonly at: ScreenPoint }
  | { readonly type: 'cancel' };

/** What a tool asks for. It changes nothing itself. */
export type ToolEffect =
  | { readonly type: 'pan'; readonly dx: number; readonly dy: number }
  | { readonly type: 'pick'; readonly at: ScreenPoint };

export interface ToolResult<State> {
  readonly state: State;
  readonly effects: readonly ToolEffect[];
}

/** Movement in CSS pixels below which a press is still a click. */
export const CLICK_SLOP = 4;
