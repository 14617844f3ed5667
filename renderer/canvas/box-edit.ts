/** What a person does to a box, in pixels of the image that it lies on. A box never leaves its image. */
import { MIN_SIDE } from '../../shared/agent/tools/zoom-in.ts';
import type { Bbox } from '../../shared/model/bbox.ts';
import type { Size } from '../../shared/model/smart-resize.ts';

export interface PixelPoint {
  readonly x: number;
  readonly y: number;
}

/** A side or corner by which a box is held; `move` is its inside. */
export const GRIPS = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const;
export type Grip = (typeof GRIPS)[number] | 'move';

/** Whole pixels inside the image, no thinner than the tool takes. */
export function snapInside([x1, y1, x2, y2]: Bbox, size: Size): Bbox {
  const [left, right] = snapSpan(x1, x2, size.width);
  const [top, bottom] = snapSpan(y1, y2, size.height);
  return [left, top, right, bottom];
}

function snapSpan(a: number, b: number, length: number): readonly [number, number] {
  const least = Math.min(MIN_SIDE, length);
  const low = clamp(Math.round(Math.min(a, b)), 0, length - least);
  const high = clamp(Math.round(Math.max(a, b)), low + least, length);
  return [low, high];
}

/** Keeps its size; at the edge it stops. */
export function moveBox(box: Bbox, by: PixelPoint, size: Size): Bbox {
  const [x1, y1, x2, y2] = snapInside(box, size);
  const dx = clamp(Math.round(by.x), -x1, size.width - x2);
  const dy = clamp(Math.round(by.y), -y1, size.height - y2);
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
}

/** Moves the held sides; they stop before the opposite ones and at the edge. */
export function resizeBox(box: Bbox, grip: Grip, by: PixelPoint, size: Size): Bbox {
  if (grip === 'move') return moveBox(box, by, size);
  const [x1, y1, x2, y2] = snapInside(box, size);
  const dx = Math.round(by.x);
  const dy = Math.round(by.y);
  return [
    grip.includes('w') ? clamp(x1 + dx, 0, x2 - MIN_SIDE) : x1,
    grip.includes('n') ? clamp(y1 + dy, 0, y2 - MIN_SIDE) : y1,
    grip.includes('e') ? clamp(x2 + dx, x1 + MIN_SIDE, size.width) : x2,
    grip.includes('s') ? clamp(y2 + dy, y1 + MIN_SIDE, size.height) : y2,
  ];
}

/** The box that a stroke draws. */
export function boxBetween(from: PixelPoint, to: PixelPoint, size: Size): Bbox {
  return snapInside([from.x, from.y, to.x, to.y], size);
}

export function sameBox(a: Bbox, b: Bbox): boolean {
  return a.every((side, at) => side === b[at]);
}

/**
 * What of a box lies under a point: a corner first, then a side, then its inside; null where nothing does.
 *
 * @param slack how far off a corner or side still counts, in pixels of the image along each axis.
 */
export function gripAt(box: Bbox, at: PixelPoint, slack: PixelPoint): Grip | null {
  const [x1, y1, x2, y2] = box;
  // In a small box the inside must stay to be held.
  const nearX = Math.min(slack.x, Math.max(slack.x / 3, (x2 - x1) / 4));
  const nearY = Math.min(slack.y, Math.max(slack.y / 3, (y2 - y1) / 4));
  const isAcross = at.x >= x1 - slack.x && at.x <= x2 + slack.x;
  const isAlong = at.y >= y1 - slack.y && at.y <= y2 + slack.y;
  if (!isAcross || !isAlong) return null;
  const column = at.x <= x1 + nearX ? 'w' : at.x >= x2 - nearX ? 'e' : '';
  const row = at.y <= y1 + nearY ? 'n' : at.y >= y2 - nearY ? 's' : '';
  const found = GRIPS.find((grip) => grip === row + column);
  return found ?? 'move';
}

/** Where a grip is drawn, as a share of the box's sides. */
export function gripPlace(grip: Grip): PixelPoint {
  return {
    x: grip.includes('w') ? 0 : grip.includes('e') ? 1 : 0.5,
    y: grip.includes('n') ? 0 : grip.includes('s') ? 1 : 0.5,
  };
}

const CURSORS: Readonly<Record<Grip, string>> = {
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  n: 'ns-resize',
  s: 'ns-resize',
  e: 'ew-resize',
  w: 'ew-resize',
  move: 'move',
};

export function cursorOf(grip: Grip): string {
  return CURSORS[grip];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
