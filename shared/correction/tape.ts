import type { ViewSizing } from '../agent/tools/tool.ts';
import type { StepKey } from '../model/correction.ts';
import type { Episode } from '../model/episode.ts';
import type { ImageView } from '../model/view.ts';
import { CONTEXT_START } from './context-key.ts';
import { perform } from './perform.ts';
import type { Performed, Scene } from './perform.ts';
import type { Slot } from './slot.ts';

/**
 * Steps played one after the other. What was played before the place of an edit is kept, so that replaying many edits
 * of a long episode plays few steps again.
 */
export interface Tape {
  readonly played: readonly Performed[];
  readonly views: readonly ImageView[];
  /** Plays on until `count` of the steps are played. */
  playTo(steps: readonly Slot[], count: number): void;
  /** Forgets everything from a place on, because it changed. */
  rewind(count: number): void;
  /** What the next step finds. */
  scene(): Scene;
  /** The step that brought in a view. */
  broughtBy(view: number): StepKey | undefined;
}

export function createTape(episode: Episode, sizing: ViewSizing): Tape {
  const views: ImageView[] = episode.views.filter((view) => view.origin === 'input');
  const inputs = views.length;
  const played: Performed[] = [];
  const numbers = new Map<StepKey, number>();

  const scene = (): Scene => ({
    context: played.at(-1)?.contextAfter ?? CONTEXT_START,
    views,
    inputs,
    numberOf: (step) => numbers.get(step),
    sizing,
    withTools: episode.withTools,
  });

  return {
    played,
    views,
    scene,
    playTo: (steps, count) => {
      for (const slot of steps.slice(played.length, count)) {
        const one = perform(slot, scene());
        played.push(one);
        if (one.view === null) continue;
        views.push(one.view);
        numbers.set(slot.key, one.view.number);
      }
    },
    rewind: (count) => {
      while (played.length > count) {
        const one = played.pop();
        if (one === undefined || one.view === null) continue;
        views.pop();
        numbers.delete(one.key);
      }
    },
    broughtBy: (view) => played.find((one) => one.view?.number === view)?.key,
  };
}
