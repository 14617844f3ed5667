import { FabricObject } from 'fabric';
import type { BoxItem, ImageItem, LabelItem, LinkItem, StageItem } from './document.ts';
import type { StageRect } from './geometry.ts';
import { grow, overlap, union } from './geometry.ts';
import type { StagePalette } from './palette.ts';
import { boxColour, originColour } from './palette.ts';
import type { PictureCache } from './picture-cache.ts';

/** What objects need from the stage that they are drawn on. */
export interface StageSurroundings {
  readonly palette: StagePalette;
  readonly pictures: PictureCache;
  readonly font: string;
  /** How many things the picture at hand took. */
  readonly tally: { drawn: number };
}

/** How far labels, tags and lines may reach over what they belong to, in screen pixels. */
const REACH = 48;
/** Screen pixels below which a view has no label and a box no number: they would only cover each other. */
const SMALLEST_NAMED = 12;

/** Screen pixels a source pixel from which pixels are shown as squares, so that they can be judged. */
const SQUARE_PIXELS_FROM = 2;

/**
 * A fabric object that draws one item. Line widths and text are in screen pixels: they keep their size at every
 * zoom.
 */
abstract class StageObject<Item extends StageItem> extends FabricObject {
  item: Item;
  surroundings: StageSurroundings;

  constructor(item: Item, surroundings: StageSurroundings) {
    super({
      objectCaching: false,
      strokeWidth: 0,
      originX: 'left',
      originY: 'top',
      selectable: false,
      evented: false,
    });
    this.item = item;
    this.surroundings = surroundings;
    this.place();
  }

  show(item: Item, surroundings: StageSurroundings): void {
    this.item = item;
    this.surroundings = surroundings;
    this.place();
  }

  /** Stage units that one CSS pixel takes. */
  protected get pixel(): number {
    return 1 / (this.canvas?.getZoom() ?? 1);
  }

  protected bounds(): StageRect {
    return 'rect' in this.item ? this.item.rect : { x: 0, y: 0, width: 1, height: 1 };
  }

  private place(): void {
    const { x, y, width, height } = this.bounds();
    this.set({ left: x, top: y, width, height });
  }

  /**
   * Draws straight in stage coordinates. What fabric does for any object (turning, shadows, copies) is of no use here,
   * and with a thousand objects it takes longer than drawing them.
   */
  override render(ctx: CanvasRenderingContext2D): void {
    if (!this.isInSight()) return;
    this.surroundings.tally.drawn += 1;
    ctx.save();
    ctx.globalAlpha *= this.opacity;
    this.draw(ctx);
    ctx.restore();
  }

  private isInSight(): boolean {
    if (this.canvas === undefined) return false;
    const { tl, br } = this.canvas.vptCoords;
    const bounds = this.bounds();
    const reach = REACH * this.pixel + bounds.width * 0.2;
    return overlap(grow(bounds, reach), { x: tl.x, y: tl.y, width: br.x - tl.x, height: br.y - tl.y });
  }

  protected abstract draw(ctx: CanvasRenderingContext2D): void;
}

class ImageObject extends StageObject<ImageItem> {
  protected draw(ctx: CanvasRenderingContext2D): void {
    const { rect, url, focused, current, tone } = this.item;
    const { palette, pictures } = this.surroundings;
    const picture = pictures.get(url);
    if (picture.state === 'ready') this.drawPicture(ctx, picture.element);
    else this.drawMissing(ctx, picture.state === 'failed');
    const line = focused || current ? 2 : 1;
    ctx.lineWidth = line * this.pixel;
    ctx.strokeStyle = focused
      ? palette.focus
      : tone === 'input'
        ? palette.frame
        : originColour(palette, tone);
    const outside = grow(rect, (line / 2) * this.pixel);
    ctx.strokeRect(outside.x, outside.y, outside.width, outside.height);
    if (focused && current) {
      const ring = grow(rect, 3.5 * this.pixel);
      ctx.strokeStyle = originColour(palette, tone);
      ctx.strokeRect(ring.x, ring.y, ring.width, ring.height);
    }
  }

