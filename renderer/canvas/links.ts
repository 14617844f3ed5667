import type { StagePoint, StageRect } from './geometry.ts';
import { bottom, centre, contains, grow, right } from './geometry.ts';

/** A cubic Bézier curve on the stage. */
export interface LinkCurve {
  readonly start: StagePoint;
  readonly startControl: StagePoint;
  readonly endControl: StagePoint;
  readonly end: StagePoint;
}

const SAMPLES = 24;
/** How far a curve swings out beside a column, in stage units. */
const SWING = 44;
/** Stage units that a curve keeps off a view. */
const CLEARANCE = 2;

/** Views that links should not run across, found by place: a stage may have a thousand, and a link for each. */
export interface Obstacles {
  readonly at: (point: StagePoint) => readonly StageRect[];
}

/** Stage units; about the size of a small view. */
const CELL = 240;

export function obstaclesOf(rects: readonly StageRect[]): Obstacles {
  const cells = new Map<string, StageRect[]>();
  for (const rect of rects) {
    const { x, y, width, height } = grow(rect, CLEARANCE);
    for (let column = Math.floor(x / CELL); column <= Math.floor((x + width) / CELL); column += 1) {
      for (let row = Math.floor(y / CELL); row <= Math.floor((y + height) / CELL); row += 1) {
        const cell = `${column}:${row}`;
        const there = cells.get(cell);
        if (there === undefined) cells.set(cell, [rect]);
        else there.push(rect);
      }
    }
  }
  return { at: ({ x, y }) => cells.get(`${Math.floor(x / CELL)}:${Math.floor(y / CELL)}`) ?? [] };
}

/**
 * A curve from a box on one view to another view, by the way that covers the least of the images between.
 *
 * @param ends the two views, which are no obstacles.
 */
export function linkCurve(
  from: StageRect,
  to: StageRect,
  obstacles: Obstacles,
  ends: readonly StageRect[] = [],
): LinkCurve {
  const aside = sideways(from, to, 1);
  const candidates = [
    // The order breaks ties: straight down is the easiest to read.
    ...(to.y >= bottom(from) ? [downward(from, to)] : []),
    ...(to.x >= right(from) ? [rightward(from, to)] : []),
    ...(right(to) <= from.x ? [leftward(from, to)] : []),
    aside,
    sideways(from, to, -1),
  ];
  const costs = candidates.map((curve, order) => covered(curve, obstacles, ends) + order * 0.5);
  return candidates[costs.indexOf(Math.min(...costs))] ?? aside;
}

function pointOnCurve(curve: LinkCurve, t: number): StagePoint {
  const { start, startControl, endControl, end } = curve;
  const a = (1 - t) ** 3;
  const b = 3 * (1 - t) ** 2 * t;
  const c = 3 * (1 - t) * t ** 2;
  const d = t ** 3;
  return {
    x: a * start.x + b * startControl.x + c * endControl.x + d * end.x,
    y: a * start.y + b * startControl.y + c * endControl.y + d * end.y,
  };
}

/** How many of the curve's sample points lie on an obstacle. */
export function covered(curve: LinkCurve, obstacles: Obstacles, ends: readonly StageRect[] = []): number {
  let count = 0;
  for (let index = 1; index < SAMPLES; index += 1) {
    const point = pointOnCurve(curve, index / SAMPLES);
    const isOn = (rect: StageRect): boolean => !ends.includes(rect) && contains(grow(rect, CLEARANCE), point);
    if (obstacles.at(point).some(isOn)) count += 1;
  }
  return count;
}

function downward(from: StageRect, to: StageRect): LinkCurve {
  const start = { x: centre(from).x, y: bottom(from) };
  const end = { x: centre(to).x, y: to.y };
  const reach = Math.max(24, Math.abs(end.y - start.y) * 0.5);
  return {
    start,
    end,
    startControl: { x: start.x, y: start.y + reach },
    endControl: { x: end.x, y: end.y - reach },
  };
}

function rightward(from: StageRect, to: StageRect): LinkCurve {
  const start = { x: right(from), y: centre(from).y };
  const end = { x: to.x, y: centre(to).y };
  const reach = Math.max(24, Math.abs(end.x - start.x) * 0.5);
  return {
    start,
    end,
    startControl: { x: start.x + reach, y: start.y },
    endControl: { x: end.x - reach, y: end.y },
  };
}

function leftward(from: StageRect, to: StageRect): LinkCurve {
  const start = { x: from.x, y: centre(from).y };
  const end = { x: right(to), y: centre(to).y };
  const reach = Math.max(24, Math.abs(end.x - start.x) * 0.5);
  return {
    start,
    end,
    startControl: { x: start.x - reach, y: start.y },
    endControl: { x: end.x + reach, y: end.y },
  };
}

/** Out of one side of the box, down beside the column, into the same side of the view. */
function sideways(from: StageRect, to: StageRect, side: 1 | -1): LinkCurve {
  const edge = (rect: StageRect) => (side === 1 ? right(rect) : rect.x);
  const start = { x: edge(from), y: centre(from).y };
  const end = { x: edge(to), y: centre(to).y };
  const outermost = side === 1 ? Math.max(start.x, end.x) : Math.min(start.x, end.x);
  const x = outermost + side * SWING * 1.6;
  return { start, end, startControl: { x, y: start.y }, endControl: { x, y: end.y } };
}
