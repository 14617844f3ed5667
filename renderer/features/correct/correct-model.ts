/** What the screen derives from a correction. Pure. */
import type { CorrectedEpisode, CorrectedStep } from '../../../shared/correction/corrected-episode.ts';
import { callOf, nextStepKey, originOfView, viewNumberOf } from '../../../shared/correction/operations.ts';
import type { Bbox } from '../../../shared/model/bbox.ts';
import { bbox } from '../../../shared/model/bbox.ts';
import type {
  CorrectionOperation,
  ImageOrigin,
  StepKey,
  WrittenAct,
  WrittenCall,
} from '../../../shared/model/correction.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { ImageView } from '../../../shared/model/view.ts';
import { moveBox, snapInside } from '../../canvas/box-edit.ts';
import type { DrawnStep } from '../../canvas/document.ts';
import type { EditableBox } from '../../canvas/stage-editing.ts';

/** What is on the stage and in the list: the corrected steps, and behind them those of a run that goes on. */
export interface Shown {
  readonly steps: readonly CorrectedStep[];
  readonly live: Episode | null;
  readonly views: readonly ImageView[];
  readonly drawn: readonly DrawnStep[];
}

/** While the agent goes on from a step, what came after it is not shown: it is about to be replaced. */
export function shownOf(
  corrected: CorrectedEpisode,
  live: Episode | null,
  startedBehind: number | null,
): Shown {
  const running = live !== null && live.state.kind === 'running' ? live : null;
  const kept =
    running === null
      ? corrected.steps.length
      : (running.steps[0]?.index ?? startedBehind ?? corrected.steps.length);
  const steps = corrected.steps.slice(0, kept);
  const own = steps.map(({ action, resultView }, index): DrawnStep => ({ index, action, resultView }));
  return {
    steps,
    live: running,
    views: running === null ? corrected.views : running.views,
    drawn: running === null ? own : [...own, ...running.steps],
  };
}

/** Steps that a person should look at: they no longer follow, and nobody has vouched for them. */
export function stands(step: CorrectedStep): boolean {
  return step.follows || step.isConfirmed;
}

/** The last step up to which everything stands; null where the first does not. */
export function lastStanding(steps: readonly CorrectedStep[]): StepKey | null {
  const firstDoubtful = steps.findIndex((step) => !stands(step));
  return (firstDoubtful < 0 ? steps.at(-1) : steps[firstDoubtful - 1])?.key ?? null;
}

/** Boxes that can be held: those of calls that run, and those that a person wrote and the tool refused. */
export function editableBoxes(corrected: CorrectedEpisode, upTo: number): readonly EditableBox[] {
  return corrected.steps.slice(0, upTo).flatMap((step): readonly EditableBox[] => {
    const found = boxOf(corrected, step);
    return found === null ? [] : [{ key: step.key, ...found, result: step.resultView }];
  });
}

/** The box of a step on its view, inside it; null where it has none that can be read. */
export function boxOf(
  corrected: CorrectedEpisode,
  step: CorrectedStep,
): { readonly view: number; readonly box: Bbox } | null {
  const { action } = step;
  if (action?.kind === 'zoom_in') return { view: action.image, box: action.viewBox };
  if (action?.kind !== 'bad_call' || step.image === null) return null;
  const read = bbox.safeParse(action.arguments?.['bbox_2d']);
  const number = viewNumberOf(corrected, step.image);
  const view = number === null ? undefined : corrected.views[number - 1];
  return read.success && view !== undefined ? { view: view.number, box: snapInside(read.data, view) } : null;
}

/** The call of a step with another box, on the view on which it was drawn. */
export function boxOperation(
  corrected: CorrectedEpisode,
  step: StepKey,
  view: number,
  box: Bbox,
): CorrectionOperation | null {
  const image = originOfView(corrected, view);
  return image === null ? null : { kind: 'edit_call', step, call: { tool: 'zoom_in', image, box } };
}

export function nudged(
  corrected: CorrectedEpisode,
  key: StepKey,
  dx: number,
  dy: number,
): CorrectionOperation | null {
  const step = corrected.steps.find((one) => one.key === key);
  const found = step === undefined ? null : boxOf(corrected, step);
  const view = found === null ? undefined : corrected.views[found.view - 1];
  if (found === null || view === undefined) return null;
  const box = moveBox(found.box, { x: dx, y: dy }, view);
  return box.every((side, at) => side === found.box[at])
    ? null
    : boxOperation(corrected, key, found.view, box);
}

/** Behind which step a new one goes: the selected one, but never behind an answer. */
export function placeForNew(steps: readonly CorrectedStep[], selected: StepKey | null): StepKey | null {
  const at = steps.findIndex(({ key }) => key === selected);
  const from = at < 0 ? steps.length - 1 : at;
  const step = steps[from];
  return (step?.action?.kind === 'answer' ? steps[from - 1] : step)?.key ?? null;
}

export function insertOperation(
  operations: readonly CorrectionOperation[],
  after: StepKey | null,
  act: WrittenAct,
): Extract<CorrectionOperation, { kind: 'insert_step' }> {
  return { kind: 'insert_step', key: nextStepKey(operations, 'h'), after, thought: '', act };
}

/** A call of the other tool, or at another image, with what can be kept. */
export function changedCall(
  corrected: CorrectedEpisode,
  step: CorrectedStep,
  change: { readonly tool: WrittenCall['tool']; readonly view: number },
): WrittenCall | null {
  const image: ImageOrigin | null = originOfView(corrected, change.view);
  const view = corrected.views[change.view - 1];
  if (image === null || view === undefined) return null;
  if (change.tool === 'look_back') return { tool: 'look_back', image };
  const before = callOf(corrected, step.key);
  const box = before?.tool === 'zoom_in' ? snapInside(before.box, view) : middleOf(view);
  return { tool: 'zoom_in', image, box };
}

/** The middle half of a view: something to begin with. */
export function middleOf({ width, height }: ImageView): Bbox {
  return snapInside([width / 4, height / 4, (3 * width) / 4, (3 * height) / 4], { width, height });
}

/** The step above or below, for moving: behind which one it goes; undefined where it can't. */
export function moveTarget(
  steps: readonly CorrectedStep[],
  key: StepKey,
  by: 1 | -1,
): StepKey | null | undefined {
  const at = steps.findIndex((step) => step.key === key);
  if (at < 0 || at + by < 0 || at + by >= steps.length) return undefined;
  return by === 1 ? (steps[at + 1]?.key ?? null) : (steps[at - 2]?.key ?? null);
}
