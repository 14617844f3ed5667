import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callKey, ERROR_NO_TOOLS, runTool } from '../../../../shared/agent/tools/index.ts';
import type { ViewSizing } from '../../../../shared/agent/tools/tool.ts';
import type { ImageView } from '../../../../shared/model/view.ts';

const sizing: ViewSizing = { factor: 28, minPixels: 12_544, maxPixels: 12_544, cropMinPixels: 12_544 };
const whole: ImageView = {
  number: 1,
  origin: 'input',
  parent: null,
  rootImage: 0,
  rootBox: [0, 0, 448, 448],
  width: 112,
  height: 112,
};

const zoom = (bbox_2d: unknown, image: unknown = 1, views: readonly ImageView[] = [whole]) =>
  runTool('zoom_in', { image, bbox_2d }, { views, sizing }, true);
const errorOf = (result: ReturnType<typeof zoom>) => (result.ok ? null : result.error);

const RANGE =
  'bbox_2d must be [x1, y1, x2, y2] with 0 <= x1 < x2 <= 112 and 0 <= y1 < y2 <= 112 for image 1.';

describe('zoom_in', () => {
  test('maps a box to source pixels, rounded outward, and keeps both spaces', () => {
    expect(zoom([4.1, 8, 36, 39.9])).toEqual({
      ok: true,
      arguments: { image: 1, bbox_2d: [4.1, 8, 36, 39.9] },
      view: {
        number: 2,
        origin: 'zoom_in',
        parent: 1,
        rootImage: 0,
        rootBox: [16, 32, 144, 160],
        width: 112,
        height: 112,
      },
    });
  });

  test('takes the box [0, 0, W, H] as the whole image', () => {
    expect(zoom([0, 0, 112, 112])).toMatchObject({ ok: true, view: { rootBox: [0, 0, 448, 448] } });
  });

  test('of a crop cuts from the root image', () => {
    const crop: ImageView = {
      ...whole,
      number: 2,
      origin: 'zoom_in',
      parent: 1,
      rootBox: [100, 200, 156, 256],
    };
    expect(zoom([56, 0, 112, 56], 2, [whole, crop])).toMatchObject({
      view: { number: 3, parent: 2, rootBox: [128, 200, 156, 228] },
    });
  });

  test.each([
    ['NaN', [Number.NaN, 0, 8, 8]],
    ['infinity', [0, 0, Number.POSITIVE_INFINITY, 8]],
    ['strings', ['0', '0', '8', '8']],
    ['booleans', [false, false, 8, 8]],
    ['null', [null, 0, 8, 8]],
    ['reversed x', [20, 0, 8, 8]],
    ['reversed y', [0, 20, 8, 8]],
    ['no width', [8, 0, 8, 8]],
    ['right of the image', [0, 0, 112.5, 8]],
    ['below the image', [0, 0, 8, 113]],
    ['left of the image', [-1, 0, 8, 8]],
    ['above the image', [0, -0.001, 8, 8]],
    ['three numbers', [0, 0, 8]],
    ['five numbers', [0, 0, 8, 8, 8]],
    ['nested', [[0, 0, 8, 8]]],
    ['a string', '0,0,8,8'],
    ['an object', { x1: 0 }],
    ['an array-like object', { length: 4, 0: 0, 1: 0, 2: 8, 3: 8 }],
    ['nothing', undefined],
  ])('refuses a box with %s, naming the valid range', (_what, box) => {
    expect(errorOf(zoom(box))).toBe(RANGE);
  });

  test('refuses a box under 4x4', () => {
    expect(errorOf(zoom([0, 0, 3.9, 8]))).toBe(
      'bbox_2d is too small: image 1 is 112x112 and a region needs at least 4x4 pixels.',
    );
    expect(zoom([0, 0, 4, 4]).ok).toBe(true);
  });

  test('refuses a strip that the vision tower cannot take', () => {
    const wide: ImageView = { ...whole, rootBox: [0, 0, 40_000, 448] };
    expect(errorOf(zoom([0, 0, 112, 4], 1, [wide]))).toBe('bbox_2d is too narrow.');
  });

  test.each([0, 2, -1, 1.5, '1', true, null, Number.NaN, 1e300, [1]])(
    'refuses the image number %s, naming the valid range',
    (image) => {
      expect(errorOf(zoom([0, 0, 8, 8], image))).toBe('image must be a whole number from 1 to 1.');
    },
  );

  test('never shows a pixel outside its parent, whatever the valid box and parent', () => {
    const side = fc.integer({ min: 1, max: 60_000 });
    const corner = fc.integer({ min: 0, max: 60_000 });
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        corner,
        corner,
        side,
        side,
        fc.tuple(fraction, fraction, fraction, fraction),
        (x, y, w, h, at) => {
          const parent: ImageView = { ...whole, rootBox: [x, y, x + w, y + h] };
          const [a, b, c, d] = at.map((part) => part * 112) as [number, number, number, number];
          const result = zoom([Math.min(a, b), Math.min(c, d), Math.max(a, b), Math.max(c, d)], 1, [parent]);
          if (!result.ok) {
            return;
          }
          const [x1, y1, x2, y2] = result.view.rootBox;
          expect(x1 >= x && x1 < x2 && x2 <= x + w && y1 >= y && y1 < y2 && y2 <= y + h).toBe(true);
          expect([x1, y1, x2, y2].every(Number.isInteger)).toBe(true);
          expect(result.view.width % 28 === 0 && result.view.height % 28 === 0).toBe(true);
        },
      ),
    );
  });
});

