import { BackendError, type ViewSource } from '../backend.ts';
import { createByteLru } from './byte-lru.ts';
import { DEFAULT_IMAGE_LIMITS, decodeImage, ImageDecodeError, type ImageLimits } from './image-decode.ts';
import { cropRgb, resizeBicubic, type RgbImage } from './pillow-resize.ts';

/** Turns views into pixels; keeps the decoded root images, so that the crops of one image decode it once. */
export interface ViewImages {
  /** RGB of exactly view.width x view.height. @throws BackendError image_unreadable or view_invalid. */
  render(view: ViewSource): Promise<RgbImage>;
  /** Starts to read the root image, on another thread; a fault shows when the view is rendered. */
  prefetch(view: ViewSource): void;
  readonly cachedBytes: number;
}

const CACHE_BYTES = 320 * 1024 * 1024;
/** Far over any model's upper bound; stops a view of absurd size before it is allocated. */
const MAX_VIEW_PIXELS = 20_000_000;

function checkView(view: ViewSource, image: RgbImage): void {
  const [x1, y1, x2, y2] = view.box;
  const inside =
    view.box.every(Number.isInteger) &&
    0 <= x1 &&
    x1 < x2 &&
    x2 <= image.width &&
    0 <= y1 &&
    y1 < y2 &&
    y2 <= image.height;
  if (!inside) {
    const message = `the box [${view.box.join(', ')}] is not inside the image of ${image.width}x${image.height}`;
    throw new BackendError('view_invalid', message);
  }
}

function checkSize({ width, height }: ViewSource): void {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!whole || width * height > MAX_VIEW_PIXELS) {
    throw new BackendError('view_invalid', `an image can't be shown at ${width}x${height}`);
  }
}

export function createViewImages(limits: ImageLimits = DEFAULT_IMAGE_LIMITS): ViewImages {
  const decoded = createByteLru<RgbImage>(CACHE_BYTES, (image) => image.data.byteLength);
  // Episodes that run at once often start on the same images.
  const underWay = new Map<string, Promise<RgbImage>>();
  const root = (view: ViewSource): Promise<RgbImage> => {
    const known = decoded.get(view.imageKey);
    if (known !== undefined) return Promise.resolve(known);
    const pending = underWay.get(view.imageKey);
    if (pending !== undefined) return pending;
    const started = decodeImage(view.imagePath, limits)
      .then((image) => {
        decoded.set(view.imageKey, image);
        return image;
      })
      .catch((cause: unknown) => {
        if (cause instanceof ImageDecodeError)
          throw new BackendError('image_unreadable', cause.message, { cause });
        throw cause;
      })
      .finally(() => underWay.delete(view.imageKey));
    underWay.set(view.imageKey, started);
    return started;
  };
  return {
    prefetch(view) {
      root(view).catch(() => undefined);
    },
    async render(view) {
      checkSize(view);
      const image = await root(view);
      checkView(view, image);
      return resizeBicubic(cropRgb(image, view.box), view.width, view.height);
    },
    get cachedBytes() {
      return decoded.bytes;
    },
  };
}
