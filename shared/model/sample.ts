import { z } from 'zod';
import { imageId, sampleId } from './ids.ts';

/** How an answer is compared with the references; see answer-check. */
export const answerKind = z.enum(['text', 'number', 'choice', 'yes_no', 'set']);
export type AnswerKind = z.infer<typeof answerKind>;

export const split = z.enum(['train', 'validation', 'test', 'none']);
export type Split = z.infer<typeof split>;

/** JSON can escape half of a surrogate pair; UTF-8 can't, and a store that swapped it for another character would lie. */
export const plainText = z
  .string()
  .refine((text) => text.isWellFormed(), 'half of a surrogate pair, which is no text');

/** How far from the reference a number may be, relative to it. Absent: the answer check's own. */
export const tolerance = z.number().min(0).max(1);

/** What a person writes to make a sample. `answers` are alternatives; empty means that none is known. */
export const sampleDraft = z
  .object({
    question: plainText.trim().min(1, 'Write a question.').max(8000),
    imageIds: z.array(imageId).min(1, 'Choose at least one image.').max(32).readonly(),
    choices: z.array(plainText.trim().min(1).max(1000)).min(2).max(26).readonly().nullable(),
    answers: z.array(plainText.trim().min(1).max(4000)).max(32).readonly(),
    answerKind: answerKind,
    tolerance: tolerance.optional(),
    kind: plainText.trim().max(64).default('custom'),
    tags: z.array(plainText.trim().min(1).max(64)).max(64).readonly().default([]),
    split: split.default('none'),
  })
  .readonly();
export type SampleDraft = z.infer<typeof sampleDraft>;

export const sample = z
  .object({
    id: sampleId,
    question: z.string(),
    imageIds: z.array(imageId).readonly(),
    choices: z.array(z.string()).readonly().nullable(),
    answers: z.array(z.string()).readonly(),
    answerKind: answerKind,
    tolerance: tolerance.optional(),
    kind: z.string(),
    tags: z.array(z.string()).readonly(),
    split: split,
    createdAt: z.number(),
    /** Counts edits; an edit that names an older revision is a conflict. */
    revision: z.number().int(),
  })
  .readonly();
export type Sample = z.infer<typeof sample>;
