import { type SimdPasses, simdPasses } from './resize-simd.ts';

/**
 * The 8-bit bicubic resize of Pillow 13, bit for bit: coefficients in doubles, rounded to 22-bit fixed point, one
 * pass into bytes, then the other. (Older Pillows always begin with the horizontal pass and differ by a few levels
 * where 13 begins with the vertical one.) sharp and canvas give
 * other pixels (up to 190 levels off), and the model was trained on these. The two passes exist twice: here, and with
 * vector instructions in `resize-simd.ts`, some five times as fast; a test holds them to the same bytes.
 */
/** 8-bit RGB, row by row, 3 bytes a pixel: data.length = width * height * 3. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const PRECISION_BITS = 32 - 8 - 2;
const HALF = 1 << (PRECISION_BITS - 1);
const BICUBIC_SUPPORT = 2;

function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** For every output place: first input place, number of taps, and `stride` fixed-point weights. */
export interface Coefficients {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

function coefficients(inSize: number, outSize: number): Coefficients {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = BICUBIC_SUPPORT * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const inverse = 1 / filterScale;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * stride);
  const row = new Float64Array(stride);
  for (let out = 0; out < outSize; out += 1) {
    const center = (out + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const taps = Math.min(inSize, Math.trunc(center + support + 0.5)) - from;
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const weight = bicubic((tap + from - center + 0.5) * inverse);
      row[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap += 1) {
      const weight = sum === 0 ? (row[tap] as number) : (row[tap] as number) / sum;
      const fixed = weight * (1 << PRECISION_BITS);
      weights[out * stride + tap] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    first[out] = from;
    count[out] = taps;
  }
  return { first, count, weights, stride };
}

function clip8(accumulator: number): number {
  const value = accumulator >> PRECISION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** Rows [rowFrom, rowTo) of the image at the new width. */
function resizeRows(
  image: RgbImage,
  outWidth: number,
  rowFrom: number,
  rowTo: number,
  fast: SimdPasses | null,
): Uint8Array {
  const horizontal = coefficients(image.width, outWidth);
  if (fast !== null) return fast.rows(image.data, image.width, outWidth, rowFrom, rowTo, horizontal);
  return plainRows(image, outWidth, rowFrom, rowTo, horizontal);
}

function plainRows(
  image: RgbImage,
  outWidth: number,
  rowFrom: number,
  rowTo: number,
  { first, count, weights, stride }: Coefficients,
): Uint8Array {
  const source = image.data;
  const target = new Uint8Array(outWidth * (rowTo - rowFrom) * 3);
  let at = 0;
  for (let y = rowFrom; y < rowTo; y += 1) {
    const rowStart = y * image.width * 3;
    for (let x = 0; x < outWidth; x += 1) {
      const taps = count[x] as number;
      const weightStart = x * stride;
      let from = rowStart + (first[x] as number) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = 0; tap < taps; tap += 1) {
        const weight = weights[weightStart + tap] as number;
        red = (red + Math.imul(source[from] as number, weight)) | 0;
        green = (green + Math.imul(source[from + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(source[from + 2] as number, weight)) | 0;
        from += 3;
      }
      target[at] = clip8(red);
      target[at + 1] = clip8(green);
      target[at + 2] = clip8(blue);
      at += 3;
    }
  }
  return target;
}

/** `rows` holds rows from `firstRow` on of an image with `rowBytes` bytes a row. */
function resizeColumns(
  rows: Uint8Array,
  rowBytes: number,
  firstRow: number,
  vertical: Coefficients,
  outHeight: number,
  fast: SimdPasses | null,
): Uint8Array {
  if (fast !== null) return fast.columns(rows, rowBytes, firstRow, outHeight, vertical);
  const target = new Uint8Array(rowBytes * outHeight);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < outHeight; y += 1) {
    sums.fill(HALF);
    const taps = vertical.count[y] as number;
    for (let tap = 0; tap < taps; tap += 1) {
      const weight = vertical.weights[y * vertical.stride + tap] as number;
      const start = ((vertical.first[y] as number) + tap - firstRow) * rowBytes;
      for (let x = 0; x < rowBytes; x += 1) {
        sums[x] = ((sums[x] as number) + Math.imul(rows[start + x] as number, weight)) | 0;
      }
    }
    const out = y * rowBytes;
    for (let x = 0; x < rowBytes; x += 1) target[out + x] = clip8(sums[x] as number);
  }
  return target;
}

/**
 * Since version 13 Pillow takes the vertical pass first where the height shrinks by more than twice as many pixels
 * as the width does. The order shows in the pixels, since the pass between rounds to bytes.
 */
function beginsVertically(image: RgbImage, width: number, height: number): boolean {
  return height < image.height && image.height - height > 2 * (image.width - width);
}

function assertSide(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`${what} must be a whole number above 0, got ${value}`);
}

/**
 * `Image.resize((width, height), Image.BICUBIC)`. The result may share its bytes with the input when the size is
 * unchanged.
 */
export function resizeBicubic(
  image: RgbImage,
  width: number,
  height: number,
  fast: SimdPasses | null = simdPasses(),
): RgbImage {
  assertSide(width, 'width');
  assertSide(height, 'height');
  if (image.data.length !== image.width * image.height * 3) {
    throw new RangeError(`RGB data of ${image.data.length} bytes can't be ${image.width}x${image.height}`);
  }
  const changesHeight = height !== image.height;
  if (!changesHeight && width === image.width) return image;
  if (!changesHeight) return { width, height, data: resizeRows(image, width, 0, image.height, fast) };
  const vertical = coefficients(image.height, height);
  if (width === image.width) {
    return { width, height, data: resizeColumns(image.data, width * 3, 0, vertical, height, fast) };
  }
  if (beginsVertically(image, width, height)) {
    const columns = resizeColumns(image.data, image.width * 3, 0, vertical, height, fast);
    return {
      width,
      height,
      data: resizeRows({ width: image.width, height, data: columns }, width, 0, height, fast),
    };
  }
  // Only the rows that the vertical pass reads: Pillow does the same, and the result is the same.
  const rowFrom = vertical.first[0] as number;
  const rowTo = (vertical.first[height - 1] as number) + (vertical.count[height - 1] as number);
  const rows = resizeRows(image, width, rowFrom, rowTo, fast);
  return { width, height, data: resizeColumns(rows, width * 3, rowFrom, vertical, height, fast) };
}

/** The pixels of `box` ([x1, y1, x2, y2), whole pixels inside the image), as `Image.crop` gives them. */
export function cropRgb(image: RgbImage, box: readonly [number, number, number, number]): RgbImage {
  const [x1, y1, x2, y2] = box;
  const inside =
    box.every(Number.isInteger) &&
    x1 >= 0 &&
    y1 >= 0 &&
    x1 < x2 &&
    y1 < y2 &&
    x2 <= image.width &&
    y2 <= image.height;
  if (!inside) throw new RangeError(`box [${box.join(', ')}] is not inside ${image.width}x${image.height}`);
  const width = x2 - x1;
  const height = y2 - y1;
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const start = ((y1 + y) * image.width + x1) * 3;
    data.set(image.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, data };
}
