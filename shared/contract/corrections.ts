import { z } from 'zod';
import { correction, correctionOperation, MAX_OPERATIONS, stepKey } from '../model/correction.ts';
import { correctionId, episodeId, reviewerId } from '../model/ids.ts';
import { samplingSettings } from '../model/limits.ts';
import { pace } from '../model/settings.ts';
import { by } from './journal.ts';

/**
 * corrections.list          query          {episodeId} -> CorrectionSummary[] (oldest first)
 * corrections.get           query          {id} -> CorrectionState
 * corrections.sizing        query          {episodeId} -> ImageSizing (what a correction of it would be replayed with)
 * corrections.create        mutation       {by, episodeId, operations} -> Correction
 * corrections.edit          mutation       {by, id, revision, operations} -> EditOutcome
 * corrections.applyAside    mutation       {by, id, revision, setAside} -> EditOutcome (puts edits that lost a conflict on top)
 * corrections.dropAside     mutation       {by, setAside} -> void
 * corrections.runFrom       mutation       {by, id, revision, after, ...} -> RunOutcome
 * corrections.stopRun       mutation       {run} -> void
 * corrections.watchRun      subscription   {run, lastEventId?} -> tracked WatchMessage
 */

const operations = z.array(correctionOperation).max(1000).readonly();

/** Edits that lost a conflict: kept until they are put on top or thrown away by a person. */
export const setAside = z
  .object({
    id: z.string().regex(/^asd_[a-z0-9]{16,32}$/),
    by: reviewerId,
    at: z.number(),
    /** The revision that they were made on. */
    revision: z.number().int(),
    operations: z.array(correctionOperation).readonly(),
  })
  .readonly();
export type SetAside = z.infer<typeof setAside>;

export const correctionState = z
  .object({
    correction,
    setAside: z.array(setAside).readonly(),
    /** The run that goes on from one of its steps just now. */
    run: episodeId.nullable(),
  })
  .readonly();
export type CorrectionState = z.infer<typeof correctionState>;

/**
 * `conflict`: somebody else edited it since. Nothing was changed; what was to be done is set aside, so that both sides
 * can be shown and neither is lost.
 */
export const editOutcome = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('saved'),
      correction,
      /** Why some of the edits could not be put on top of the others; those stay set aside. */
      left: z.array(z.string()).readonly(),
    })
    .readonly(),
  z.object({ kind: z.literal('conflict'), theirs: correction, mine: setAside }).readonly(),
]);
export type EditOutcome = z.infer<typeof editOutcome>;

export const episodeCorrectionsInput = z.object({ episodeId }).readonly();
export const getCorrectionInput = z.object({ id: correctionId }).readonly();
export const createCorrectionInput = z
  .object({ by, episodeId, operations: operations.default([]) })
  .readonly();
export type CreateCorrectionInput = z.infer<typeof createCorrectionInput>;
export const editCorrectionInput = z
  .object({
    by,
    id: correctionId,
    revision: z.number().int(),
    operations: z.array(correctionOperation).min(1).max(MAX_OPERATIONS).readonly(),
  })
  .readonly();
export type EditCorrectionInput = z.infer<typeof editCorrectionInput>;
export const applyAsideInput = z
  .object({ by, id: correctionId, revision: z.number().int(), setAside: setAside.unwrap().shape.id })
  .readonly();
export type ApplyAsideInput = z.infer<typeof applyAsideInput>;
export const dropAsideInput = z.object({ by, setAside: setAside.unwrap().shape.id }).readonly();

export const runFromInput = z
  .object({
    by,
    id: correctionId,
    revision: z.number().int(),
    /** The last step that stays; null lets the agent begin anew. */
    after: stepKey.nullable(),
    /** Left out: as fast as the agent goes. */
    pace: pace.optional(),
    /** Left out: those of the episode, seed included. */
    sampling: samplingSettings.optional(),
  })
  .readonly();
export type RunFromInput = z.infer<typeof runFromInput>;
export const runOutcome = z.object({ run: episodeId }).readonly();
export const correctionRunInput = z.object({ run: episodeId }).readonly();
export const watchRunInput = z
  .object({ run: episodeId, lastEventId: z.string().max(40).nullish() })
  .readonly();
