import type { Bbox } from '../../shared/model/bbox.ts';
import { bboxHeight, bboxWidth } from '../../shared/model/bbox.ts';

/**
 * A rectangle on the stage, in stage units. The stage has its own scale: an image is drawn at whatever
 * size lets all of them be seen side by side, so stage units are pixels of nothing.
 */
export interface StageRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** In stage units. */
export interface StagePoint {
  readonly x: number;
  readonly y: number;
}

export function right(rect: StageRect): number {
  return rect.x + rect.width;
}

export function bottom(rect: StageRect): number {
  return rect.y + rect.height;
}

export function centre(rect: StageRect): StagePoint {
  return { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
}

export function contains(rect: StageRect, point: StagePoint): boolean {
  return point.x >= rect.x && point.x <= right(rect) && point.y >= rect.y && point.y <= bottom(rect);
}

export function overlap(a: StageRect, b: StageRect): boolean {
  return a.x < right(b) && b.x < right(a) && a.y < bottom(b) && b.y < bottom(a);
}

/** The smallest rectangle around all of them; null for none. */
export function union(rects: readonly StageRect[]): StageRect | null {
  const [first, ...rest] = rects;
  if (first === undefined) return null;
  return rest.reduce((all, rect) => {
    const x = Math.min(all.x, rect.x);
    const y = Math.min(all.y, rect.y);
    return {
      x,
      y,
      width: Math.max(right(all), right(rect)) - x,
      height: Math.max(bottom(all), bottom(rect)) - y,
    };
  }, first);
}

/** True if `inner` lies wholly inside `outer`. Both in pixels of the same image. */
export function boxContains(outer: Bbox, inner: Bbox): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}

export function sameBox(a: Bbox, b: Bbox): boolean {
  return a.every((value, index) => value === b[index]);
}

/**
 * Where a box of the space `from` lies on the stage when the whole of `from` is drawn into `rect`.
 *
 * @param box in the same pixels as `from`; it may reach outside it.
 */
export function mapBox(box: Bbox, from: Bbox, rect: StageRect): StageRect {
  const scaleX = rect.width / bboxWidth(from);
  const scaleY = rect.height / bboxHeight(from);
  return {
    x: rect.x + (box[0] - from[0]) * scaleX,
    y: rect.y + (box[1] - from[1]) * scaleY,
    width: bboxWidth(box) * scaleX,
    height: bboxHeight(box) * scaleY,
  };
}

/** The part of `rect` inside `limit`; null where there is none. */
export function clip(rect: StageRect, limit: StageRect): StageRect | null {
  const x = Math.max(rect.x, limit.x);
  const y = Math.max(rect.y, limit.y);
  const width = Math.min(right(rect), right(limit)) - x;
  const height = Math.min(bottom(rect), bottom(limit)) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

export function grow(rect: StageRect, by: number): StageRect {
  return { x: rect.x - by, y: rect.y - by, width: rect.width + 2 * by, height: rect.height + 2 * by };
}
