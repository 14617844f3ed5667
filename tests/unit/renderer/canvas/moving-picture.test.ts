import { describe, expect, it } from 'vitest';
import { createMovingPicture, MARGIN, placeOf } from '../../../../renderer/canvas/moving-picture.ts';
import type { PicturePlace } from '../../../../renderer/canvas/moving-picture.ts';
import { pan, type Viewport, zoomAt } from '../../../../renderer/canvas/viewport.ts';

const SCREEN = { width: 800, height: 600 };
const START: Viewport = { zoom: 0.5, x: 10.25, y: 20 };

/** A picture of `things` things whose frames and rests come when the test says so. */
function pictureOf(things: number, pixelRatio = 1) {
  const painted: Viewport[] = [];
  const placed: PicturePlace[] = [];
  let frame: (() => void) | null = null;
  let rest: (() => void) | null = null;
  const picture = createMovingPicture({
    frames: {
      request: (callback) => {
        frame = () => callback(0);
        return 1;
      },
      cancel: () => (frame = null),
    },
    timers: {
      set: (callback) => {
        rest = callback;
        return 1;
      },
      clear: () => (rest = null),
    },
    pixelRatio: () => pixelRatio,
    paint: (viewport) => {
      painted.push(viewport);
      return things;
    },
    place: (place) => placed.push(place),
  });
  const nextFrame = (): void => {
    const callback = frame;
    frame = null;
    callback?.();
  };
  const nextRest = (): void => {
    const callback = rest;
    rest = null;
    callback?.();
    nextFrame();
  };
  const look = (viewport: Viewport): void => {
    picture.look(viewport);
    nextFrame();
  };
  picture.resize(SCREEN);
  look(START);
  nextRest();
  painted.length = 0;
  return { picture, painted, placed, look, nextFrame, nextRest, asksForFrame: () => frame !== null };
}

describe('the picture of the stage', () => {
  it('is moved by a pan and not drawn anew, however much is on it', () => {
    for (const things of [3, 4000]) {
      const { painted, placed, look } = pictureOf(things);
      for (let at = 1; at <= 100; at += 1) look(pan(START, Math.round(Math.sin(at) * 120), at % 90));
      expect(painted).toEqual([]);
      expect(placed.at(-1)).toEqual(placeOf(START, pan(START, Math.round(Math.sin(100) * 120), 10)));
    }
  });

  it('is drawn anew where its margin ends, and then has a whole margin again', () => {
    const { painted, placed, look } = pictureOf(4000);
    look(pan(START, MARGIN, 0));
    expect(painted).toHaveLength(0);
    look(pan(START, MARGIN + 1, 0));
    expect(painted).toEqual([pan(START, MARGIN + 1, 0)]);
    expect(placed.at(-1)).toEqual({ scale: 1, x: -MARGIN, y: -MARGIN });
    for (let x = MARGIN + 1; x >= 1; x -= 8) look(pan(START, x, 0));
    expect(painted).toHaveLength(1);
  });

  it('is drawn for each frame of a zoom where little is on it, and else scaled about the same point', () => {
    const at = { x: 300, y: 200 };
    const few = pictureOf(20);
    few.look(zoomAt(START, at, 1.1));
    expect(few.painted).toEqual([zoomAt(START, at, 1.1)]);

    const many = pictureOf(4000);
    const to = zoomAt(START, at, 1.3);
    many.look(to);
    expect(many.painted).toEqual([]);
    const { scale, x, y } = many.placed.at(-1) ?? { scale: 0, x: 0, y: 0 };
    // A point of the stage stands in the picture where it was drawn, and is seen where the viewport puts it.
    const drawnAt = { x: 100 * START.zoom + START.x + MARGIN, y: 70 * START.zoom + START.y + MARGIN };
    expect(drawnAt.x * scale + x).toBeCloseTo(100 * to.zoom + to.x, 6);
    expect(drawnAt.y * scale + y).toBeCloseTo(70 * to.zoom + to.y, 6);
  });

  it('is drawn sharp once it rests after a zoom or a move by a part of a pixel', () => {
    const zoomed = pictureOf(4000);
    zoomed.look(zoomAt(START, { x: 0, y: 0 }, 1.2));
    zoomed.nextRest();
    expect(zoomed.painted).toEqual([zoomAt(START, { x: 0, y: 0 }, 1.2)]);

    const between = pictureOf(4000);
    between.look(pan(START, 4.5, 0));
    between.nextRest();
    expect(between.painted).toEqual([pan(START, 4.5, 0)]);

    // The same move is a whole pixel of a denser screen.
    const dense = pictureOf(4000, 2);
    dense.look(pan(START, 4.5, 0));
    dense.nextRest();
    expect(dense.painted).toEqual([]);
  });

  it('is not drawn again at rest where moving lost nothing', () => {
    const { painted, look, nextRest, asksForFrame } = pictureOf(4000);
    look(pan(START, 40, -30));
    nextRest();
    expect(painted).toEqual([]);
    expect(asksForFrame()).toBe(false);
  });

  it('shows what has changed with the next frame, also under a moving hand', () => {
    const { picture, painted, look, nextFrame } = pictureOf(4000);
    look(pan(START, 40, 0));
    picture.change();
    picture.change();
    nextFrame();
    expect(painted).toEqual([pan(START, 40, 0)]);
  });

  it('lets pictures that arrive wait while a person moves the stage, and then shows them', () => {
    const { picture, painted, look, nextFrame, nextRest } = pictureOf(4000);
    look(pan(START, 40, 0));
    picture.changeAtRest();
    nextFrame();
    expect(painted).toEqual([]);
    nextRest();
    expect(painted).toHaveLength(1);
    picture.changeAtRest();
    nextFrame();
    expect(painted).toHaveLength(2);
  });
});
