import { type Bbox, bboxHeight, bboxWidth } from '../../model/bbox.ts';
import { smartResize } from '../../model/smart-resize.ts';
import type { ImageView } from '../../model/view.ts';
import { findView } from './tool.ts';
import type { Tool, ToolContext, ToolResult } from './tool.ts';

/** A region needs this many pixels a side in the view that the model saw. */
export const MIN_SIDE = 4;

/** Visual confirmation: crop a region of one view and enlarge it. */
export const zoomIn: Tool = {
  name: 'zoom_in',
  schema: {
    type: 'function',
    function: {
      name: 'zoom_in',
      description: 'Crop a region of an image and enlarge it.',
      parameters: {
        type: 'object',
        properties: {
          image: { type: 'integer', description: 'Number of the image, starting at 1.' },
          bbox_2d: {
            type: 'array',
            items: { type: 'number' },
            description: 'The region as [x1, y1, x2, y2] in pixels of that image.',
          },
        },
        required: ['image', 'bbox_2d'],
      },
    },
  },
  run: runZoomIn,
};

function runZoomIn(args: Readonly<Record<string, unknown>>, context: ToolContext): ToolResult {
  const found = findView(args['image'], context.views);
  if (!found.ok) {
    return found;
  }
  const parent = found.view;
  const box = readBox(args['bbox_2d'], parent);
  if (box === null) {
    const range = `0 <= x1 < x2 <= ${parent.width} and 0 <= y1 < y2 <= ${parent.height}`;
    return { ok: false, error: `bbox_2d must be [x1, y1, x2, y2] with ${range} for image ${parent.number}.` };
  }
  const [x1, y1, x2, y2] = box;
  if (x2 - x1 < MIN_SIDE || y2 - y1 < MIN_SIDE) {
    const size = `image ${parent.number} is ${parent.width}x${parent.height}`;
    return {
      ok: false,
      error: `bbox_2d is too small: ${size} and a region needs at least ${MIN_SIDE}x${MIN_SIDE} pixels.`,
    };
  }
  const rootBox = boxToRoot(box, parent);
  const { factor, cropMinPixels, maxPixels } = context.sizing;
  const source = { width: bboxWidth(rootBox), height: bboxHeight(rootBox) };
  const size = smartResize(source, { factor, minPixels: cropMinPixels, maxPixels });
  if (size === null) {
    return { ok: false, error: 'bbox_2d is too narrow.' };
  }
  return {
    ok: true,
    arguments: { image: parent.number, bbox_2d: box },
    view: {
      number: context.views.length + 1,
      origin: 'zoom_in',
      parent: parent.number,
      rootImage: parent.rootImage,
      rootBox,
      width: size.width,
      height: size.height,
    },
  };
}

/** Four finite numbers with corners in order and inside the view, else null. */
function readBox(value: unknown, view: ImageView): Bbox | null {
  if (!Array.isArray(value) || value.length !== 4) {
    return null;
  }
  const [x1, y1, x2, y2] = value as unknown[];
  if (!isFiniteNumber(x1) || !isFiniteNumber(y1) || !isFiniteNumber(x2) || !isFiniteNumber(y2)) {
    return null;
  }
  const inside = x1 >= 0 && x1 < x2 && x2 <= view.width && y1 >= 0 && y1 < y2 && y2 <= view.height;
  return inside ? [x1, y1, x2, y2] : null;
}

/**
 * Maps a box from pixels of a view (as the model saw it) to whole pixels of the canonical root image.
 *
 * Rounds outward and clamps to the view's own box, so a crop of a crop never shows more than its parent.
 * The order of operations (multiply, then divide, in doubles) is part of the protocol.
 */
function boxToRoot(box: Bbox, view: ImageView): Bbox {
  const [left, top, right, bottom] = view.rootBox;
  const width = right - left;
  const height = bottom - top;
  const [x1, y1, x2, y2] = box;
  return [
    clamp(left + Math.floor((x1 * width) / view.width), left, right),
    clamp(top + Math.floor((y1 * height) / view.height), top, bottom),
    clamp(left + Math.ceil((x2 * width) / view.width), left, right),
    clamp(top + Math.ceil((y2 * height) / view.height), top, bottom),
  ];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
