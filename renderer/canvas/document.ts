import type { Bbox } from '../../shared/model/bbox.ts';
import { bbox, bboxHeight, bboxWidth } from '../../shared/model/bbox.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { Step, StepAction } from '../../shared/model/step.ts';
import type { ImageView } from '../../shared/model/view.ts';
import type { StageRect } from './geometry.ts';
import { boxContains, clip, grow, mapBox, sameBox } from './geometry.ts';
import type { PlacedView, StageLayout } from './layout.ts';
import { layoutViews } from './layout.ts';
import { type LinkCurve, linkCurve, type Obstacles, obstaclesOf } from './links.ts';

/** An image of the sample, as the page can fetch it. Sizes are canonical pixels. */
export interface RootImage {
  readonly url: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** Pixels of the source file, or exactly those that the model was given. */
export type PixelSource = 'source' | 'model';

export interface ImageItem {
  readonly kind: 'image';
  readonly key: string;
  readonly view: number;
  readonly rect: StageRect;
  readonly url: string;
  /** The part of the fetched image to draw, in canonical root pixels of a `cropOf` sized image; null for all. */
  readonly crop: Bbox | null;
  readonly cropOf: { readonly width: number; readonly height: number } | null;
  /** Width of what is shown in its own pixels: decides when pixels are drawn as squares. */
  readonly pixelWidth: number;
  readonly focused: boolean;
  /** Entered by the step at the cursor. */
  readonly current: boolean;
  readonly tone: ImageView['origin'];
}

export interface LabelItem {
  readonly kind: 'label';
  readonly key: string;
  readonly view: number;
  readonly rect: StageRect;
  readonly number: string;
  readonly text: string;
  readonly tone: ImageView['origin'];
  readonly current: boolean;
}

export interface BoxItem {
  readonly kind: 'box';
  readonly key: string;
  readonly step: number;
  readonly view: number;
  readonly rect: StageRect;
  /** `call`: the box as called; `echo`: the same region on another view; `refused`: a box that was an error. */
  readonly tone: 'call' | 'echo' | 'refused';
  /** Number of the view that came of it. */
  readonly tag: string | null;
  readonly current: boolean;
}

export interface LinkItem {
  readonly kind: 'link';
  readonly key: string;
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly curve: LinkCurve;
  readonly tone: 'zoom_in' | 'look_back';
  readonly current: boolean;
}

/** What the stage looks at of a step. */
export type DrawnStep = Pick<Step, 'index' | 'action' | 'resultView'>;

/** What is drawn, back to front. */
export type StageItem = ImageItem | LinkItem | BoxItem | LabelItem;

export interface StageDocument {
  readonly items: readonly StageItem[];
  readonly layout: StageLayout;
  /** Views that exist at the cursor, in the order of their numbers. */
  readonly visible: readonly PlacedView[];
}

export interface DocumentInput {
  readonly images: readonly RootImage[];
  /** Null before the first run: then the images alone are shown. */
  readonly episode: { readonly views: Episode['views']; readonly steps: readonly DrawnStep[] } | null;
  /** The step whose box a person holds: it is drawn on a layer of its own. */
  readonly held?: number | null;
  /** How many steps have happened: 0 shows the inputs, k what there was after step k. */
  readonly position: number;
  readonly focus: number | null;
  readonly pixels: PixelSource;
  /** Address of a view's pixels as the model saw them. */
  readonly viewUrl: (view: number) => string;
}

/** Everything on the stage at one moment of an episode. Pure: the same input draws the same stage. */
export function stageDocument(input: DocumentInput): StageDocument {
  const { episode, position } = input;
  const views = episode === null || episode.views.length === 0 ? viewsOfImages(input.images) : episode.views;
  const steps = (episode?.steps ?? []).slice(0, Math.max(0, position));
  const layout = layoutViews(views);
  const born = birthSteps(episode?.steps ?? []);
  const visible = layout.placed
    .filter(({ view }) => (born.get(view.number) ?? 0) <= position)
    .toSorted((a, b) => a.view.number - b.view.number);
  const isCurrent = (step: number) => step === position - 1;
  const images = visible.map((placed) =>
    imageItem(input, placed, born.get(placed.view.number) === position && position > 0),
  );
  const labels = images.map((image, index) =>
    labelItem(image, visible[index] as PlacedView, episode !== null),
  );
  const shown = shownViews(visible);
  const drawn = steps.map((step) => callItems(step, shown, isCurrent(step.index)));
  const order = <Item extends { readonly current: boolean }>(items: readonly Item[]) =>
    items.toSorted((a, b) => Number(a.current) - Number(b.current));
  const links = order(drawn.flatMap((one) => one.links));
  const boxes = order(drawn.flatMap((one) => one.boxes)).filter(
    ({ step, tone }) => step !== input.held || tone === 'echo',
  );
  return { items: [...images, ...links, ...boxes, ...labels], layout, visible };
}

/** The images as they are before any agent looked at them. */
function viewsOfImages(images: readonly RootImage[]): readonly ImageView[] {
  return images.map(({ width, height }, rootImage) => ({
    number: rootImage + 1,
    origin: 'input',
    parent: null,
    rootImage,
    rootBox: [0, 0, width, height],
    width,
    height,
  }));
}

/** For each view that a step brought in: the position from which it exists. */
function birthSteps(steps: readonly DrawnStep[]): ReadonlyMap<number, number> {
  return new Map(
    steps.flatMap((step) => (step.resultView === null ? [] : [[step.resultView, step.index + 1] as const])),
  );
}

function imageItem(input: DocumentInput, { view, rect }: PlacedView, current: boolean): ImageItem {
  const root = input.images[view.rootImage];
  const asModel = input.pixels === 'model' && input.episode !== null;
  const whole = root !== undefined && sameBox(view.rootBox, [0, 0, root.width, root.height]);
  const fromRoot = !asModel && root !== undefined;
  return {
    kind: 'image',
    key: `image:${view.number}`,
    view: view.number,
    rect,
    url: fromRoot ? root.url : input.viewUrl(view.number),
    crop: fromRoot && !whole ? view.rootBox : null,
    cropOf: fromRoot && !whole ? { width: root.width, height: root.height } : null,
    pixelWidth: fromRoot ? bboxWidth(view.rootBox) : view.width,
    focused: input.focus === view.number,
    current,
    tone: view.origin,
  };
}

function labelItem(image: ImageItem, { view, rect }: PlacedView, ran: boolean): LabelItem {
  const source = `${bboxWidth(view.rootBox)} × ${bboxHeight(view.rootBox)}`;
  const seen = `${view.width} × ${view.height}`;
  return {
    kind: 'label',
    key: `label:${view.number}`,
    view: view.number,
    rect,
    number: String(view.number),
    text: ran && seen !== source ? `${source}  seen at ${seen}` : source,
    tone: image.tone,
    current: image.current,
  };
}

/** The views at the cursor, by what steps look for: with a thousand of both, nothing may look at each for each. */
interface ShownViews {
  readonly byNumber: ReadonlyMap<number, PlacedView>;
  readonly byRoot: ReadonlyMap<number, readonly PlacedView[]>;
  readonly obstacles: Obstacles;
}

function shownViews(visible: readonly PlacedView[]): ShownViews {
  return {
    byNumber: new Map(visible.map((one) => [one.view.number, one])),
    byRoot: Map.groupBy(visible, ({ view }) => view.rootImage),
    obstacles: obstaclesOf(visible.map(({ rect }) => rect)),
  };
}

interface CallItems {
  readonly boxes: readonly BoxItem[];
  readonly links: readonly LinkItem[];
}

function callItems(step: DrawnStep, shown: ShownViews, current: boolean): CallItems {
  const { action } = step;
  if (action?.kind === 'zoom_in') return zoomItems(step, action, shown, current);
  if (action?.kind === 'look_back') {
    const from = shown.byNumber.get(action.image);
    return { boxes: [], links: link(step, from, from?.rect, shown, 'look_back', current) };
  }
  // A box that led nowhere would only clutter the steps after it.
  if (action?.kind === 'bad_call' && current) return { boxes: refusedBox(step, action, shown), links: [] };
  return { boxes: [], links: [] };
}

type ZoomIn = Extract<StepAction, { kind: 'zoom_in' }>;
type BadCall = Extract<StepAction, { kind: 'bad_call' }>;

function zoomItems(step: DrawnStep, action: ZoomIn, shown: ShownViews, current: boolean): CallItems {
  const from = shown.byNumber.get(action.image);
  if (from === undefined) return { boxes: [], links: [] };
  const base = { kind: 'box', step: step.index, current } as const;
  const tag = step.resultView === null ? null : String(step.resultView);
  const onCalled: BoxItem = {
    ...base,
    key: `box:${step.index}`,
    view: from.view.number,
    rect: mapBox(action.rootBox, from.view.rootBox, from.rect),
    tone: 'call',
    tag,
  };
  const echoes = (shown.byRoot.get(action.rootImage) ?? [])
    .filter(({ view }) => view.number !== action.image && shows(view, action))
    .map(
      (other): BoxItem => ({
        ...base,
        key: `box:${step.index}:${other.view.number}`,
        view: other.view.number,
        rect: mapBox(action.rootBox, other.view.rootBox, other.rect),
        tone: 'echo',
        tag: null,
      }),
    );
  return {
    boxes: [...echoes, onCalled],
    links: link(step, from, onCalled.rect, shown, 'zoom_in', current),
  };
}

/** The view, a part of the same image, shows the region and something around it. */
function shows(view: ImageView, action: ZoomIn): boolean {
  return boxContains(view.rootBox, action.rootBox) && !sameBox(view.rootBox, action.rootBox);
}

/** A call that was an error still says where the model wanted to look, if its box can be read. */
function refusedBox(step: DrawnStep, action: BadCall, shown: ShownViews): readonly BoxItem[] {
  const image = action.arguments?.['image'];
  const box = bbox.safeParse(action.arguments?.['bbox_2d']);
  const on = typeof image === 'number' ? shown.byNumber.get(image) : undefined;
  if (!box.success || on === undefined || bboxWidth(box.data) <= 0 || bboxHeight(box.data) <= 0) return [];
  const whole = mapBox(box.data, [0, 0, on.view.width, on.view.height], on.rect);
  const rect = clip(whole, grow(on.rect, 24));
  if (rect === null) return [];
  const key = `box:${step.index}`;
  const { number } = on.view;
  return [
    { kind: 'box', key, step: step.index, view: number, rect, tone: 'refused', tag: null, current: true },
  ];
}

function link(
  step: DrawnStep,
  from: PlacedView | undefined,
  start: StageRect | undefined,
  shown: ShownViews,
  tone: LinkItem['tone'],
  current: boolean,
): readonly LinkItem[] {
  const to = step.resultView === null ? undefined : shown.byNumber.get(step.resultView);
  if (from === undefined || to === undefined || start === undefined) return [];
  return [
    {
      kind: 'link',
      key: `link:${step.index}`,
      step: step.index,
      from: from.view.number,
      to: to.view.number,
      curve: linkCurve(start, to.rect, shown.obstacles, [from.rect, to.rect]),
      tone,
      current,
    },
  ];
}
