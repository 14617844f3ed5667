/**
 * The box that a person holds, on a layer of its own over the stage. While it is dragged nothing else is drawn, so a
 * stage with a thousand boxes is as quick under the hand as one with a single box. Plain canvas: there is one object.
 */
import type { Bbox } from '../../shared/model/bbox.ts';
import type { Size } from '../../shared/model/smart-resize.ts';
import { GRIPS, gripPlace } from './box-edit.ts';
import type { StageRect } from './geometry.ts';
import { mapBox } from './geometry.ts';
import type { StagePalette } from './palette.ts';
import type { ScreenSize, Viewport } from './viewport.ts';

/** What the layer shows. Rectangles are stage units; the box counts pixels of its view. */
export interface HeldDrawing {
  readonly box: Bbox;
  readonly size: Size;
  readonly rect: StageRect;
  readonly isDrawn: boolean;
  /** The part of the source picture that the box means, shown at once where its crop stands. */
  readonly crop: {
    readonly element: HTMLImageElement;
    readonly region: StageRect;
    readonly rect: StageRect;
  } | null;
}

export interface EditLayer {
  readonly show: (drawing: HeldDrawing | null) => void;
  readonly look: (viewport: Viewport) => void;
  readonly resize: (size: ScreenSize) => void;
  readonly paint: (palette: StagePalette) => void;
  readonly dispose: () => void;
}

const HANDLE = 8;

export function createEditLayer(element: HTMLCanvasElement, first: StagePalette): EditLayer {
  const context = element.getContext('2d');
  let palette = first;
  let viewport: Viewport = { zoom: 1, x: 0, y: 0 };
  let drawing: HeldDrawing | null = null;
  let isDirty = false;
  let handle: number | null = null;

  const draw = (): void => {
    handle = null;
    if (context === null) return;
    const ratio = window.devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (isDirty) context.clearRect(0, 0, element.width, element.height);
    isDirty = drawing !== null;
    if (drawing === null) return;
    const { zoom, x, y } = viewport;
    context.setTransform(zoom * ratio, 0, 0, zoom * ratio, x * ratio, y * ratio);
    drawHeld(context, drawing, palette, 1 / zoom);
  };
  // However many moves a frame brings, it is drawn once.
  const ask = (): void => {
    handle ??= window.requestAnimationFrame(draw);
  };

  return {
    show: (next) => {
      drawing = next;
      ask();
    },
    look: (next) => {
      viewport = next;
      ask();
    },
    resize: ({ width, height }) => {
      const ratio = window.devicePixelRatio;
      element.width = Math.round(width * ratio);
      element.height = Math.round(height * ratio);
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
      ask();
    },
    paint: (next) => {
      palette = next;
      ask();
    },
    dispose: () => {
      if (handle !== null) window.cancelAnimationFrame(handle);
    },
  };
}

function drawHeld(
  ctx: CanvasRenderingContext2D,
  held: HeldDrawing,
  palette: StagePalette,
  pixel: number,
): void {
  const { size, rect, isDrawn } = held;
  if (held.crop !== null) drawCrop(ctx, held.crop, palette, pixel);
  const box = mapBox(held.box, [0, 0, size.width, size.height], rect);
  ctx.lineJoin = 'miter';
  ctx.setLineDash([]);
  ctx.strokeStyle = palette.halo;
  ctx.lineWidth = 4.5 * pixel;
  ctx.strokeRect(box.x, box.y, box.width, box.height);
  ctx.strokeStyle = palette.zoomIn;
  ctx.lineWidth = 2.5 * pixel;
  if (isDrawn) ctx.setLineDash([6 * pixel, 3 * pixel]);
  ctx.strokeRect(box.x, box.y, box.width, box.height);
  ctx.setLineDash([]);
  for (const grip of GRIPS) {
    const place = gripPlace(grip);
    const side = HANDLE * pixel;
    const x = box.x + place.x * box.width - side / 2;
    const y = box.y + place.y * box.height - side / 2;
    ctx.fillStyle = palette.onAccent;
    ctx.fillRect(x, y, side, side);
    ctx.lineWidth = 1.5 * pixel;
    ctx.strokeRect(x, y, side, side);
  }
}

/** The new crop in the place of the old one, whole and in its own shape. */
function drawCrop(
  ctx: CanvasRenderingContext2D,
  { element, region, rect }: NonNullable<HeldDrawing['crop']>,
  palette: StagePalette,
  pixel: number,
): void {
  const scale = Math.min(rect.width / region.width, rect.height / region.height);
  const width = region.width * scale;
  const height = region.height * scale;
  const x = rect.x + (rect.width - width) / 2;
  const y = rect.y + (rect.height - height) / 2;
  ctx.fillStyle = palette.placeholder;
  ctx.fillRect(rect.x, rect.y, rect.width, rect.height);
  ctx.imageSmoothingEnabled = scale / pixel < 2;
  ctx.drawImage(element, region.x, region.y, region.width, region.height, x, y, width, height);
  ctx.strokeStyle = palette.zoomIn;
  ctx.lineWidth = 2 * pixel;
  ctx.strokeRect(rect.x, rect.y, rect.width, rect.height);
}
