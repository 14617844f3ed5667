import { z } from 'zod';
import { judgeSettings } from '../trainer-protocol/config-parts.ts';

/** trainer.testJudge      mutation       JudgeSettings -> JudgeTest    (asks it two cases whose verdict nobody doubts) */

export const testJudgeInput = judgeSettings;

const judgedCase = z
  .object({
    question: z.string(),
    reference: z.string(),
    answer: z.string(),
    wanted: z.boolean(),
    /** Null: it gave no verdict, and `problem` says why. */
    said: z.boolean().nullable(),
    problem: z.string().nullable(),
  })
  .readonly();
export const judgeTest = z.object({ seconds: z.number(), cases: z.array(judgedCase).readonly() }).readonly();
export type JudgeTest = z.infer<typeof judgeTest>;