describe('look_back', () => {
  test('shows the named view again, at its size', () => {
    const crop: ImageView = {
      ...whole,
      number: 2,
      origin: 'zoom_in',
      parent: 1,
      rootBox: [8, 8, 20, 20],
      width: 140,
    };
    expect(
      runTool('look_back', { image: 2, extra: 'ignored' }, { views: [whole, crop], sizing }, true),
    ).toEqual({
      ok: true,
      arguments: { image: 2 },
      view: { ...crop, number: 3, origin: 'look_back', parent: 2 },
    });
  });

  test('refuses a number that was not given out yet', () => {
    expect(runTool('look_back', { image: 2 }, { views: [whole], sizing }, true)).toEqual({
      ok: false,
      error: 'image must be a whole number from 1 to 1.',
    });
  });
});

describe('a call', () => {
  test.each(['rotate', '', 'Zoom_in', 'constructor', '__proto__', 'toString'])(
    'of %s is told the tools',
    (name) => {
      expect(errorOf(runTool(name, {}, { views: [whole], sizing }, true))).toBe(
        `There is no tool "${name}". The tools are zoom_in and look_back.`,
      );
    },
  );

  test('of an unknown tool is told its name cut to 40 code points, well formed', () => {
    const told = (name: string) => errorOf(runTool(name, {}, { views: [whole], sizing }, true));
    expect(told('😀'.repeat(50))).toContain(`"${'😀'.repeat(40)}"`);
    expect(told('\ud800x')).toContain('"\ufffdx"');
  });

  test('where no tools are offered is told so', () => {
    const args = { image: 1, bbox_2d: [0, 0, 8, 8] };
    expect(errorOf(runTool('zoom_in', args, { views: [whole], sizing }, false))).toBe(ERROR_NO_TOOLS);
  });
});

test('two calls are the same when name, image and box are', () => {
  const key = callKey('zoom_in', { image: 1, bbox_2d: [0, 0, 8, 8] });
  expect(callKey('zoom_in', { image: 1, bbox_2d: [0, 0, 8, 8] })).toBe(key);
  expect(callKey('zoom_in', { image: 1, bbox_2d: [0, 0, 8, 9] })).not.toBe(key);
  expect(callKey('look_back', { image: 1 })).not.toBe(callKey('look_back', { image: 2 }));
});
