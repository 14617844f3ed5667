/** Boxes under the hand: finds what is pressed, feeds the tool, shows the held box on its layer. */
import type { Bbox } from '../../shared/model/bbox.ts';
import type { Size } from '../../shared/model/smart-resize.ts';
import type { Grip, PixelPoint } from './box-edit.ts';
import { cursorOf, gripAt } from './box-edit.ts';
import type { StageDocument } from './document.ts';
import { createEditLayer } from './edit-layer.ts';
import type { HeldDrawing } from './edit-layer.ts';
import type { StagePoint } from './geometry.ts';
import { contains, mapBox } from './geometry.ts';
import type { PlacedView } from './layout.ts';
import type { StagePalette } from './palette.ts';
import type { EditableBox, StageEditing } from './stage-editing.ts';
import type { EditEffect, EditInput } from './tools/edit-box.ts';
import { EDIT_IDLE, editBoxTool } from './tools/edit-box.ts';
import type { PointerInput } from './tools/tool.ts';
import type { ScreenPoint, ScreenSize, Viewport } from './viewport.ts';
import { toStage } from './viewport.ts';

export interface StageEditor {
  /** True where the input belongs to a box. */
  readonly feed: (input: PointerInput) => boolean;
  readonly cursorAt: (at: ScreenPoint) => string | null;
  /** To be called when the document or what may be edited has changed. */
  readonly refresh: () => void;
  readonly look: (viewport: Viewport) => void;
  readonly resize: (size: ScreenSize) => void;
  readonly paint: (palette: StagePalette) => void;
  readonly dispose: () => void;
}

export interface StageEditorDeps {
  readonly palette: StagePalette;
  readonly document: () => StageDocument;
  readonly editing: () => StageEditing | undefined;
  readonly viewport: () => Viewport;
  readonly picture: (url: string) => HTMLImageElement | null;
}

/** CSS pixels off a side or corner that still hold it. */
const SLACK = 8;

interface Draft {
  readonly key: string | null;
  readonly view: number;
  readonly box: Bbox;
}

