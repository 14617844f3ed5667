import { z } from 'zod';
import { agentVersionId, runId, snapshotId } from './ids.ts';
import { runState } from './run.ts';

/** Reviewed runs after which training is offered. */
export const REVIEWS_WANTED = 5;

/** What the first steps of a person are told by: the state of the workspace, not what was pressed. */
export const guideFacts = z
  .object({
    /** Runs that have ended. */
    episodes: z.number().int(),
    reviewed: z.number().int(),
    /** The newest. */
    snapshot: snapshotId.nullable(),
    /** The newest. */
    run: z.object({ id: runId, state: runState }).readonly().nullable(),
    /** The newest agent that came out of a run. */
    trained: z.object({ id: agentVersionId, parent: agentVersionId.nullable() }).readonly().nullable(),
    /** It and its parent were both measured to the end on the same samples. */
    compared: z.boolean(),
  })
  .readonly();
export type GuideFacts = z.infer<typeof guideFacts>;

export const guideStep = z.enum(['watch', 'review', 'snapshot', 'train', 'compare']);
export type GuideStep = z.infer<typeof guideStep>;

export interface GuideItem {
  readonly step: GuideStep;
  readonly isDone: boolean;
  /** The first that is not done: what to do next. */
  readonly isNext: boolean;
}

/** The first steps in their order. A later one that is done counts as done, whatever came before it. */
export function guideItems(facts: GuideFacts): readonly GuideItem[] {
  const done: Readonly<Record<GuideStep, boolean>> = {
    watch: facts.episodes > 0,
    review: facts.reviewed >= REVIEWS_WANTED,
    snapshot: facts.snapshot !== null,
    train: facts.trained !== null || facts.run?.state.kind === 'finished',
    compare: facts.compared,
  };
  const next = guideStep.options.find((step) => !done[step]);
  return guideStep.options.map((step) => ({ step, isDone: done[step], isNext: step === next }));
}
