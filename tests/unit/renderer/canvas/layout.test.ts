import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlap, union } from '../../../../renderer/canvas/geometry.ts';
import { layoutViews, withLabel } from '../../../../renderer/canvas/layout.ts';
import type { ImageView } from '../../../../shared/model/view.ts';

const side = fc.integer({ min: 8, max: 6000 });

/** Inputs of any size, then crops and look backs of any view before them. */
const views = fc
  .tuple(
    fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 12 }),
    fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 20 }),
  )
  .map(([inputs, calls]) => {
    const all: ImageView[] = inputs.map(([width, height], rootImage) => ({
      number: rootImage + 1,
      origin: 'input',
      parent: null,
      rootImage,
      rootBox: [0, 0, width, height],
      width: 112,
      height: 112,
    }));
    for (const [pick, zoom] of calls) {
      const parent = all[pick % all.length];
      if (parent === undefined) continue;
      const [x1, y1, x2, y2] = parent.rootBox;
      const half = [x1, y1, x1 + Math.max(4, (x2 - x1) >> 1), y1 + Math.max(4, (y2 - y1) >> 1)] as const;
      all.push({
        ...parent,
        number: all.length + 1,
        origin: zoom ? 'zoom_in' : 'look_back',
        parent: parent.number,
        rootBox: zoom ? half : parent.rootBox,
      });
    }
    return all;
  });

describe('the layout of the stage', () => {
  it('never puts one image, or its label, over another', () => {
    fc.assert(
      fc.property(views, (all) => {
        const rects = layoutViews(all).placed.map(({ rect }) => withLabel(rect));
        for (const [index, rect] of rects.entries()) {
          for (const other of rects.slice(index + 1)) expect(overlap(rect, other)).toBe(false);
        }
      }),
    );
  });

  it('never moves what is already there when a result comes', () => {
    fc.assert(
      fc.property(views, (all) => {
        const whole = layoutViews(all).placed;
        const before = layoutViews(all.slice(0, -1)).placed;
        const inputs = all.filter((view) => view.origin === 'input').length;
        if (inputs === all.length) return;
        for (const { view, rect } of before) {
          expect(rect).toEqual(whole.find((one) => one.view.number === view.number)?.rect);
        }
      }),
    );
  });

  it('keeps the aspect of what is shown', () => {
    const [placed] = layoutViews([view(1, [0, 0, 1600, 900])]).placed;
    expect((placed?.rect.width ?? 0) / (placed?.rect.height ?? 1)).toBeCloseTo(16 / 9, 6);
  });

  it('puts a result below all inputs, under the input that it is a part of', () => {
    const all = [
      view(1, [0, 0, 500, 500]),
      view(2, [0, 0, 500, 500]),
      view(3, [10, 10, 60, 60], { root: 1, parent: 2 }),
    ];
    const [, second, crop] = layoutViews(all).placed.map(({ rect }) => rect);
    if (second === undefined || crop === undefined) throw new Error('not placed');
    expect(crop.y).toBeGreaterThan(second.y + second.height);
    expect(crop.x).toBeGreaterThanOrEqual(second.x - 120);
    expect(crop.x + crop.width).toBeLessThanOrEqual(second.x + second.width + 120);
  });

  it('bounds everything with its labels', () => {
    const layout = layoutViews([view(1, [0, 0, 300, 200]), view(2, [0, 0, 20, 4000])]);
    expect(union(layout.placed.map(({ rect }) => withLabel(rect)))).toEqual(layout.bounds);
  });

  it('has somewhere to look when there is no image', () => {
    expect(layoutViews([]).bounds.width).toBeGreaterThan(0);
  });
});

function view(
  number: number,
  rootBox: ImageView['rootBox'],
  from: { readonly root: number; readonly parent: number } | null = null,
): ImageView {
  const base = { number, rootBox, width: 112, height: 112 };
  return from === null
    ? { ...base, origin: 'input', parent: null, rootImage: number - 1 }
    : { ...base, origin: 'zoom_in', parent: from.parent, rootImage: from.root };
}
