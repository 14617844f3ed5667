import { z } from 'zod';
import { imageSizing } from './agent-version.ts';
import { bbox } from './bbox.ts';
import { correctionId, episodeId, reviewerId } from './ids.ts';

/**
 * Names a step for good, however many are put in or taken out around it: `m0` is the model's first, `h0` a person's,
 * `c0` one that the model went on with from an edited step.
 */
export const stepKey = z.string().regex(/^[mhc]\d{1,6}$/, 'not a step key');
export type StepKey = z.infer<typeof stepKey>;

export function modelStepKey(index: number): StepKey {
  return `m${index}`;
}

/** Where an image came from, which stays true when numbers shift. `image` is the 1-based number of an input. */
export const imageOrigin = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('input'), image: z.number().int().min(1).max(1000) }).readonly(),
  z.object({ kind: z.literal('result'), step: stepKey }).readonly(),
]);
export type ImageOrigin = z.infer<typeof imageOrigin>;

const text = z.string().max(20_000);

/** A call as a person writes it. The box counts pixels of the named image as the model saw it. */
export const writtenCall = z.discriminatedUnion('tool', [
  z.object({ tool: z.literal('zoom_in'), image: imageOrigin, box: bbox }).readonly(),
  z.object({ tool: z.literal('look_back'), image: imageOrigin }).readonly(),
]);
export type WrittenCall = z.infer<typeof writtenCall>;

/** What a step of a person's does: look, or answer. */
export const writtenAct = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('call'), call: writtenCall }).readonly(),
  z.object({ kind: z.literal('answer'), answer: text }).readonly(),
]);
export type WrittenAct = z.infer<typeof writtenAct>;

export const stepMark = z.enum(['good', 'bad']);
export type StepMark = z.infer<typeof stepMark>;

/**
 * A step that the model sampled from an edited step on. The text stands here, so that replaying needs nothing else;
 * its tokens are stored with the run that sampled it.
 */
const continuedStep = z
  .object({
    key: stepKey,
    text: z.string().max(200_000),
    /** The run that sampled it, and its step there. */
    run: episodeId,
    index: z.number().int().nonnegative(),
    /** False where the turn was cut: by a limit, or by a person who stopped it. */
    whole: z.boolean(),
  })
  .readonly();

/** `after` names the step behind which something is put; null is the very beginning. */
const after = stepKey.nullable();

/** One edit. A correction is a list of them; each can be undone, replayed, shown and exported by itself. */
export const correctionOperation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('edit_thought'), step: stepKey, thought: text }).readonly(),
  z.object({ kind: z.literal('edit_call'), step: stepKey, call: writtenCall }).readonly(),
  z.object({ kind: z.literal('set_answer'), step: stepKey, answer: text }).readonly(),
  z
    .object({ kind: z.literal('insert_step'), key: stepKey, after, thought: text, act: writtenAct })
    .readonly(),
  z.object({ kind: z.literal('delete_step'), step: stepKey }).readonly(),
  z.object({ kind: z.literal('move_step'), step: stepKey, after }).readonly(),
  /** `good` also says that a person vouches for the step as it stands, in what comes before it now. */
  z.object({ kind: z.literal('mark_step'), step: stepKey, mark: stepMark.nullable() }).readonly(),
  /** Everything behind the step goes. */
  z.object({ kind: z.literal('cut_here'), step: stepKey }).readonly(),
  /** Everything behind `after` goes, and what the model sampled instead comes. */
  z
    .object({
      kind: z.literal('continued'),
      after,
      /** What was before the first of them when they were sampled; see `contextAfter`. */
      context: z.string().max(64),
      steps: z.array(continuedStep).min(1).max(1000).readonly(),
    })
    .readonly(),
]);
export type CorrectionOperation = z.infer<typeof correctionOperation>;

export const MAX_OPERATIONS = 10_000;

/** What people made of an episode: a child of it, never a copy. */
export const correction = z
  .object({
    id: correctionId,
    episodeId,
    /** Who began it. Who did what since is in the journal. */
    by: reviewerId,
    createdAt: z.number(),
    /** Names a state; an edit that names another one is stale. */
    revision: z.number().int(),
    /** The sizes at which the agent sees images, kept so that replaying gives the same for ever. */
    sizing: imageSizing,
    operations: z.array(correctionOperation).readonly(),
  })
  .readonly();
export type Correction = z.infer<typeof correction>;

export const correctionSummary = z
  .object({
    id: correctionId,
    episodeId,
    by: reviewerId,
    createdAt: z.number(),
    revision: z.number().int(),
    operationCount: z.number().int(),
  })
  .readonly();
export type CorrectionSummary = z.infer<typeof correctionSummary>;
