/**
 * `data/` of a run folder: `train.jsonl`, `validation.jsonl` (rows of {@link trainSample}) and
 * `demonstrations.jsonl` (rows of {@link demonstration}); only `train.jsonl` must be there. Image paths are
 * relative to `data/` and stay inside it.
 */
import { z } from 'zod';
import { bbox } from '../model/bbox.ts';
import { answerKind } from '../model/sample.ts';

export const trainSample = z
  .object({
    id: z.string().min(1),
    kind: z.string().default(''),
    images: z.array(z.string().min(1)).min(1).readonly(),
    question: z.string().min(1),
    choices: z.array(z.string()).readonly().nullable().default(null),
    /** Alternatives. A sample without one can't be scored and is left out, with a warning. */
    answers: z.array(z.string()).readonly(),
    answer_kind: answerKind.default('text'),
    /** Relative, for numbers. */
    tolerance: z.number().default(1e-6),
  })
  .readonly();
export type TrainSample = z.infer<typeof trainSample>;

export const stepMark = z.enum(['good', 'bad']);

/** A corrected trajectory: what the assistant says, turn by turn. The trainer runs the tools again from it. */
export const demonstration = z
  .object({
    id: z.string().min(1),
    sample_id: z.string().min(1),
    turns: z
      .array(z.object({ text: z.string(), mark: stepMark.nullable().default(null) }).readonly())
      .min(1)
      .readonly(),
    /** `image` is the 0-based index into the sample's images; `box` counts pixels of the canonical image. */
    approved_boxes: z
      .array(z.object({ image: z.number().int().nonnegative(), box: bbox }).readonly())
      .readonly()
      .default([]),
  })
  .readonly();
export type Demonstration = z.infer<typeof demonstration>;
