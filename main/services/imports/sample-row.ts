import { createHash } from 'node:crypto';
import { z } from 'zod';
import { answerKind, plainText, split, tolerance } from '../../../shared/model/sample.ts';
import type { AnswerKind, SampleDraft } from '../../../shared/model/sample.ts';

/** A row of samples.jsonl. Keys that are not listed are ignored, so that other tools' files are read too. */
export const sampleRowFile = z.object({
  question: plainText.trim().min(1).max(8000),
  images: z.array(z.string().min(1).max(4096)).min(1).max(32),
  choices: z.array(plainText.trim().min(1).max(1000)).min(2).max(26).nullish(),
  answers: z.array(plainText.trim().min(1).max(4000)).max(32).default([]),
  answer_kind: answerKind.default('text'),
  tolerance: tolerance.nullish(),
  kind: plainText.trim().min(1).max(64).default('imported'),
  tags: z.array(plainText.trim().min(1).max(64)).max(64).default([]),
  split: split.default('none'),
});
export type SampleRowFile = z.infer<typeof sampleRowFile>;

/** What is wrong with a row, as one sentence that names the field. */
export function describeIssues(error: z.ZodError): string {
  const issue = error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'the row' : issue.path.join('.');
  return `${place}: ${issue?.message ?? 'not valid'}`;
}

export function toDraft(row: SampleRowFile, imageIds: SampleDraft['imageIds']): SampleDraft {
  return {
    question: row.question,
    imageIds,
    choices: row.choices ?? null,
    answers: row.answers,
    answerKind: row.answer_kind,
    ...(typeof row.tolerance === 'number' ? { tolerance: row.tolerance } : {}),
    kind: row.kind,
    tags: row.tags,
    split: row.split,
  };
}

/** Two rows with this in common are the same sample, so that a file imported twice adds nothing the second time. */
export function fingerprintOf(
  row: Pick<SampleDraft, 'question' | 'choices' | 'answers' | 'tolerance'> & {
    readonly answer_kind: AnswerKind;
  },
  imageDigests: readonly string[],
): string {
  const { question, choices, answers, tolerance: within, answer_kind: kind } = row;
  const parts = [question, imageDigests, choices ?? null, answers, kind];
  // Added only where there is one: the fingerprints of stored samples stay.
  const whole = JSON.stringify(within === undefined ? parts : [...parts, within]);
  return createHash('sha256').update(whole).digest('hex');
}
