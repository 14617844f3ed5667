import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resizeBicubic } from '../../../../../main/agent/engine/pillow-resize.ts';
import { simdPasses } from '../../../../../main/agent/engine/resize-simd.ts';

/** Any bytes, with runs of 0 and 255, at which the bicubic filter overshoots and is cut off. */
function pixels(count: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length: count }, (_, index) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    const kind = (index >> 6) % 3;
    return kind === 0 ? state >> 16 : (state >> 20) % 2 === 0 ? 0 : 255;
  });
}

function expectSame(width: number, height: number, toWidth: number, toHeight: number, seed: number): void {
  const image = { width, height, data: pixels(width * height * 3, seed) };
  const fast = resizeBicubic(image, toWidth, toHeight);
  const plain = resizeBicubic(image, toWidth, toHeight, null);
  expect(Buffer.compare(fast.data, plain.data)).toBe(0);
}

describe('the resize with vector instructions', () => {
  it('is the one that is used here', () => {
    expect(simdPasses()).not.toBeNull();
  });

  it('gives the bytes of the plain one, at any size', () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(side, side, side, side, fc.nat(), (width, height, toWidth, toHeight, seed) =>
        expectSame(width, height, toWidth, toHeight, seed),
      ),
      { numRuns: 120 },
    );
  });

  it.each([
    ['many strips of rows', 2600, 1700, 1316, 868],
    ['strips of one row', 3000, 9, 28, 3],
    ['the vertical pass first', 64, 4000, 60, 28],
    ['a row that is more than a strip', 1_500_000, 2, 28, 1],
    ['thousands of taps', 6000, 5, 1, 1],
    ['a great enlargement', 3, 2, 500, 700],
  ])('also with %s', (_what, width, height, toWidth, toHeight) => {
    expectSame(width, height, toWidth, toHeight, 7);
  });
});
