/** What an edit is called: in the undo menu, in the history, on the page. */
import type { CorrectionOperation, StepKey } from '../model/correction.ts';
import type { CorrectedEpisode } from './corrected-episode.ts';

/** @param before the correction as it was when the edit was made. */
export function actionLabel(operations: readonly CorrectionOperation[], before: CorrectedEpisode): string {
  const [first] = operations;
  if (first === undefined) return 'Edit correction';
  const label = operationWords(first, before);
  return operations.length === 1 ? label : `${label} and ${operations.length - 1} more`;
}

export function operationWords(operation: CorrectionOperation, before: CorrectedEpisode): string {
  const step = (key: StepKey): string => {
    const at = before.steps.findIndex((one) => one.key === key);
    return at < 0 ? 'a step' : `step ${at + 1}`;
  };
  switch (operation.kind) {
    case 'edit_thought':
      return `Edit thought of ${step(operation.step)}`;
    case 'edit_call':
      return callWords(operation, before, step(operation.step));
    case 'set_answer':
      return `Set answer in ${step(operation.step)}`;
    case 'insert_step':
      return operation.after === null
        ? 'Insert step at the start'
        : `Insert step after ${step(operation.after)}`;
    case 'delete_step':
      return `Delete ${step(operation.step)}`;
    case 'move_step':
      return `Move ${step(operation.step)}`;
    case 'mark_step':
      return operation.mark === null
        ? `Take mark off ${step(operation.step)}`
        : `Mark ${step(operation.step)} ${operation.mark}`;
    case 'cut_here':
      return `Cut after ${step(operation.step)}`;
    case 'continued':
      return operation.after === null ? 'Run from the start' : `Run from ${step(operation.after)}`;
  }
}

function callWords(
  { step: key, call }: Extract<CorrectionOperation, { kind: 'edit_call' }>,
  before: CorrectedEpisode,
  name: string,
): string {
  const { action, image } = before.steps.find((one) => one.key === key) ?? { action: null, image: null };
  if (action?.kind !== call.tool) return `Change call of ${name}`;
  const isSameImage = JSON.stringify(image) === JSON.stringify(call.image);
  return call.tool === 'zoom_in' && isSameImage ? `Move box of ${name}` : `Change image of ${name}`;
}
