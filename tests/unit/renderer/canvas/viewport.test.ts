import { describe, expect, it } from 'vitest';
import { mapBox } from '../../../../renderer/canvas/geometry.ts';
import { createCamera, type Frames } from '../../../../renderer/canvas/camera.ts';
import { covered, linkCurve, obstaclesOf } from '../../../../renderer/canvas/links.ts';
import { PAN_IDLE, panTool } from '../../../../renderer/canvas/tools/pan.ts';
import { SELECT_IDLE, selectTool } from '../../../../renderer/canvas/tools/select.ts';
import {
  fit,
  MAX_ZOOM,
  oneToOne,
  reveal,
  toScreen,
  toStage,
  zoomAt,
} from '../../../../renderer/canvas/viewport.ts';

const SCREEN = { width: 800, height: 600 };

describe('the viewport', () => {
  it('keeps what is under the pointer under the pointer while zooming', () => {
    const before = { zoom: 0.7, x: 13, y: -40 };
    const at = { x: 222, y: 333 };
    const after = zoomAt(before, at, 3);
    expect(toScreen(after, toStage(before, at)).x).toBeCloseTo(at.x, 9);
    expect(toScreen(after, toStage(before, at)).y).toBeCloseTo(at.y, 9);
  });

  it('never zooms past its end', () => {
    expect(zoomAt({ zoom: 50, x: 0, y: 0 }, { x: 0, y: 0 }, 100).zoom).toBe(MAX_ZOOM);
  });

  it('fits all of what it is given inside its margins', () => {
    const bounds = { x: -100, y: 40, width: 3000, height: 500 };
    const viewport = fit(bounds, SCREEN, { top: 50, others: 20 });
    const corner = toScreen(viewport, bounds);
    const end = toScreen(viewport, { x: 2900, y: 540 });
    expect(corner.x).toBeCloseTo(20, 6);
    expect(end.x).toBeCloseTo(780, 6);
    expect(corner.y).toBeGreaterThanOrEqual(50);
    expect(end.y).toBeLessThanOrEqual(580);
  });

  it('shows one source pixel as one screen pixel, also on a dense screen', () => {
    const rect = { x: 0, y: 0, width: 300, height: 200 };
    expect(rect.width * oneToOne(rect, 1200, SCREEN).zoom).toBeCloseTo(1200, 6);
    expect(rect.width * oneToOne(rect, 1200, SCREEN, 2).zoom).toBeCloseTo(600, 6);
  });

  it('moves no more than needed to bring something into sight', () => {
    const viewport = { zoom: 1, x: 0, y: 0 };
    expect(reveal(viewport, { x: 100, y: 100, width: 50, height: 50 }, SCREEN)).toBe(viewport);
    expect(reveal(viewport, { x: 790, y: 100, width: 50, height: 50 }, SCREEN, 10)).toEqual({
      zoom: 1,
      x: -50,
      y: 0,
    });
  });
});

describe('the camera', () => {
  const jumps: Frames = { request: () => 0, cancel: () => undefined, reducedMotion: () => true };
  const small = { x: 0, y: 0, width: 400, height: 300 };
  const large = { x: 0, y: 0, width: 400, height: 1200 };

  it('keeps everything in sight as it grows, until the person looks elsewhere', () => {
    const camera = createCamera(jumps, () => undefined);
    camera.frame(small);
    camera.resize(SCREEN);
    const first = camera.viewport();
    camera.frame(large);
    expect(camera.viewport().zoom).toBeLessThan(first.zoom);
    camera.zoomBy(4);
    const chosen = camera.viewport();
    camera.frame(small);
    expect(camera.viewport()).toEqual(chosen);
    camera.fit();
    expect(camera.viewport()).toEqual(first);
  });

  it('keeps the middle of what the person looks at when the window changes', () => {
    const camera = createCamera(jumps, () => undefined);
    camera.frame(small);
    camera.resize(SCREEN);
    camera.panBy(30, 30);
    const middle = toStage(camera.viewport(), { x: 400, y: 300 });
    camera.resize({ width: 500, height: 700 });
    expect(toStage(camera.viewport(), { x: 250, y: 350 })).toEqual(middle);
  });
});

describe('boxes and links', () => {
  it('maps a box of an image to where the image is drawn, also one that reaches outside', () => {
    const onto = { x: 10, y: 20, width: 200, height: 100 };
    expect(mapBox([100, 100, 300, 200], [100, 100, 500, 300], onto)).toEqual({
      x: 10,
      y: 20,
      width: 100,
      height: 50,
    });
    expect(mapBox([0, 0, 8, 8], [4, 4, 8, 8], { x: 0, y: 0, width: 4, height: 4 }).x).toBe(-4);
  });

  it('runs beside the images between, where it can', () => {
    const from = { x: 40, y: 40, width: 60, height: 60 };
    const between = { x: 0, y: 220, width: 200, height: 150 };
    const to = { x: 0, y: 420, width: 200, height: 150 };
    const obstacles = obstaclesOf([between]);
    expect(covered(linkCurve(from, to, obstacles), obstacles)).toBe(0);
  });

  it('goes straight across to an image on the right', () => {
    const curve = linkCurve(
      { x: 0, y: 0, width: 50, height: 50 },
      { x: 200, y: 0, width: 50, height: 50 },
      obstaclesOf([]),
    );
    expect([curve.start.x, curve.end.x]).toEqual([50, 200]);
  });
});

describe('the tools', () => {
  it('pans with the middle button, and with the left one only while Space is held', () => {
    const down = (button: number) => ({ type: 'down', at: { x: 5, y: 5 }, button }) as const;
    expect(panTool(PAN_IDLE, down(0), false).state).toEqual(PAN_IDLE);
    for (const held of [panTool(PAN_IDLE, down(1), false), panTool(PAN_IDLE, down(0), true)]) {
      const moved = panTool(held.state, { type: 'move', at: { x: 9, y: 2 } }, false);
      expect(moved.effects).toEqual([{ type: 'pan', dx: 4, dy: -3 }]);
      expect(panTool(moved.state, { type: 'up', at: { x: 9, y: 2 } }, false).state).toEqual(PAN_IDLE);
    }
  });

  it('takes a press that hardly moves for a click, and one that moves for a drag', () => {
    const pressed = selectTool(SELECT_IDLE, { type: 'down', at: { x: 5, y: 5 }, button: 0 }).state;
    const still = selectTool(pressed, { type: 'move', at: { x: 6, y: 6 } });
    expect(selectTool(still.state, { type: 'up', at: { x: 6, y: 6 } }).effects).toEqual([
      { type: 'pick', at: { x: 5, y: 5 } },
    ]);
    const dragged = selectTool(pressed, { type: 'move', at: { x: 25, y: 5 } });
    expect(dragged.effects).toEqual([{ type: 'pan', dx: 20, dy: 0 }]);
    expect(selectTool(dragged.state, { type: 'up', at: { x: 25, y: 5 } }).effects).toEqual([]);
  });
});
