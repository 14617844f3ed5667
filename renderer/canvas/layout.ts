import { bboxHeight, bboxWidth } from '../../shared/model/bbox.ts';
import type { ImageView } from '../../shared/model/view.ts';
import type { StageRect } from './geometry.ts';
import { union } from './geometry.ts';

/** A view with its place on the stage. */
export interface PlacedView {
  readonly view: ImageView;
  readonly rect: StageRect;
}

export interface StageLayout {
  readonly placed: readonly PlacedView[];
  /** Around all views with their labels, in stage units. Fitting to it shows everything. */
  readonly bounds: StageRect;
}

/** Room above an image for its label, in stage units. */
const LABEL_SPACE = 34;
const GAP_X = 56;
const GAP_Y = 30;
const LANE_GAP = 32;
const RESULT_CELL = { width: 230, height: 200 } as const;
const EMPTY: StageRect = { x: 0, y: 0, width: 720, height: 480 };

interface Shape {
  readonly columns: number;
  /** Largest size of an input, in stage units. */
  readonly cell: { readonly width: number; readonly height: number };
  /** Tool results beside each other under one column. */
  readonly lanes: number;
}

/** The fewer the inputs, the larger they are: the stage stays about as wide as the window. */
function shapeFor(inputs: number): Shape {
  if (inputs <= 1) return { columns: 1, cell: { width: 754, height: 460 }, lanes: 3 };
  if (inputs === 2) return { columns: 2, cell: { width: 492, height: 400 }, lanes: 2 };
  if (inputs <= 4) return { columns: inputs, cell: { width: 320, height: 300 }, lanes: 1 };
  if (inputs <= 8) return { columns: Math.ceil(inputs / 2), cell: { width: 290, height: 230 }, lanes: 1 };
  return { columns: Math.ceil(Math.sqrt(inputs * 1.6)), cell: { width: 260, height: 210 }, lanes: 1 };
}

interface Column {
  readonly x: number;
  readonly width: number;
}

/**
 * Places views: inputs side by side in rows, tool results under them, each as near to the column of the input
 * that it is a part of as there is room, in the order in which they came. A result never moves a view that
 * was there before, so the stage holds still while an episode runs.
 */
export function layoutViews(views: readonly ImageView[]): StageLayout {
  const inputs = views.filter((view) => view.origin === 'input');
  const results = views.filter((view) => view.origin !== 'input');
  const shape = shapeFor(inputs.length);
  const columns = columnsFor(inputs, shape);
  const rows = placeInputs(inputs, shape, columns);
  const placed = [...rows.placed, ...placeResults(results, shape, columns, rows.endY)];
  const bounds = union(placed.map(({ rect }) => withLabel(rect))) ?? EMPTY;
  return { placed, bounds };
}

function columnsFor(inputs: readonly ImageView[], shape: Shape): readonly Column[] {
  const columns: Column[] = [];
  let x = 0;
  for (let index = 0; index < shape.columns; index += 1) {
    const members = inputs.filter((_, place) => place % shape.columns === index);
    const widest = Math.max(0, ...members.map((view) => sizeIn(view, shape.cell).width));
    const width = Math.max(widest, lanesWidth(shape));
    columns.push({ x, width });
    x += width + GAP_X;
  }
  return columns;
}

function lanesWidth(shape: Shape): number {
  return shape.lanes * RESULT_CELL.width + (shape.lanes - 1) * LANE_GAP;
}

function placeInputs(inputs: readonly ImageView[], shape: Shape, columns: readonly Column[]) {
  const placed: PlacedView[] = [];
  let y = LABEL_SPACE;
  for (let start = 0; start < inputs.length; start += shape.columns) {
    const row = inputs.slice(start, start + shape.columns);
    let tallest = 0;
    for (const [index, view] of row.entries()) {
      const column = columns[index] ?? { x: 0, width: shape.cell.width };
      const size = sizeIn(view, shape.cell);
      placed.push({ view, rect: { x: column.x + (column.width - size.width) / 2, y, ...size } });
      tallest = Math.max(tallest, size.height);
    }
    y += tallest + GAP_Y + LABEL_SPACE;
  }
  return { placed, endY: y };
}

/** A place for one result under the inputs. Rows are of one height, so that a slot never moves. */
interface Slot {
  readonly column: number;
  readonly lane: number;
  readonly row: number;
}

/** What a step aside costs against a row further down: up to two rows a result stays in its own column. */
const COLUMN_COST = 2.4;
const LANE_COST = 0.2;

function placeResults(
  results: readonly ImageView[],
  shape: Shape,
  columns: readonly Column[],
  startY: number,
): readonly PlacedView[] {
  const filled = columns.map(() => Array.from({ length: shape.lanes }, () => 0));
  return results.map((view) => {
    const slot = nearestSlot(view.rootImage % columns.length, filled);
    const lanes = filled[slot.column];
    if (lanes !== undefined) lanes[slot.lane] = slot.row + 1;
    const column = columns[slot.column] ?? { x: 0, width: lanesWidth(shape) };
    const laneWidth = (column.width - (shape.lanes - 1) * LANE_GAP) / shape.lanes;
    const size = sizeIn(view, {
      width: Math.min(laneWidth, RESULT_CELL.width * 1.2),
      height: RESULT_CELL.height,
    });
    const x = column.x + slot.lane * (laneWidth + LANE_GAP) + (laneWidth - size.width) / 2;
    const y = startY + slot.row * (RESULT_CELL.height + GAP_Y + LABEL_SPACE);
    return { view, rect: { x, y, ...size } };
  });
}

/**
 * The free slot nearest to the top of the result's own column.
 *
 * @param filled for each column and lane, how many rows are taken: lanes fill from the top.
 */
function nearestSlot(home: number, filled: readonly (readonly number[])[]): Slot {
  let best: Slot = { column: home, lane: 0, row: 0 };
  let lowest = Number.POSITIVE_INFINITY;
  for (const [column, lanes] of filled.entries()) {
    for (const [lane, row] of lanes.entries()) {
      const cost = row + lane * LANE_COST + Math.abs(column - home) * COLUMN_COST;
      if (cost < lowest) [best, lowest] = [{ column, lane, row }, cost];
    }
  }
  return best;
}

/** The view's own aspect, as large as the cell allows. A sliver stays at least 4 units thick. */
function sizeIn(view: ImageView, cell: { readonly width: number; readonly height: number }) {
  const width = bboxWidth(view.rootBox);
  const height = bboxHeight(view.rootBox);
  const scale = Math.min(cell.width / width, cell.height / height);
  return { width: Math.max(4, width * scale), height: Math.max(4, height * scale) };
}

/** A view's rectangle together with its label above it. */
export function withLabel(rect: StageRect): StageRect {
  return { ...rect, y: rect.y - LABEL_SPACE, height: rect.height + LABEL_SPACE };
}
