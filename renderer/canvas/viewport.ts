import type { StagePoint, StageRect } from './geometry.ts';
import { centre } from './geometry.ts';

/** CSS pixels of the canvas element. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

/** CSS pixels from the canvas element's corner. */
export interface ScreenPoint {
  readonly x: number;
  readonly y: number;
}

/** screen = stage x zoom + (x, y). `zoom` is CSS pixels a stage unit. */
export interface Viewport {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

const MIN_ZOOM = 0.02;
export const MAX_ZOOM = 64;
/** One press of Ctrl + or one notch of a wheel. */
export const ZOOM_STEP = 1.25;

export function toStage(viewport: Viewport, point: ScreenPoint): StagePoint {
  return { x: (point.x - viewport.x) / viewport.zoom, y: (point.y - viewport.y) / viewport.zoom };
}

export function toScreen(viewport: Viewport, point: StagePoint): ScreenPoint {
  return { x: point.x * viewport.zoom + viewport.x, y: point.y * viewport.zoom + viewport.y };
}

export function pan(viewport: Viewport, dx: number, dy: number): Viewport {
  return { ...viewport, x: viewport.x + dx, y: viewport.y + dy };
}

/** Zooms about a point of the screen: what lies under it stays under it. */
export function zoomAt(viewport: Viewport, anchor: ScreenPoint, factor: number): Viewport {
  const zoom = clampZoom(viewport.zoom * factor);
  const under = toStage(viewport, anchor);
  return { zoom, x: anchor.x - under.x * zoom, y: anchor.y - under.y * zoom };
}

/** Room kept free around what is shown, in CSS pixels. */
export interface Margins {
  readonly top: number;
  /** Left, right and bottom. */
  readonly others: number;
}

/** Shows the whole of `bounds`, in the middle of what the margins leave. */
export function fit(bounds: StageRect, screen: ScreenSize, margins: Margins): Viewport {
  const width = Math.max(1, screen.width - 2 * margins.others);
  const height = Math.max(1, screen.height - margins.top - margins.others);
  const zoom = clampZoom(Math.min(width / bounds.width, height / bounds.height));
  return pan(centredOn(bounds, screen, zoom), 0, (margins.top - margins.others) / 2);
}

/**
 * One pixel of the source image to one pixel of the screen, centred on the view.
 *
 * @param sourceWidth width of what the view shows, in source pixels.
 */
export function oneToOne(
  view: StageRect,
  sourceWidth: number,
  screen: ScreenSize,
  devicePixelRatio = 1,
): Viewport {
  return centredOn(view, screen, clampZoom(sourceWidth / view.width / devicePixelRatio));
}

/** Moves the viewport no more than needed for `rect` to be seen, with its zoom kept. */
export function reveal(viewport: Viewport, rect: StageRect, screen: ScreenSize, margin = 24): Viewport {
  const start = toScreen(viewport, rect);
  const dx = shift(start.x, rect.width * viewport.zoom, screen.width, margin);
  const dy = shift(start.y, rect.height * viewport.zoom, screen.height, margin);
  return dx === 0 && dy === 0 ? viewport : pan(viewport, dx, dy);
}

/** Between two viewports, t from 0 to 1; zoom moves geometrically, so that it looks even. */
export function between(from: Viewport, to: Viewport, t: number, screen: ScreenSize): Viewport {
  if (t >= 1) return to;
  const middle = { x: screen.width / 2, y: screen.height / 2 };
  const a = toStage(from, middle);
  const b = toStage(to, middle);
  const zoom = from.zoom * (to.zoom / from.zoom) ** t;
  const at = { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t };
  return { zoom, x: middle.x - at.x * zoom, y: middle.y - at.y * zoom };
}

function shift(start: number, length: number, available: number, margin: number): number {
  if (length > available - 2 * margin) return available / 2 - (start + length / 2);
  if (start < margin) return margin - start;
  const over = start + length - (available - margin);
  return over > 0 ? -over : 0;
}

function centredOn(rect: StageRect, screen: ScreenSize, zoom: number): Viewport {
  const middle = centre(rect);
  return { zoom, x: screen.width / 2 - middle.x * zoom, y: screen.height / 2 - middle.y * zoom };
}

function clampZoom(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}
