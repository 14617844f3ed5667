/** The model's trajectory against the corrected one, step by step. */
import type { Bbox } from '../model/bbox.ts';
import type { StepKey } from '../model/correction.ts';
import { modelStepKey } from '../model/correction.ts';
import type { Episode } from '../model/episode.ts';
import type { Step, StepAction } from '../model/step.ts';
import type { CorrectedEpisode, CorrectedStep } from './corrected-episode.ts';
import { diffWords } from './word-diff.ts';
import type { WordChange } from './word-diff.ts';

/** A box in pixels of a canonical input image (0-based). */
export interface RootRegion {
  readonly image: number;
  readonly box: Bbox;
}

export interface StepDiff {
  readonly key: StepKey;
  readonly kind: 'kept' | 'edited' | 'inserted' | 'deleted';
  /** Whether it stands in another order to the steps that stayed. */
  readonly isMoved: boolean;
  /** Whether its box shows another region than the model's did. */
  readonly isBoxMoved: boolean;
  readonly model: Step | null;
  readonly corrected: CorrectedStep | null;
  /** What the model looked at, and what is looked at now. */
  readonly regions: { readonly model: RootRegion | null; readonly corrected: RootRegion | null };
  readonly thought: readonly WordChange[];
  readonly answer: { readonly model: string | null; readonly corrected: string | null };
}

/** In the corrected order, with what was taken out where the model had it. */
export function diffSteps(model: Episode, corrected: CorrectedEpisode): readonly StepDiff[] {
  const before = new Map(model.steps.map((step) => [modelStepKey(step.index), step]));
  const after = new Map(corrected.steps.map((step) => [step.key, step]));
  const stayed = inOrder(corrected.steps.flatMap(({ key }) => before.get(key)?.index ?? []));
  const rows: StepDiff[] = [];
  let next = 0;
  const takeDeleted = (upTo: number): void => {
    for (; next < upTo; next += 1) {
      const step = model.steps[next];
      if (step === undefined || after.has(modelStepKey(step.index))) continue;
      rows.push(rowOf(modelStepKey(step.index), step, null, false));
    }
  };
  for (const step of corrected.steps) {
    const old = before.get(step.key) ?? null;
    const isMoved = old !== null && !stayed.has(old.index);
    if (old !== null && !isMoved) takeDeleted(model.steps.indexOf(old));
    rows.push(rowOf(step.key, old, step, isMoved));
  }
  takeDeleted(model.steps.length);
  return rows;
}

function rowOf(
  key: StepKey,
  model: Step | null,
  corrected: CorrectedStep | null,
  isMoved: boolean,
): StepDiff {
  const regions = { model: regionOf(model?.action), corrected: regionOf(corrected?.action) };
  const isBoxMoved =
    regions.model !== null && regions.corrected !== null && !isSameRegion(regions.model, regions.corrected);
  return {
    key,
    kind: kindOf(model, corrected),
    isMoved,
    isBoxMoved,
    model,
    corrected,
    regions,
    thought: diffWords(model?.thought ?? '', corrected?.thought ?? ''),
    answer: { model: answerOf(model?.action), corrected: answerOf(corrected?.action) },
  };
}

function kindOf(model: Step | null, corrected: CorrectedStep | null): StepDiff['kind'] {
  if (model === null) return 'inserted';
  if (corrected === null) return 'deleted';
  return model.text === corrected.text ? 'kept' : 'edited';
}

function regionOf(action: StepAction | null | undefined): RootRegion | null {
  return action?.kind === 'zoom_in' ? { image: action.rootImage, box: action.rootBox } : null;
}

function isSameRegion(one: RootRegion, other: RootRegion): boolean {
  return one.image === other.image && one.box.every((side, at) => side === other.box[at]);
}

function answerOf(action: StepAction | null | undefined): string | null {
  return action?.kind === 'answer' ? action.answer : null;
}

/** A longest rising selection of some numbers, all different: the steps that need not count as moved. */
function inOrder(numbers: readonly number[]): ReadonlySet<number> {
  /** For each length, where the rising selection of that length with the smallest end ends. */
  const ends: number[] = [];
  const previous: number[] = [];
  for (const [at, value] of numbers.entries()) {
    const found = ends.findIndex((end) => (numbers[end] ?? 0) >= value);
    const length = found < 0 ? ends.length : found;
    previous.push(length === 0 ? -1 : (ends[length - 1] ?? -1));
    ends[length] = at;
  }
  const selected = new Set<number>();
  for (let at = ends.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) {
    const value = numbers[at];
    if (value !== undefined) selected.add(value);
  }
  return selected;
}
