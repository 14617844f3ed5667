import type { StepMark } from '../model/correction.ts';
import type { CorrectedEpisode, CorrectedStep } from './corrected-episode.ts';
import type { RootRegion } from './diff-steps.ts';

/** What training takes from a corrected trajectory. */
export interface Demonstration {
  readonly turns: readonly { readonly text: string; readonly mark: StepMark | null }[];
  /** Boxes that a person drew or called good. */
  readonly approvedBoxes: readonly RootRegion[];
}

/** Why a trajectory can't be learned from as it stands; empty where it can. Each says what to do. */
export function demonstrationObstacles(corrected: CorrectedEpisode): readonly string[] {
  const { steps, answer, problems } = corrected;
  const doubtful = steps.flatMap((step, at) => (stands(step) ? [] : [at + 1]));
  return [
    ...problems.map(({ message }) => message),
    ...(answer === null ? ['There is no answer. Write one, or let the agent go on.'] : []),
    ...(doubtful.length === 0
      ? []
      : [
          `${doubtful.length === 1 ? 'Step' : 'Steps'} ${doubtful.join(', ')} no longer ${doubtful.length === 1 ? 'follows' : 'follow'} from what comes before. Run from the last step that does, rewrite them, or mark them good.`,
        ]),
  ];
}

/** Null where something of it no longer follows, or is wrong: see `demonstrationObstacles`. */
export function demonstrationOf(corrected: CorrectedEpisode): Demonstration | null {
  if (demonstrationObstacles(corrected).length > 0) return null;
  return {
    turns: corrected.steps.map(({ text, mark }) => ({ text, mark })),
    approvedBoxes: corrected.steps.flatMap(approvedBox),
  };
}

/** A step that follows from what comes before it, or that a person called good there. */
function stands(step: CorrectedStep): boolean {
  return step.follows || step.isConfirmed;
}

function approvedBox(step: CorrectedStep): readonly RootRegion[] {
  const { action, edited, mark } = step;
  const isApproved = mark !== 'bad' && (step.isConfirmed || edited.includes('call'));
  return isApproved && action?.kind === 'zoom_in' ? [{ image: action.rootImage, box: action.rootBox }] : [];
}
