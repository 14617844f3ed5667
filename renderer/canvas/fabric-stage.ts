import { StaticCanvas } from 'fabric';
import type { StageItem } from './document.ts';
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

/** @param isStill true where the person asked for less motion: then things are there at once. */
export function createFabricStage(
  element: HTMLCanvasElement,
  palette: StagePalette,
  isStill: () => boolean,
): FabricStage {
  const canvas = new StaticCanvas(element, {
    renderOnAddRemove: false,
    enableRetinaScaling: true,
    skipOffscreen: false,
  });
  const pictures = createPictureCache(() => canvas.requestRenderAll());
  const font = getComputedStyle(element).fontFamily;
  let surroundings: StageSurroundings = { palette, pictures, font };
  let items: readonly StageItem[] = [];
  const objects = new Map<string, DrawnObject>();

  const enter = (object: DrawnObject): void => {
    object.set({ opacity: 0 });
    object.animate({ opacity: 1 }, { duration: ENTER_MS, onChange: () => canvas.requestRenderAll() });
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
      if (items.length > 0 && !isStill()) enter(made);
    }
    items = next;
    pictures.keep(new Set(next.flatMap((item) => (item.kind === 'image' ? [item.url] : []))));
    canvas.requestRenderAll();
  };

  return {
    draw,
    look: ({ zoom, x, y }) => {
      canvas.setViewportTransform([zoom, 0, 0, zoom, x, y]);
      canvas.requestRenderAll();
    },
    resize: (size) => {
      canvas.setDimensions({ width: size.width, height: size.height });
      canvas.requestRenderAll();
    },
    paint: (next) => {
      surroundings = { ...surroundings, palette: next };
      for (const item of items) {
        const object = objects.get(item.key);
        if (object !== undefined) updateObject(object, item, surroundings);
      }
      canvas.requestRenderAll();
    },
    picture: (url) => {
      if (!items.some((item) => item.kind === 'image' && item.url === url)) return null;
      const picture = pictures.get(url);
      return picture.state === 'ready' ? picture.element : null;
    },
    dispose: () => {
      objects.clear();
      void canvas.dispose();
    },
  };
}