  private drawPicture(ctx: CanvasRenderingContext2D, element: HTMLImageElement): void {
    const { rect, crop, cropOf, pixelWidth } = this.item;
    const scale = rect.width / pixelWidth / this.pixel;
    ctx.imageSmoothingEnabled = scale < SQUARE_PIXELS_FROM;
    ctx.imageSmoothingQuality = 'high';
    if (crop === null || cropOf === null) {
      ctx.drawImage(element, rect.x, rect.y, rect.width, rect.height);
      return;
    }
    // The fetched file may be smaller than the canonical image; the crop is of the canonical one.
    const fx = element.naturalWidth / cropOf.width;
    const fy = element.naturalHeight / cropOf.height;
    const [x1, y1, x2, y2] = crop;
    const { x, y, width, height } = rect;
    ctx.drawImage(element, x1 * fx, y1 * fy, (x2 - x1) * fx, (y2 - y1) * fy, x, y, width, height);
  }

  private drawMissing(ctx: CanvasRenderingContext2D, failed: boolean): void {
    const { rect } = this.item;
    const { palette, font } = this.surroundings;
    ctx.fillStyle = palette.placeholder;
    ctx.fillRect(rect.x, rect.y, rect.width, rect.height);
    if (!failed) return;
    ctx.fillStyle = palette.muted;
    ctx.font = `${12 * this.pixel}px ${font}`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText('This image can’t be shown', rect.x + rect.width / 2, rect.y + rect.height / 2, rect.width);
  }
}

class LabelObject extends StageObject<LabelItem> {
  protected draw(ctx: CanvasRenderingContext2D): void {
    const { rect, number, text, tone, current } = this.item;
    const { palette, font } = this.surroundings;
    const pixel = this.pixel;
    if (!current && rect.height < SMALLEST_NAMED * pixel) return;
    const height = 18 * pixel;
    const y = rect.y - height - 4 * pixel;
    ctx.textBaseline = 'middle';
    ctx.font = `600 ${12 * pixel}px ${font}`;
    const badge = Math.max(height, ctx.measureText(number).width + 10 * pixel);
    ctx.font = `${current ? '600 ' : ''}${12 * pixel}px ${font}`;
    const room = rect.width * 1.15 - badge - 6 * pixel;
    const shown = [text, text.split('  ')[0] ?? ''].find((one) => ctx.measureText(one).width <= room) ?? '';
    if (shown !== '') {
      const length = ctx.measureText(shown).width;
      // Links run behind the words, not through them.
      ctx.fillStyle = palette.ground;
      ctx.fillRect(rect.x, y, badge + length + 10 * pixel, height);
      ctx.textAlign = 'left';
      ctx.fillStyle = current ? palette.text : palette.muted;
      ctx.fillText(shown, rect.x + badge + 6 * pixel, y + height / 2 + pixel * 0.5);
    }
    ctx.fillStyle = originColour(palette, tone);
    roundedRect(ctx, { x: rect.x, y, width: badge, height }, 4 * pixel);
    ctx.fill();
    ctx.font = `600 ${12 * pixel}px ${font}`;
    ctx.textAlign = 'center';
    ctx.fillStyle = palette.onAccent;
    ctx.fillText(number, rect.x + badge / 2, y + height / 2 + pixel * 0.5);
  }
}

class BoxObject extends StageObject<BoxItem> {
  protected draw(ctx: CanvasRenderingContext2D): void {
    const { rect, tone, current } = this.item;
    const { palette } = this.surroundings;
    const pixel = this.pixel;
    const width = (tone === 'echo' ? 1.25 : current ? 2.5 : 1.75) * pixel;
    ctx.globalAlpha *= tone === 'echo' ? 0.55 : current ? 1 : 0.85;
    ctx.setLineDash(tone === 'call' ? [] : tone === 'echo' ? [4 * pixel, 4 * pixel] : [7 * pixel, 4 * pixel]);
    if (tone !== 'echo') {
      ctx.strokeStyle = palette.halo;
      ctx.lineWidth = width + 2 * pixel;
      ctx.strokeRect(rect.x, rect.y, rect.width, rect.height);
    }
    ctx.strokeStyle = boxColour(palette, tone);
    ctx.lineWidth = width;
    ctx.strokeRect(rect.x, rect.y, rect.width, rect.height);
    ctx.setLineDash([]);
    this.drawTag(ctx);
  }

