import { z } from 'zod';
import { bbox } from './bbox.ts';

/** A piece of what entered the context, exactly as the model saw it. */
export const seenSegment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: z.string(), tokens: z.number().int() }).readonly(),
  z.object({ kind: z.literal('image'), view: z.number().int(), tokens: z.number().int() }).readonly(),
]);
export type SeenSegment = z.infer<typeof seenSegment>;

/** `text` is the piece that the token adds to the decoded text; it may be empty inside a character. */
export const sampledToken = z
  .object({
    id: z.number().int(),
    text: z.string(),
    /** Natural logarithm of the probability under the untempered distribution; null if unknown. */
    logprob: z.number().nullable(),
    /** Entropy in nats of the untempered distribution; null if unknown. */
    entropy: z.number().nullable(),
  })
  .readonly();
export type SampledToken = z.infer<typeof sampledToken>;

/** What a turn did, once its text was parsed and, for a call, checked. */
export const stepAction = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('zoom_in'),
      image: z.number().int(),
      /** In pixels of the named image as the model saw it. */
      viewBox: bbox,
      /** In pixels of the canonical root image. */
      rootBox: bbox,
      rootImage: z.number().int(),
    })
    .readonly(),
  z.object({ kind: z.literal('look_back'), image: z.number().int() }).readonly(),
  z
    .object({
      kind: z.literal('bad_call'),
      /** The error text that the model was shown. */
      error: z.string(),
      /** Name and arguments where they could be read. */
      name: z.string().nullable(),
      arguments: z.record(z.string(), z.unknown()).nullable(),
    })
    .readonly(),
  z.object({ kind: z.literal('answer'), answer: z.string() }).readonly(),
  z.object({ kind: z.literal('nothing') }).readonly(),
]);
export type StepAction = z.infer<typeof stepAction>;

export const stopReason = z.enum(['stop_string', 'eos', 'max_tokens', 'aborted']);
export type StopReason = z.infer<typeof stopReason>;

/** One turn: what entered before it, what was sampled, what came of it. */
export const step = z
  .object({
    /** 0-based. */
    index: z.number().int().nonnegative(),
    segments: z.array(seenSegment).readonly(),
    /** Context length, in tokens, before the first sampled token. */
    contextTokens: z.number().int(),
    tokens: z.array(sampledToken).readonly(),
    /** How many tokens were sampled, where `tokens` was left out because all of them together are very many. */
    tokensLeftOut: z.number().int().positive().optional(),
    text: z.string(),
    thought: z.string(),
    /** Null while the turn is being sampled, or if it never ended. */
    action: stepAction.nullable(),
    /** Number of the view that the call brought in. */
    resultView: z.number().int().nullable(),
    stopReason: stopReason.nullable(),
    timings: z.object({ prefillMs: z.number(), samplingMs: z.number() }).readonly(),
  })
  .readonly();
export type Step = z.infer<typeof step>;

/** Tokens that were sampled in a turn, whether they are here or were left out. */
export function sampledCount(one: Step): number {
  return one.tokensLeftOut ?? one.tokens.length;
}
