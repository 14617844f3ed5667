import { describe, expect, it } from 'vitest';
import {
  type BoxItem,
  type DocumentInput,
  type ImageItem,
  type LinkItem,
  stageDocument,
} from '../../../../renderer/canvas/document.ts';
import { centre, contains, grow } from '../../../../renderer/canvas/geometry.ts';
import { describeStage } from '../../../../renderer/canvas/describe.ts';
import { pick } from '../../../../renderer/canvas/pick.ts';
import compareTwo from '../../../fixtures/episodes/compare-two.json' with { type: 'json' };
import fourWhich from '../../../fixtures/episodes/four-which.json' with { type: 'json' };
import { readRecording, type Recording } from '../../../helpers/recorded-episode.ts';

const compare = readRecording(compareTwo);
const which = readRecording(fourWhich);

function drawn(of: Recording, position: number, part: Partial<DocumentInput> = {}) {
  return stageDocument({
    images: of.images.map(({ name, width, height }) => ({ url: `/file/${name}`, name, width, height })),
    episode: of.episode,
    position,
    focus: null,
    pixels: 'source',
    viewUrl: (view) => `/view/${view}`,
    ...part,
  });
}

function images(document: ReturnType<typeof drawn>): readonly ImageItem[] {
  return document.items.flatMap((item) => (item.kind === 'image' ? [item] : []));
}
function boxes(document: ReturnType<typeof drawn>): readonly BoxItem[] {
  return document.items.flatMap((item) => (item.kind === 'box' ? [item] : []));
}
function links(document: ReturnType<typeof drawn>): readonly LinkItem[] {
  return document.items.flatMap((item) => (item.kind === 'link' ? [item] : []));
}

describe('the stage at one moment of a run', () => {
  it('shows the images alone before any run', () => {
    const document = drawn(compare, 0, { episode: null });
    expect(images(document).map((image) => image.view)).toEqual([1, 2]);
    expect(links(document)).toEqual([]);
    expect(document.items.some((item) => item.kind === 'label' && item.text.includes('seen at'))).toBe(false);
  });

  it.each([
    [0, [1, 2], []],
    [1, [1, 2, 3], [[1, 3]]],
    [
      2,
      [1, 2, 3, 4],
      [
        [1, 3],
        [2, 4],
      ],
    ],
    [
      3,
      [1, 2, 3, 4, 5],
      [
        [1, 3],
        [2, 4],
        [4, 5],
      ],
    ],
    [
      4,
      [1, 2, 3, 4, 5, 6],
      [
        [1, 3],
        [2, 4],
        [4, 5],
        [3, 6],
      ],
    ],
    [
      5,
      [1, 2, 3, 4, 5, 6],
      [
        [1, 3],
        [2, 4],
        [4, 5],
        [3, 6],
      ],
    ],
  ])('shows after %i steps only what existed then', (position, views, pairs) => {
    const document = drawn(compare, position);
    expect(images(document).map((image) => image.view)).toEqual(views);
    expect(
      links(document)
        .map(({ from, to }) => [from, to])
        .toSorted(),
    ).toEqual(pairs.toSorted());
  });

  it('holds every image in its place while a person scrubs', () => {
    const end = new Map(images(drawn(compare, 5)).map((image) => [image.view, image.rect]));
    for (const position of [0, 1, 2, 3, 4]) {
      for (const image of images(drawn(compare, position))) expect(image.rect).toEqual(end.get(image.view));
    }
  });

  it('marks what the step at the cursor brought in, and nothing at the start', () => {
    expect(
      images(drawn(compare, 2))
        .filter((image) => image.current)
        .map((image) => image.view),
    ).toEqual([4]);
    expect(images(drawn(compare, 0)).some((image) => image.current)).toBe(false);
  });

  it('draws a box where the root pixels lie on the image that was named', () => {
    const document = drawn(compare, 1);
    const box = boxes(document).find((one) => one.tone === 'call');
    const image = images(document)[0];
    const action = compare.episode.steps[0]?.action;
    if (box === undefined || image === undefined || action?.kind !== 'zoom_in')
      throw new Error('nothing drawn');
    const [x1, , x2] = action.rootBox;
    expect(box.rect.x).toBeCloseTo(image.rect.x + (x1 / 640) * image.rect.width, 6);
    expect(box.rect.width).toBeCloseTo(((x2 - x1) / 640) * image.rect.width, 6);
    expect(box.tag).toBe('3');
  });

  it('links a crop of a crop to the crop, and shows its region faintly on the input as well', () => {
    const document = drawn(compare, 3);
    const link = links(document).find((one) => one.to === 5);
    const crop = images(document).find((image) => image.view === 4);
    if (link === undefined || crop === undefined) throw new Error('nothing drawn');
    expect(link.from).toBe(4);
    expect(contains(grow(crop.rect, 1), link.curve.start)).toBe(true);
    const echo = boxes(document).find((box) => box.step === 2 && box.tone === 'echo');
    expect(echo?.view).toBe(2);
  });

  it('links a look back to the image that came back, in its own tone', () => {
    const link = links(drawn(compare, 4)).find((one) => one.to === 6);
    expect(link).toMatchObject({ from: 3, tone: 'look_back' });
  });

  it('ends every link at the image that came', () => {
    const document = drawn(which, 6);
    for (const link of links(document)) {
      const to = images(document).find((image) => image.view === link.to);
      expect(to !== undefined && contains(grow(to.rect, 1), link.curve.end)).toBe(true);
    }
  });

  it('shows where a refused call wanted to look, at that step alone, and brings nothing in for it', () => {
    const document = drawn(which, 3);
    expect(
      boxes(document)
        .filter((box) => box.tone === 'refused')
        .map((box) => box.view),
    ).toEqual([3]);
    expect(images(document)).toHaveLength(6);
    expect(boxes(drawn(which, 4)).some((box) => box.tone === 'refused')).toBe(false);
  });

  it('cuts a crop from the source file, or shows exactly what the model was given', () => {
    const source = images(drawn(compare, 1))[2];
    expect(source).toMatchObject({ url: '/file/shelf-left.png', crop: compare.episode.views[2]?.rootBox });
    const model = images(drawn(compare, 1, { pixels: 'model' }))[2];
    expect(model).toMatchObject({ url: '/view/3', crop: null, pixelWidth: 112 });
  });

  it('says in words what it shows', () => {
    const lines = describeStage(drawn(compare, 3), compare.episode.steps, 3);
    expect(lines).toContain('Image 1: 640 by 480 pixels, seen by the agent at 112 by 112.');
    expect(lines).toContain('Step 3: box from 30, 22 to 82, 88 on image 4, shown as image 5.');
    expect(describeStage(drawn(compare, 0), compare.episode.steps, 0)).toHaveLength(2);
  });
});

describe('pointing at the stage', () => {
  it('picks the step of a box, the image elsewhere, nothing on the ground', () => {
    const document = drawn(compare, 3);
    const box = boxes(document).find((one) => one.step === 2 && one.tone === 'call');
    const image = images(document)[0];
    if (box === undefined || image === undefined) throw new Error('nothing drawn');
    expect(pick(document.items, centre(box.rect), 2)).toEqual({ kind: 'step', step: 2, view: 4 });
    const corner = { x: image.rect.x + image.rect.width - 3, y: image.rect.y + 3 };
    expect(pick(document.items, corner, 2)).toEqual({ kind: 'view', view: 1 });
    expect(pick(document.items, { x: -500, y: -500 }, 2)).toBeNull();
  });
});
