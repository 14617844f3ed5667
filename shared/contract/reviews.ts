import { z } from 'zod';
import { reviewerAgreement } from '../model/agreement.ts';
import { episodeSummary, verdict } from '../model/episode.ts';
import { agentVersionId, episodeId, sampleId } from '../model/ids.ts';
import {
  flagDecision,
  flagState,
  review,
  reviewFlag,
  reviewReason,
  reviewVerdict,
  standing,
} from '../model/review.ts';
import { split } from '../model/sample.ts';
import { by } from './journal.ts';

/**
 * reviews.queue           query          QueueInput -> QueuePage
 * reviews.items           query          {by, ids} -> QueueItem[]     (the same rows as they are now; gone ones left out)
 * reviews.progress        query          -> Progress                  (episodes by standing)
 * reviews.get             query          {episodeId} -> EpisodeReview
 * reviews.put             mutation       PutReviewInput -> Review     (conflict where `revision` is not the stored one)
 * reviews.decideFlag      mutation       DecideFlagInput -> FlagState (conflict likewise)
 * reviews.agreement       query          -> ReviewerAgreement[]
 */

/** In which order the queue comes. Within equal figures the newest first, but `unreviewed` is first come first served. */
export const queueOrder = z.enum(['unreviewed', 'disagreement', 'variance', 'entropy', 'flags', 'random']);
export type QueueOrder = z.infer<typeof queueOrder>;

export const queueFilter = z
  .object({
    /** Only what still wants an opinion of this reviewer. */
    todo: z.boolean().default(true),
    standing: standing.optional(),
    flag: reviewFlag.optional(),
    /** Answer against reference. */
    outcome: verdict.optional(),
    agentVersionId: agentVersionId.optional(),
    sampleId: sampleId.optional(),
    kind: z.string().max(64).optional(),
    split: split.optional(),
    search: z.string().max(200).optional(),
  })
  .readonly();
export type QueueFilter = z.infer<typeof queueFilter>;

export const queueInput = z
  .object({
    by,
    order: queueOrder.default('unreviewed'),
    /** For the random order. */
    seed: z.number().int().min(0).max(0xffff_ffff).default(0),
    filter: queueFilter.default({ todo: true }),
    cursor: z.string().max(200).nullish(),
    limit: z.number().int().min(1).max(500).default(50),
  })
  .readonly();
export type QueueInput = z.infer<typeof queueInput>;

export const queueItem = z
  .object({
    episode: episodeSummary,
    question: z.string(),
    standing,
    /** What this reviewer said. */
    mine: reviewVerdict.nullable(),
    /** Whether it still wants an opinion of this reviewer. */
    open: z.boolean(),
    /** Flags that were proposed or confirmed, and not dismissed. */
    flagCount: z.number().int(),
    /** Mean entropy of the answer's tokens, in nats. */
    answerEntropy: z.number().nullable(),
    groupVariance: z.number().nullable(),
    groupDisagreement: z.number().nullable(),
    /** The place of this item in the order that was asked for: what follows it is the page of this cursor. */
    cursor: z.string(),
  })
  .readonly();
export type QueueItem = z.infer<typeof queueItem>;

export const queuePage = z
  .object({ items: z.array(queueItem).readonly(), nextCursor: z.string().nullable() })
  .readonly();
export type QueuePage = z.infer<typeof queuePage>;

export const queueItemsInput = z.object({ by, ids: z.array(episodeId).max(500).readonly() }).readonly();

export const progress = z.object({ standings: z.record(standing, z.number().int()) }).readonly();
export type Progress = z.infer<typeof progress>;

export const episodeReview = z
  .object({
    episodeId,
    standing,
    /** One per reviewer, oldest first. */
    reviews: z.array(review).readonly(),
    flags: z.array(flagState).readonly(),
    /** Two where it belongs to the share that gets a second opinion. */
    opinionsWanted: z.union([z.literal(1), z.literal(2)]),
  })
  .readonly();
export type EpisodeReview = z.infer<typeof episodeReview>;

export const getReviewInput = z.object({ episodeId }).readonly();

export const putReviewInput = z
  .object({
    by,
    episodeId,
    /** Of this reviewer's review as the page knows it; null where it knows none. */
    revision: z.number().int().nullable(),
    verdict: reviewVerdict,
    reasons: z.array(reviewReason).max(16).readonly().default([]),
    note: z.string().max(8000).default(''),
  })
  .readonly();
export type PutReviewInput = z.infer<typeof putReviewInput>;

export const decideFlagInput = z
  .object({
    by,
    episodeId,
    flag: reviewFlag,
    /** Of the flag as the page knows it; null for a flag that nobody has raised yet. */
    revision: z.number().int().nullable(),
    /** Null takes a decision back. */
    decision: flagDecision.nullable(),
  })
  .readonly();
export type DecideFlagInput = z.infer<typeof decideFlagInput>;

export const agreementList = z.array(reviewerAgreement).readonly();
