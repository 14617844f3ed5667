import { StudioError } from '../../../shared/contract/errors.ts';
import type { ViewSource } from '../../agent/backend.ts';

/** The part of the image process that paints views. */
export interface ViewPainter {
  ask(request: {
    readonly op: 'view';
    readonly path: string;
    readonly box: ViewSource['box'];
    readonly width: number;
    readonly height: number;
  }): Promise<
    | { readonly ok: true; readonly value: { readonly png: Uint8Array } }
    | { readonly ok: false; readonly refusal: { readonly message: string } }
  >;
}

export interface ViewPictures {
  /** PNG of a view at the pixels that the model got. @throws StudioError image_broken */
  render(view: ViewSource): Promise<Uint8Array>;
}

/** Pictures that are kept: a few episodes' worth. */
const KEPT = 128;

export function createViewPictures(painter: ViewPainter): ViewPictures {
  const kept = new Map<string, Promise<Uint8Array>>();

  async function paint({ imagePath, box, width, height }: ViewSource): Promise<Uint8Array> {
    const outcome = await painter.ask({ op: 'view', path: imagePath, box, width, height });
    if (!outcome.ok) throw new StudioError('image_broken', outcome.refusal.message);
    return outcome.value.png;
  }

  return {
    render: (view) => {
      const key = JSON.stringify([view.imageKey, view.box, view.width, view.height]);
      const picture = kept.get(key) ?? paint(view);
      // The one used last goes to the end, so that the first is the one to drop.
      kept.delete(key);
      kept.set(key, picture);
      picture.catch(() => kept.delete(key));
      const oldest = kept.keys().next();
      if (kept.size > KEPT && !oldest.done) kept.delete(oldest.value);
      return picture;
    },
  };
}
