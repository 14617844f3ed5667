import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../../main/agent/engine/image-decode.ts';
import { imagePatches, type PatchConfig } from '../../../../../main/agent/engine/patches.ts';
import { cropRgb, resizeBicubic } from '../../../../../main/agent/engine/pillow-resize.ts';
import { smartResize } from '../../../../../shared/model/smart-resize.ts';

const FIXTURES = join(import.meta.dirname, '../../../../fixtures');

interface PreprocessCase {
  readonly file: string;
  readonly rootWidth: number;
  readonly rootHeight: number;
  readonly rootBox: [number, number, number, number];
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly width: number;
  readonly height: number;
  readonly grid: readonly [number, number, number];
  readonly rgbSha256: string;
  readonly pixelValuesSha256: string;
}

const CLIP: PatchConfig = {
  patchSize: 14,
  temporalPatchSize: 2,
  mergeSize: 2,
  rescaleFactor: 1 / 255,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

function read<Value>(file: string): Value {
  return JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Value;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const { cases } = read<{ readonly cases: readonly PreprocessCase[] }>('preprocess.json');

describe('an image goes to the vision tower with the very bytes that the Python processor makes', () => {
  it('has at least 40 sizes to prove it on', () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
  });

  it.each(cases.map((one) => [one.file, one.rootBox.join(' '), one] as const))(
    '%s, box %s',
    async (_file, _box, one) => {
      const root = await decodeImage(join(FIXTURES, one.file));
      expect([root.width, root.height]).toEqual([one.rootWidth, one.rootHeight]);
      const crop = cropRgb(root, one.rootBox);
      const size = smartResize(crop, { factor: 28, minPixels: one.minPixels, maxPixels: one.maxPixels });
      expect(size).toEqual({ width: one.width, height: one.height });
      const view = resizeBicubic(crop, one.width, one.height);
      expect(sha256(view.data)).toBe(one.rgbSha256);
      const patches = imagePatches(view, CLIP);
      expect([1, patches.gridHeight, patches.gridWidth]).toEqual(one.grid);
      expect(sha256(new Uint8Array(patches.pixelValues.buffer))).toBe(one.pixelValuesSha256);
    },
  );
});

describe('smart_resize', () => {
  const sizes = read<{
    readonly cases: readonly {
      readonly height: number;
      readonly width: number;
      readonly minPixels: number;
      readonly maxPixels: number;
      readonly expected: readonly [number, number] | null;
    }[];
  }>('smart_resize.json');

  it('gives the size that Python gives, on every case of the corpus', () => {
    expect(sizes.cases.length).toBeGreaterThan(40);
    for (const { height, width, minPixels, maxPixels, expected } of sizes.cases) {
      const size = smartResize({ width, height }, { factor: 28, minPixels, maxPixels });
      expect(size && [size.height, size.width], `${width}x${height}`).toEqual(expected);
    }
  });

  it('takes a half to the even neighbour: 70 becomes 56, not 84', () => {
    const limits = { factor: 28, minPixels: 1, maxPixels: 1e9 };
    expect(smartResize({ width: 70, height: 126 }, limits)).toEqual({ width: 56, height: 112 });
  });

  it('refuses an aspect ratio over 200', () => {
    const limits = { factor: 28, minPixels: 3136, maxPixels: 1e6 };
    expect(smartResize({ width: 201, height: 1 }, limits)).toBeNull();
    expect(smartResize({ width: 200, height: 1 }, limits)).not.toBeNull();
  });
});

describe('the resize itself', () => {
  it('leaves an image of the wanted size as it is', () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(resizeBicubic(image, 2, 1)).toBe(image);
  });

  it('says so when bytes and size disagree', () => {
    expect(() => resizeBicubic({ width: 2, height: 2, data: new Uint8Array(3) }, 4, 4)).toThrow(
      /can't be 2x2/,
    );
  });

  it.each([
    [[0, 0, 5, 4]],
    [[2, 0, 2, 4]],
    [[-1, 0, 2, 4]],
    [[0, 0, 1.5, 4]],
    [[0, Number.NaN, 1, 4]],
  ] as const)('cuts no box %j out of a 4x4 image', (box) => {
    const image = { width: 4, height: 4, data: new Uint8Array(48) };
    expect(() => cropRgb(image, box)).toThrow(RangeError);
  });
});
