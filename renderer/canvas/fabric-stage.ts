import { StaticCanvas } from 'fabric';
import type { Frames } from './camera.ts';
import type { StageItem } from './document.ts';
import { createMovingPicture, MARGIN } from './moving-picture.ts';
import type { StagePalette } from './palette.ts';
import { createPictureCache } from './picture-cache.ts';
import type { DrawnObject, StageSurroundings } from './stage-objects.ts';
import { createObject, updateObject } from './stage-objects.ts';
import type { ScreenSize, Viewport } from './viewport.ts';

/** The one place that changes fabric objects: items in, objects out, never back. */
export interface FabricStage {
  /** Shows exactly these items, back to front: new ones are made, changed ones updated, others removed. */
  readonly draw: (items: readonly StageItem[]) => void;
  readonly look: (viewport: Viewport) => void;
  readonly resize: (size: ScreenSize) => void;
  readonly paint: (palette: StagePalette) => void;
  /** The decoded picture of an address that is on the stage; null until it is there. */
  readonly picture: (url: string) => HTMLImageElement | null;
  readonly dispose: () => void;
}

/** How long what enters takes to be fully there. */
const ENTER_MS = 220;

export function createFabricStage(
  element: HTMLCanvasElement,
  palette: StagePalette,
  frames: Frames,
): FabricStage {
  const canvas = new StaticCanvas(element, {
    renderOnAddRemove: false,
    enableRetinaScaling: true,
    skipOffscreen: false,
  });
  // A layer of its own, so that moving it is nothing but moving it.
  element.style.cssText =
    'position: absolute; top: 0; left: 0; transform-origin: 0 0; will-change: transform;';
  const tally = { drawn: 0 };
  const picture = createMovingPicture({
    frames,
    timers: { set: window.setTimeout.bind(window), clear: window.clearTimeout.bind(window) },
    pixelRatio: () => canvas.getRetinaScaling(),
    paint: ({ zoom, x, y }) => {
      tally.drawn = 0;
      canvas.setViewportTransform([zoom, 0, 0, zoom, x + MARGIN, y + MARGIN]);
      canvas.renderAll();
      return tally.drawn;
    },
    place: ({ scale, x, y }) => {
      element.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    },
  });
  const pictures = createPictureCache(picture.changeAtRest);
  const font = getComputedStyle(element).fontFamily;
  let surroundings: StageSurroundings = { palette, pictures, font, tally };
  let items: readonly StageItem[] = [];
  const objects = new Map<string, DrawnObject>();

  const enter = (object: DrawnObject): void => {
    object.set({ opacity: 0 });
    object.animate({ opacity: 1 }, { duration: ENTER_MS, onChange: picture.change });
  };

  const draw = (next: readonly StageItem[]): void => {
    const wanted = new Set(next.map((item) => item.key));
    for (const [key, object] of objects) {
      if (wanted.has(key)) continue;
      canvas.remove(object);
      objects.delete(key);
    }
    for (const [index, item] of next.entries()) {
      const known = objects.get(item.key);
      if (known !== undefined && (known.item === item || updateObject(known, item, surroundings))) {
        if (canvas.item(index) !== known) canvas.moveObjectTo(known, index);
        continue;
      }
      if (known !== undefined) canvas.remove(known);
      const made = createObject(item, surroundings);
      objects.set(item.key, made);
      canvas.insertAt(index, made);
      if (items.length > 0 && !frames.reducedMotion()) enter(made);
    }
    items = next;
    pictures.keep(new Set(next.flatMap((item) => (item.kind === 'image' ? [item.url] : []))));
    picture.change();
  };

  return {
    draw,
    look: picture.look,
    resize: (size) => {
      canvas.setDimensions({ width: size.width + 2 * MARGIN, height: size.height + 2 * MARGIN });
      picture.resize(size);
    },
    paint: (next) => {
      surroundings = { ...surroundings, palette: next };
      for (const item of items) {
        const object = objects.get(item.key);
        if (object !== undefined) updateObject(object, item, surroundings);
      }
      picture.change();
    },
    picture: (url) => {
      if (!items.some((item) => item.kind === 'image' && item.url === url)) return null;
      const found = pictures.get(url);
      return found.state === 'ready' ? found.element : null;
    },
    dispose: () => {
      picture.dispose();
      objects.clear();
      void canvas.dispose();
    },
  };
}
