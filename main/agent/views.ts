import { smartResize } from '../../shared/model/smart-resize.ts';
import type { ImageView } from '../../shared/model/view.ts';
import type { ViewSource } from './backend.ts';
import type { ViewSizing } from '../../shared/agent/tools/tool.ts';

/** An image of the question, decoded once into its canonical form. Sizes are canonical pixels. */
export interface EpisodeImage {
  /** Path of the canonical image file (EXIF orientation baked in). */
  readonly path: string;
  /** Identifies the bytes of that file; caches are keyed by it. */
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

/** The input views 1..N at the sizes that the agent takes, or the number of the image that it can't take. */
export function inputViews(
  images: readonly EpisodeImage[],
  sizing: ViewSizing,
):
  | { readonly ok: true; readonly views: readonly ImageView[] }
  | { readonly ok: false; readonly error: string } {
  const views: ImageView[] = [];
  for (const [rootImage, image] of images.entries()) {
    const number = rootImage + 1;
    const size = smartResize({ width: image.width, height: image.height }, sizing);
    if (size === null) {
      const shape = `${image.width}x${image.height}`;
      return {
        ok: false,
        error: `Image ${number} is ${shape}: one side is over 200 times the other. Crop it first.`,
      };
    }
    const rootBox = [0, 0, image.width, image.height] as const;
    views.push({ number, origin: 'input', parent: null, rootImage, rootBox, ...size });
  }
  return { ok: true, views };
}

/** What the backend must render for a view. `view.rootImage` indexes `images`. */
export function viewSource(view: ImageView, images: readonly EpisodeImage[]): ViewSource {
  const image = images[view.rootImage];
  if (image === undefined) {
    throw new RangeError(`view ${view.number} names input image ${view.rootImage}, of ${images.length}`);
  }
  const { width, height, rootBox } = view;
  return { imagePath: image.path, imageKey: image.key, box: rootBox, width, height };
}

/** Pixels of all views together, as the model saw them: what the pixel budget counts. */
export function pixelsOf(views: readonly ImageView[]): number {
  return views.reduce((sum, view) => sum + view.width * view.height, 0);
}