  /** The number of the view that came of the call, at the box's corner. */
  private drawTag(ctx: CanvasRenderingContext2D): void {
    const { rect, tag, tone, current } = this.item;
    const pixel = this.pixel;
    const text = tone === 'refused' ? '!' : tag;
    if (text === null) return;
    if (!current && Math.max(rect.width, rect.height) < SMALLEST_NAMED * pixel) return;
    const { palette, font } = this.surroundings;
    const height = 15 * pixel;
    ctx.font = `600 ${11 * pixel}px ${font}`;
    const width = Math.max(height, ctx.measureText(text).width + 8 * pixel);
    const x = rect.x + rect.width - width / 2;
    const y = rect.y - height / 2;
    ctx.fillStyle = boxColour(palette, tone);
    roundedRect(ctx, { x, y, width, height }, 4 * pixel);
    ctx.fill();
    ctx.fillStyle = palette.onAccent;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(text, x + width / 2, y + height / 2 + pixel * 0.5);
  }
}

class LinkObject extends StageObject<LinkItem> {
  protected override bounds(): StageRect {
    const { start, end, startControl, endControl } = this.item.curve;
    const points = [start, end, startControl, endControl].map(({ x, y }) => ({ x, y, width: 0, height: 0 }));
    return union(points) ?? super.bounds();
  }

  protected draw(ctx: CanvasRenderingContext2D): void {
    const { curve, tone, current } = this.item;
    const { palette } = this.surroundings;
    const pixel = this.pixel;
    const width = (current ? 2.25 : 1.5) * pixel;
    ctx.globalAlpha *= current ? 1 : 0.7;
    ctx.beginPath();
    ctx.moveTo(curve.start.x, curve.start.y);
    ctx.bezierCurveTo(
      curve.startControl.x,
      curve.startControl.y,
      curve.endControl.x,
      curve.endControl.y,
      curve.end.x,
      curve.end.y,
    );
    ctx.strokeStyle = palette.halo;
    ctx.lineWidth = width + 2 * pixel;
    ctx.stroke();
    ctx.strokeStyle = tone === 'look_back' ? palette.lookBack : palette.zoomIn;
    ctx.lineWidth = width;
    ctx.setLineDash(tone === 'look_back' ? [6 * pixel, 4 * pixel] : []);
    ctx.stroke();
    ctx.setLineDash([]);
    this.drawArrow(ctx);
  }

  private drawArrow(ctx: CanvasRenderingContext2D): void {
    const { curve, tone } = this.item;
    const { palette } = this.surroundings;
    const size = 8 * this.pixel;
    const angle = Math.atan2(curve.end.y - curve.endControl.y, curve.end.x - curve.endControl.x);
    ctx.save();
    ctx.translate(curve.end.x, curve.end.y);
    ctx.rotate(angle);
    ctx.beginPath();
    ctx.moveTo(0, 0);
    ctx.lineTo(-size, size * 0.5);
    ctx.lineTo(-size, -size * 0.5);
    ctx.closePath();
    ctx.fillStyle = tone === 'look_back' ? palette.lookBack : palette.zoomIn;
    ctx.fill();
    ctx.restore();
  }
}

function roundedRect(ctx: CanvasRenderingContext2D, rect: StageRect, radius: number): void {
  ctx.beginPath();
  ctx.roundRect(rect.x, rect.y, rect.width, rect.height, radius);
}

/** An object that is on the stage, with the item it shows. */
export type DrawnObject = ImageObject | LabelObject | BoxObject | LinkObject;

export function createObject(item: StageItem, surroundings: StageSurroundings): DrawnObject {
  switch (item.kind) {
    case 'image':
      return new ImageObject(item, surroundings);
    case 'label':
      return new LabelObject(item, surroundings);
    case 'box':
      return new BoxObject(item, surroundings);
    case 'link':
      return new LinkObject(item, surroundings);
  }
}

/** Shows another state of the same item. @returns false where the object draws another kind. */
export function updateObject(object: DrawnObject, item: StageItem, surroundings: StageSurroundings): boolean {
  if (object instanceof ImageObject && item.kind === 'image') object.show(item, surroundings);
  else if (object instanceof LabelObject && item.kind === 'label') object.show(item, surroundings);
  else if (object instanceof BoxObject && item.kind === 'box') object.show(item, surroundings);
  else if (object instanceof LinkObject && item.kind === 'link') object.show(item, surroundings);
  else return false;
  return true;
}
