/**
 * The size at which a Qwen2.5-VL vision tower sees an image. Twin of `smart_resize` of transformers'
 * Qwen2VLImageProcessor; one corpus of fixtures holds both to the same numbers.
 */

/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface ResizeLimits {
  /** Both sides of the result are multiples of this: patch size x merge size, 28 for Qwen2.5-VL. */
  readonly factor: number;
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** Long side over short side beyond which the processor refuses an image. */
const MAX_ASPECT_RATIO = 200;

/** Rounds as Python's round() does: a half goes to the even neighbour (Math.round takes it up). */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Both sides become multiples of `factor`, the area comes inside the limits, the aspect ratio stays as near as
 * that allows. The arithmetic is in doubles and in the order of the Python source: other orders differ in the
 * last bit, and then in a whole factor.
 * @returns null when the aspect ratio is over 200.
 * @throws RangeError when a side is not a whole number of at least 1.
 */
export function smartResize(size: Size, limits: ResizeLimits): Size | null {
  const { width, height } = size;
  const { factor, minPixels, maxPixels } = limits;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`smartResize needs whole positive sides, got ${width}x${height}`);
  }
  if (Math.max(height, width) / Math.min(height, width) > MAX_ASPECT_RATIO) return null;
  const rounded: Size = {
    height: roundHalfEven(height / factor) * factor,
    width: roundHalfEven(width / factor) * factor,
  };
  const area = rounded.height * rounded.width;
  if (area > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels);
    return {
      height: Math.max(factor, Math.floor(height / beta / factor) * factor),
      width: Math.max(factor, Math.floor(width / beta / factor) * factor),
    };
  }
  if (area < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width));
    return {
      height: Math.ceil((height * beta) / factor) * factor,
      width: Math.ceil((width * beta) / factor) * factor,
    };
  }
  return rounded;
}
