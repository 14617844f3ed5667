/** Operations by what a person wants: pure, for the page, the queue and the terminal alike. */
import type { CorrectionOperation, ImageOrigin, StepKey, WrittenCall } from '../model/correction.ts';
import type { CorrectedEpisode } from './corrected-episode.ts';

/** A key that no step has or had. */
export function nextStepKey(operations: readonly CorrectionOperation[], letter: 'h' | 'c'): StepKey {
  return freshKey(operations.flatMap(keysMade), letter);
}

function freshKey(taken: readonly StepKey[], letter: string): StepKey {
  const numbers = taken.flatMap((key) => (key.startsWith(letter) ? Number(key.slice(1)) : []));
  return `${letter}${Math.max(-1, ...numbers) + 1}`;
}

function keysMade(operation: CorrectionOperation): readonly StepKey[] {
  switch (operation.kind) {
    case 'insert_step':
      return [operation.key];
    case 'continued':
      return operation.steps.map(({ key }) => key);
    default:
      return [];
  }
}

/** Sets what the trajectory answers: in the step that answers, else in a new one at the end. */
export function answerOperation(
  corrected: CorrectedEpisode,
  operations: readonly CorrectionOperation[],
  answer: string,
): CorrectionOperation {
  const answering = corrected.steps.find((step) => step.action?.kind === 'answer');
  if (answering !== undefined) return { kind: 'set_answer', step: answering.key, answer };
  const last = corrected.steps.at(-1);
  return {
    kind: 'insert_step',
    key: nextStepKey(operations, 'h'),
    after: last?.key ?? null,
    thought: '',
    act: { kind: 'answer', answer },
  };
}

/** The call of a step, as a person would write it; null where it makes none that could run. */
export function callOf(corrected: CorrectedEpisode, key: StepKey): WrittenCall | null {
  const step = corrected.steps.find((one) => one.key === key);
  const image = step?.image;
  if (step === undefined || image === undefined || image === null) return null;
  switch (step.action?.kind) {
    case 'zoom_in':
      return { tool: 'zoom_in', image, box: step.action.viewBox };
    case 'look_back':
      return { tool: 'look_back', image };
    default:
      return null;
  }
}

/** The view that an origin stands for; null where it is not there. */
export function viewNumberOf(corrected: CorrectedEpisode, image: ImageOrigin): number | null {
  if (image.kind === 'input') {
    return corrected.views[image.image - 1]?.origin === 'input' ? image.image : null;
  }
  return corrected.steps.find(({ key }) => key === image.step)?.resultView ?? null;
}

/** Where a view came from. */
export function originOfView(corrected: CorrectedEpisode, number: number): ImageOrigin | null {
  const view = corrected.views[number - 1];
  if (view === undefined) return null;
  if (view.origin === 'input') return { kind: 'input', image: number };
  const step = corrected.steps.find(({ resultView }) => resultView === number);
  return step === undefined ? null : { kind: 'result', step: step.key };
}

/**
 * Puts operations on top of others that were made meanwhile: steps that both put in get keys of their own. What names
 * a step that the others took out stays in the list; replaying it says so.
 */
export function rebase(
  mine: readonly CorrectionOperation[],
  theirs: readonly CorrectionOperation[],
): readonly CorrectionOperation[] {
  const theirKeys = new Set(theirs.flatMap(keysMade));
  const myKeys = mine.flatMap(keysMade);
  const taken = [...theirKeys, ...myKeys];
  const renamed = new Map<StepKey, StepKey>();
  for (const key of myKeys) {
    if (!theirKeys.has(key)) continue;
    const fresh = freshKey(taken, key.slice(0, 1));
    taken.push(fresh);
    renamed.set(key, fresh);
  }
  return mine.map((operation) => renameKeys(operation, (key) => renamed.get(key) ?? key));
}

function renameKeys(operation: CorrectionOperation, rename: (key: StepKey) => StepKey): CorrectionOperation {
  const behind = (key: StepKey | null): StepKey | null => (key === null ? null : rename(key));
  const image = (origin: ImageOrigin): ImageOrigin =>
    origin.kind === 'input' ? origin : { ...origin, step: rename(origin.step) };
  const called = (call: WrittenCall): WrittenCall => ({ ...call, image: image(call.image) });
  switch (operation.kind) {
    case 'insert_step': {
      const { act } = operation;
      return {
        ...operation,
        key: rename(operation.key),
        after: behind(operation.after),
        act: act.kind === 'call' ? { ...act, call: called(act.call) } : act,
      };
    }
    case 'edit_call':
      return { ...operation, step: rename(operation.step), call: called(operation.call) };
    case 'move_step':
      return { ...operation, step: rename(operation.step), after: behind(operation.after) };
    case 'continued':
      return {
        ...operation,
        after: behind(operation.after),
        steps: operation.steps.map((step) => ({ ...step, key: rename(step.key) })),
      };
    case 'edit_thought':
    case 'set_answer':
    case 'delete_step':
    case 'mark_step':
    case 'cut_here':
      return { ...operation, step: rename(operation.step) };
  }
}
