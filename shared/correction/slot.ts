import type { ImageOrigin, StepKey, StepMark, WrittenAct } from '../model/correction.ts';
import { modelStepKey } from '../model/correction.ts';
import type { Episode } from '../model/episode.ts';
import type { EpisodeId } from '../model/ids.ts';

/** A turn as it was sampled. */
export interface SampledTurn {
  readonly text: string;
  /** False where it was cut: what it would have done is not known. */
  readonly whole: boolean;
  /** Where its tokens are. */
  readonly run: EpisodeId;
  readonly index: number;
  /** The context that it was sampled in. */
  readonly context: string;
  /** The image that its call names; null where it names none that was there. */
  readonly named: ImageOrigin | null;
}

/** What a person wrote, and the context that they had before them. Null keeps what the model wrote. */
export interface Writing {
  readonly thought: string | null;
  readonly act: WrittenAct | null;
  readonly context: string;
}

/** One place in the order of steps. Steps that were taken out keep theirs, so that others can still be put behind it. */
export interface Slot {
  readonly key: StepKey;
  readonly sampled: SampledTurn | null;
  readonly written: Writing | null;
  readonly mark: StepMark | null;
  /** The context in which a person called it good. */
  readonly vouchedIn: string | null;
  readonly isGone: boolean;
}

/** The model's steps, before their contexts and images are known. */
export function modelSlots(episode: Episode): readonly Slot[] {
  return episode.steps.map((step) =>
    sampledSlot(modelStepKey(step.index), {
      text: step.text,
      whole: step.stopReason === 'stop_string' || step.stopReason === 'eos',
      run: episode.id,
      index: step.index,
    }),
  );
}

export function sampledSlot(key: StepKey, turn: Omit<SampledTurn, 'context' | 'named'>): Slot {
  const sampled: SampledTurn = { ...turn, context: '', named: null };
  return { key, sampled, written: null, mark: null, vouchedIn: null, isGone: false };
}
