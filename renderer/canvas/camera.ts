import type { StageRect } from './geometry.ts';
import type { Margins, ScreenPoint, ScreenSize, Viewport } from './viewport.ts';
import { between, fit, oneToOne, pan, reveal, zoomAt } from './viewport.ts';

/** Frames of the page; tests bring their own. */
export interface Frames {
  readonly request: (callback: (now: number) => void) => number;
  readonly cancel: (handle: number) => void;
  /** The person asked the system for less motion: then the camera jumps. */
  readonly reducedMotion: () => boolean;
}

/**
 * Where the person looks. Until they move it themselves it keeps everything in sight; from then on it stays
 * where they put it, until they ask for the whole again.
 */
export interface Camera {
  readonly viewport: () => Viewport;
  readonly screen: () => ScreenSize;
  readonly resize: (screen: ScreenSize) => void;
  /** What fitting shows. */
  readonly frame: (bounds: StageRect) => void;
  readonly fit: () => void;
  readonly panBy: (dx: number, dy: number) => void;
  readonly zoomBy: (factor: number, at?: ScreenPoint) => void;
  readonly oneToOne: (view: StageRect, sourceWidth: number, devicePixelRatio: number) => void;
  readonly zoomTo: (rect: StageRect) => void;
  readonly reveal: (rect: StageRect) => void;
  readonly dispose: () => void;
}

const MOVE_MS = 180;
/** The tools stand over the top of the stage. */
const MARGINS: Margins = { top: 56, others: 20 };

export function createCamera(frames: Frames, onChange: (viewport: Viewport) => void): Camera {
  let screen: ScreenSize = { width: 1, height: 1 };
  let bounds: StageRect | null = null;
  let viewport: Viewport = { zoom: 1, x: 0, y: 0 };
  let movedByPerson = false;
  let placed = false;
  let handle: number | null = null;

  const stop = (): void => {
    if (handle !== null) frames.cancel(handle);
    handle = null;
  };
  const jump = (to: Viewport): void => {
    stop();
    viewport = to;
    onChange(viewport);
  };
  const glide = (to: Viewport): void => {
    if (!placed || frames.reducedMotion()) return jump(to);
    stop();
    const from = viewport;
    let start: number | null = null;
    const tick = (now: number): void => {
      start ??= now;
      const t = Math.min(1, (now - start) / MOVE_MS);
      viewport = between(from, to, 1 - (1 - t) ** 3, screen);
      onChange(viewport);
      handle = t < 1 ? frames.request(tick) : null;
    };
    handle = frames.request(tick);
    return undefined;
  };
  const byPerson = (to: Viewport, move: (to: Viewport) => void): void => {
    movedByPerson = true;
    move(to);
  };
  const middle = (): ScreenPoint => ({ x: screen.width / 2, y: screen.height / 2 });

  return {
    viewport: () => viewport,
    screen: () => screen,
    resize: (next) => {
      const dx = (next.width - screen.width) / 2;
      const dy = (next.height - screen.height) / 2;
      screen = next;
      if (bounds === null) return;
      jump(movedByPerson ? pan(viewport, dx, dy) : fit(bounds, screen, MARGINS));
      placed = true;
    },
    frame: (next) => {
      const same = bounds !== null && sameRect(bounds, next);
      bounds = next;
      if (!movedByPerson && !same && screen.width > 1) {
        glide(fit(next, screen, MARGINS));
        placed = true;
      }
    },
    fit: () => {
      movedByPerson = false;
      if (bounds !== null) glide(fit(bounds, screen, MARGINS));
    },
    panBy: (dx, dy) => byPerson(pan(viewport, dx, dy), jump),
    zoomBy: (factor, at = middle()) => byPerson(zoomAt(viewport, at, factor), jump),
    oneToOne: (view, sourceWidth, ratio) => byPerson(oneToOne(view, sourceWidth, screen, ratio), glide),
    zoomTo: (rect) => byPerson(fit(rect, screen, MARGINS), glide),
    reveal: (rect) => {
      const to = reveal(viewport, rect, screen);
      if (to !== viewport) glide(to);
    },
    dispose: stop,
  };
}

function sameRect(a: StageRect, b: StageRect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
