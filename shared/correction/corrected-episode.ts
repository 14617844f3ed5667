import type { ImageOrigin, StepKey, StepMark } from '../model/correction.ts';
import type { EpisodeStatus, Verdict } from '../model/episode.ts';
import type { EpisodeId } from '../model/ids.ts';
import type { StepAction } from '../model/step.ts';
import type { ImageView } from '../model/view.ts';

/** What is wrong with a correction, by name. None of them is an exception. */
export interface CorrectionProblem {
  /** Null where it is about the whole. */
  readonly step: StepKey | null;
  readonly kind:
    | 'image_gone'
    | 'call_refused'
    | 'unreadable'
    | 'after_answer'
    | 'over_budget'
    | 'too_many_calls'
    | 'operation_skipped';
  /** Says what to do. */
  readonly message: string;
}

export type EditedField = 'thought' | 'call' | 'answer';

/** A step as it stands after the edits. */
export interface CorrectedStep {
  readonly key: StepKey;
  /** Who it is from: the model in the first place, a person, or the model again from an edited step on. */
  readonly origin: 'model' | 'person' | 'continued';
  /** What a person wrote of it. Of a person's own step, everything. */
  readonly edited: readonly EditedField[];
  /** The turn as the model would have written it, stop string included. */
  readonly text: string;
  readonly thought: string;
  /** Boxes in both spaces. Null where the turn was cut, or where the image that it names is gone. */
  readonly action: StepAction | null;
  /** Which image a call names. */
  readonly image: ImageOrigin | null;
  /** Number of the view that the call brings in. */
  readonly resultView: number | null;
  /**
   * Whether it was sampled or written in exactly the context that it has now. False for everything behind an edit that
   * changed what the model had before it.
   */
  readonly follows: boolean;
  /** Whether a person called it good in the context that it has now. */
  readonly isConfirmed: boolean;
  readonly mark: StepMark | null;
  /** Where its tokens are stored, if its text is exactly what was sampled. */
  readonly sampled: { readonly run: EpisodeId; readonly index: number } | null;
  readonly contextBefore: string;
  readonly contextAfter: string;
}

/** An episode with the edits of a correction replayed over it. */
export interface CorrectedEpisode {
  readonly steps: readonly CorrectedStep[];
  /** The inputs and what the calls bring in, numbered anew. */
  readonly views: readonly ImageView[];
  readonly answer: string | null;
  readonly status: EpisodeStatus;
  readonly verdict: Verdict;
  readonly problems: readonly CorrectionProblem[];
}
