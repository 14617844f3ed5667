import type { RgbImage } from './pillow-resize.ts';

/** The numbers of a preprocessor_config.json that decide what the vision tower gets. */
export interface PatchConfig {
  readonly patchSize: number;
  readonly temporalPatchSize: number;
  readonly mergeSize: number;
  readonly rescaleFactor: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Input of the vision encoder for one image. */
export interface ImagePatches {
  /** [gridHeight * gridWidth, 3 * temporalPatchSize * patchSize^2] */
  readonly pixelValues: Float32Array;
  readonly patchLength: number;
  /** In patches; the merged grid that the language model sees is this over mergeSize. */
  readonly gridHeight: number;
  readonly gridWidth: number;
}

/** One normalised value per byte and channel: what numpy gives, operation by operation in float32. */
function normalisationTables(config: PatchConfig): readonly Float32Array[] {
  return config.mean.map((mean, channel) => {
    const std = Math.fround(config.std[channel] as number);
    return Float32Array.from({ length: 256 }, (_, byte) => {
      const rescaled = Math.fround(byte * config.rescaleFactor);
      return Math.fround(Math.fround(rescaled - Math.fround(mean)) / std);
    });
  });
}

/**
 * `pixel_values` of an image whose sides are multiples of patchSize * mergeSize. Patches go block by block (2x2
 * patches that the merger joins), row-major in the block; inside a patch the order is channel, time, y, x. A still
 * image is its own frame twice. Twin of transformers' Qwen2VLImageProcessorPil.patchify.
 * @throws RangeError when the sides don't fit the grid.
 */
export function imagePatches(
  image: RgbImage,
  config: PatchConfig,
  takeBuffer: (length: number) => Float32Array = (length) => new Float32Array(length),
): ImagePatches {
  const { patchSize, temporalPatchSize, mergeSize } = config;
  const factor = patchSize * mergeSize;
  if (image.width % factor !== 0 || image.height % factor !== 0) {
    throw new RangeError(`${image.width}x${image.height} is not a multiple of ${factor}`);
  }
  const tables = normalisationTables(config);
  const gridWidth = image.width / patchSize;
  const gridHeight = image.height / patchSize;
  const area = patchSize * patchSize;
  const patchLength = 3 * temporalPatchSize * area;
  const pixelValues = takeBuffer(gridWidth * gridHeight * patchLength);
  let patch = 0;
  for (let blockY = 0; blockY < gridHeight; blockY += mergeSize) {
    for (let blockX = 0; blockX < gridWidth; blockX += mergeSize) {
      for (let y = blockY; y < blockY + mergeSize; y += 1) {
        for (let x = blockX; x < blockX + mergeSize; x += 1) {
          writePatch(image, x * patchSize, y * patchSize, config, tables, pixelValues, patch * patchLength);
          patch += 1;
        }
      }
    }
  }
  return { pixelValues, patchLength, gridHeight, gridWidth };
}

function writePatch(
  image: RgbImage,
  left: number,
  top: number,
  config: PatchConfig,
  tables: readonly Float32Array[],
  target: Float32Array,
  offset: number,
): void {
  const { patchSize, temporalPatchSize } = config;
  const area = patchSize * patchSize;
  for (let channel = 0; channel < 3; channel += 1) {
    const table = tables[channel] as Float32Array;
    const start = offset + channel * temporalPatchSize * area;
    let at = start;
    for (let y = 0; y < patchSize; y += 1) {
      let from = ((top + y) * image.width + left) * 3 + channel;
      for (let x = 0; x < patchSize; x += 1) {
        target[at] = table[image.data[from] as number] as number;
        at += 1;
        from += 3;
      }
    }
    for (let frame = 1; frame < temporalPatchSize; frame += 1) {
      target.copyWithin(start + frame * area, start, start + area);
    }
  }
}
