/**
 * When the stage is drawn. What is drawn is a little larger than the window onto it, so a pan moves the picture and
 * draws nothing anew, however much is on it. It is drawn again where its margin ends, when something on it changes, and
 * once it rests, so that what is looked at is always sharp.
 */
import type { Frames } from './camera.ts';
import type { ScreenSize, Viewport } from './viewport.ts';

/** CSS pixels that are drawn beyond each side of the screen. */
export const MARGIN = 160;
/** So many things at the most are drawn anew for each frame of a zoom; a picture of more is scaled until it rests. */
const FEW = 150;
/** Beyond this a scaled picture is too coarse to be moved on. */
const MOST_SCALED = 2;
const REST_MS = 120;

/** Where the drawn picture goes: about its own corner, in CSS pixels of the screen. */
export interface PicturePlace {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface PictureSurface {
  readonly frames: Pick<Frames, 'request' | 'cancel'>;
  readonly timers: {
    readonly set: (callback: () => void, ms: number) => number;
    readonly clear: (handle: number) => void;
  };
  readonly pixelRatio: () => number;
  /** Draws everything as this viewport shows it, margins included. @returns how many things were drawn. */
  readonly paint: (viewport: Viewport) => number;
  readonly place: (place: PicturePlace) => void;
}

export interface MovingPicture {
  readonly look: (viewport: Viewport) => void;
  readonly resize: (screen: ScreenSize) => void;
  /** Something on the stage is another: drawn with the next frame. */
  readonly change: () => void;
  /** The like, which may wait while a person moves the stage. */
  readonly changeAtRest: () => void;
  readonly dispose: () => void;
}

export function createMovingPicture(surface: PictureSurface): MovingPicture {
  let wanted: Viewport = { zoom: 1, x: 0, y: 0 };
  let screen: ScreenSize = { width: 1, height: 1 };
  let drawn: { readonly viewport: Viewport; readonly things: number } | null = null;
  let frame: number | null = null;
  let rest: number | null = null;

  const show = (): void => {
    frame = null;
    if (drawn === null || !canMove(drawn.viewport, wanted, screen, drawn.things > FEW)) {
      drawn = { viewport: wanted, things: surface.paint(wanted) };
    }
    surface.place(placeOf(drawn.viewport, wanted));
  };
  const ask = (): void => {
    frame ??= surface.frames.request(show);
  };
  const change = (): void => {
    drawn = null;
    ask();
  };
  const clearRest = (): void => {
    if (rest !== null) surface.timers.clear(rest);
    rest = null;
  };
  let waits = false;
  const rested = (): void => {
    rest = null;
    if (waits || (drawn !== null && !isSharp(drawn.viewport, wanted, surface.pixelRatio()))) change();
    waits = false;
  };

  return {
    look: (viewport) => {
      wanted = viewport;
      ask();
      clearRest();
      rest = surface.timers.set(rested, REST_MS);
    },
    resize: (next) => {
      screen = next;
      change();
    },
    change,
    changeAtRest: () => {
      if (rest === null) change();
      else waits = true;
    },
    dispose: () => {
      clearRest();
      if (frame !== null) surface.frames.cancel(frame);
    },
  };
}

export function placeOf(drawn: Viewport, wanted: Viewport): PicturePlace {
  const scale = wanted.zoom / drawn.zoom;
  const along = (from: number, to: number): number => to - (from + MARGIN) * scale;
  return { scale, x: along(drawn.x, wanted.x), y: along(drawn.y, wanted.y) };
}

/** True if the picture still fills the screen when it is put where the viewport wants it. */
function canMove(drawn: Viewport, wanted: Viewport, screen: ScreenSize, mayScale: boolean): boolean {
  const { scale, x, y } = placeOf(drawn, wanted);
  if (scale !== 1 && (!mayScale || scale > MOST_SCALED)) return false;
  const right = x + (screen.width + 2 * MARGIN) * scale;
  const bottom = y + (screen.height + 2 * MARGIN) * scale;
  return x <= 0 && y <= 0 && right >= screen.width && bottom >= screen.height;
}

/** True if moving lost nothing, and there is margin left for the next move. */
function isSharp(drawn: Viewport, wanted: Viewport, pixelRatio: number): boolean {
  const { scale, x, y } = placeOf(drawn, wanted);
  const isWhole = (offset: number): boolean => {
    const pixels = (offset + MARGIN) * pixelRatio;
    return Math.abs(pixels - Math.round(pixels)) < 0.01 && Math.abs(offset + MARGIN) <= MARGIN / 2;
  };
  return scale === 1 && isWhole(x) && isWhole(y);
}
