import { z } from 'zod';
import { comparison, evaluation } from '../model/evaluation.ts';
import { agentVersionId, episodeId, evaluationId, sampleId } from '../model/ids.ts';
import { rolloutJob } from '../model/rollout-job.ts';
import { sampleFilter } from '../model/sample-filter.ts';

/**
 * evaluations.start       mutation       StartEvaluationInput -> RolloutJob
 * evaluations.list        query          -> Evaluation[] (newest first)
 * evaluations.compare     query          {a, b} -> Comparison
 * evaluations.pairs       query          ListPairsInput -> PairPage
 */

export const startEvaluationInput = z
  .object({
    agentVersionId,
    filter: sampleFilter.default({}),
    withTools: z.boolean().default(true),
  })
  .readonly();
export type StartEvaluationInput = z.infer<typeof startEvaluationInput>;
export const startedEvaluation = z.object({ job: rolloutJob, evaluationId }).readonly();
export type StartedEvaluation = z.infer<typeof startedEvaluation>;

export const evaluationList = z.array(evaluation).readonly();

export const compareInput = z.object({ a: evaluationId, b: evaluationId }).readonly();
export type CompareInput = z.infer<typeof compareInput>;
export { comparison };

export const pairChoice = z.enum(['flips', 'gained', 'lost', 'both_wrong', 'all']);
export type PairChoice = z.infer<typeof pairChoice>;

export const listPairsInput = z
  .object({
    a: evaluationId,
    b: evaluationId,
    which: pairChoice.default('flips'),
    kind: z.string().max(64).optional(),
    cursor: z.string().max(200).nullish(),
    limit: z.number().int().min(1).max(500).default(100),
  })
  .readonly();
export type ListPairsInput = z.infer<typeof listPairsInput>;

const side = z.object({ episodeId, answer: z.string().nullable(), right: z.boolean().nullable() }).readonly();
export const pairRow = z
  .object({ sampleId, question: z.string(), kind: z.string(), a: side, b: side })
  .readonly();
export type PairRow = z.infer<typeof pairRow>;
export const pairPage = z
  .object({ items: z.array(pairRow).readonly(), nextCursor: z.string().nullable(), total: z.number().int() })
  .readonly();
export type PairPage = z.infer<typeof pairPage>;