export function createStageEditor(element: HTMLCanvasElement, deps: StageEditorDeps): StageEditor {
  const layer = createEditLayer(element, deps.palette);
  let state = EDIT_IDLE;
  let draft: Draft | null = null;

  let index: { readonly of: StageDocument; readonly views: ReadonlyMap<number, PlacedView> } | null = null;
  const placed = (view: number): PlacedView | undefined => {
    const drawn = deps.document();
    if (index?.of !== drawn) {
      index = { of: drawn, views: new Map(drawn.visible.map((one) => [one.view.number, one])) };
    }
    return index.views.get(view);
  };

  const show = (): void => {
    const held = draft ?? selectedBox(deps.editing());
    const on = held === null ? undefined : placed(held.view);
    layer.show(held === null || on === undefined ? null : drawingOf(held, on));
  };

  const drawingOf = ({ key, box }: Draft, { view, rect }: PlacedView): HeldDrawing => ({
    box,
    size: view,
    rect,
    isDrawn: key === null,
    crop: draft === null ? null : cropOf(draft),
  });

  /** The region that the draft means, cut from the picture that is on the stage already. */
  const cropOf = ({ key, view, box }: Draft): HeldDrawing['crop'] => {
    const result = deps.editing()?.boxes.find((one) => one.key === key)?.result ?? null;
    const target = result === null ? undefined : placed(result);
    const from = placed(view);
    const item = deps.document().items.find((one) => one.kind === 'image' && one.view === result);
    if (target === undefined || from === undefined || item?.kind !== 'image' || item.cropOf === null)
      return null;
    const picture = deps.picture(item.url);
    if (picture === null) return null;
    const root = rootRect(box, from);
    const fx = picture.naturalWidth / item.cropOf.width;
    const fy = picture.naturalHeight / item.cropOf.height;
    const region = { x: root.x * fx, y: root.y * fy, width: root.width * fx, height: root.height * fy };
    return { element: picture, region, rect: target.rect };
  };

  const perform = (effects: readonly EditEffect[]): void => {
    const editing = deps.editing();
    for (const effect of effects) {
      switch (effect.type) {
        case 'select':
          if (editing?.selected !== effect.key) editing?.onSelect(effect.key);
          break;
        case 'draft':
          draft = { key: effect.key, view: effect.view, box: effect.box };
          editing?.onDraft(effect.box);
          break;
        case 'commit':
          // The draft stays on the layer until the document that has it comes.
          editing?.onDraft(null);
          editing?.onCommit(effect.key, effect.view, effect.box);
          break;
        case 'revert':
          draft = null;
          editing?.onDraft(null);
          break;
      }
    }
    show();
  };

  const step = (input: EditInput): void => {
    const result = editBoxTool(state, input);
    state = result.state;
    perform(result.effects);
  };

  const pixelsAt = (at: ScreenPoint, { view, rect }: PlacedView): PixelPoint => {
    const point = toStage(deps.viewport(), at);
    return {
      x: ((point.x - rect.x) * view.width) / rect.width,
      y: ((point.y - rect.y) * view.height) / rect.height,
    };
  };

  const begin = (at: ScreenPoint): boolean => {
    const editing = deps.editing();
    if (editing === undefined) return false;
    if (editing.mode === 'draw') {
      const on = viewAt(deps.document(), toStage(deps.viewport(), at));
      if (on === undefined) return false;
      step({ type: 'draw', view: on.view.number, size: on.view, at: pixelsAt(at, on) });
      return true;
    }
    const hit = hitAt(at, editing);
    if (hit === null) return false;
    const { box, on, grip } = hit;
    const held = { key: box.key, view: box.view, box: box.box, size: on.view };
    step({ type: 'hold', held, grip, at: pixelsAt(at, on) });
    return true;
  };

  /** The selected box first, then the smallest: a box inside another can be held. */
  const hitAt = (
    at: ScreenPoint,
    { boxes, selected }: StageEditing,
  ): { readonly box: EditableBox; readonly on: PlacedView; readonly grip: Grip } | null => {
    const hits = boxes.flatMap((box) => {
      const on = placed(box.view);
      if (on === undefined) return [];
      const grip = gripAt(box.box, pixelsAt(at, on), slackOn(on, deps.viewport()));
      return grip === null ? [] : [{ box, on, grip, area: areaOf(box.box) }];
    });
    const own = hits.find(({ box }) => box.key === selected);
    return own ?? hits.toSorted((a, b) => a.area - b.area)[0] ?? null;
  };

  return {
    feed: (input) => {
      if (input.type === 'down') return input.button === 0 && begin(input.at);
      if (state.kind === 'idle') return false;
      if (input.type === 'move') {
        const on = placed(state.kind === 'holding' ? state.held.view : state.view);
        if (on !== undefined) step({ type: 'move', at: pixelsAt(input.at, on) });
      } else {
        step({ type: input.type });
      }
      return true;
    },
    cursorAt: (at) => {
      const editing = deps.editing();
      if (editing === undefined) return null;
      if (editing.mode === 'draw') return 'crosshair';
      const hit = hitAt(at, editing);
      return hit === null ? null : cursorOf(hit.grip);
    },
    refresh: () => {
      if (state.kind === 'idle') draft = null;
      show();
    },
    look: layer.look,
    resize: layer.resize,
    paint: layer.paint,
    dispose: layer.dispose,
  };
}

function selectedBox(editing: StageEditing | undefined): Draft | null {
  const box = editing?.boxes.find(({ key }) => key === editing.selected);
  return box === undefined ? null : { key: box.key, view: box.view, box: box.box };
}

function viewAt(drawn: StageDocument, at: StagePoint): PlacedView | undefined {
  return drawn.visible.findLast(({ rect }) => contains(rect, at));
}

function slackOn({ view, rect }: PlacedView, { zoom }: Viewport): PixelPoint {
  return {
    x: (SLACK / zoom / rect.width) * view.width,
    y: (SLACK / zoom / rect.height) * view.height,
  };
}

/** Where a box of a view lies on its root image, in root pixels. */
function rootRect(box: Bbox, { view }: PlacedView) {
  const [x1, y1, x2, y2] = view.rootBox;
  const size: Size = view;
  return mapBox(box, [0, 0, size.width, size.height], { x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
}

function areaOf([x1, y1, x2, y2]: Bbox): number {
  return (x2 - x1) * (y2 - y1);
}
