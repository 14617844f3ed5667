import type { DrawnStep, StageDocument } from './document.ts';
import type { Bbox } from '../../shared/model/bbox.ts';
import { bboxHeight, bboxWidth } from '../../shared/model/bbox.ts';

/** The stage in words, a line for each image and each box: what a person reads who does not see it. */
export function describeStage(
  drawn: StageDocument,
  steps: readonly DrawnStep[],
  position: number,
): readonly string[] {
  const images = drawn.visible.map(({ view }) => {
    const size = `${bboxWidth(view.rootBox)} by ${bboxHeight(view.rootBox)} pixels`;
    const seen = `seen by the agent at ${view.width} by ${view.height}`;
    if (view.origin === 'input') return `Image ${view.number}: ${size}, ${seen}.`;
    if (view.origin === 'look_back')
      return `Image ${view.number}: image ${view.parent} shown again, ${seen}.`;
    return `Image ${view.number}: part of image ${view.parent}, source box ${words(view.rootBox)} of image ${view.rootImage + 1}, ${seen}.`;
  });
  const boxes = steps.slice(0, position).flatMap((step) => {
    const { action } = step;
    if (action?.kind === 'zoom_in') {
      const result = step.resultView === null ? '' : `, shown as image ${step.resultView}`;
      return [`Step ${step.index + 1}: box ${words(action.viewBox)} on image ${action.image}${result}.`];
    }
    if (action?.kind === 'bad_call')
      return [`Step ${step.index + 1}: a call that was refused: ${action.error}`];
    return [];
  });
  return [...images, ...boxes];
}

function words(box: Bbox): string {
  return `from ${box[0]}, ${box[1]} to ${box[2]}, ${box[3]}`;
}
