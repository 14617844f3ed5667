import { z } from 'zod';
import { reviewerId } from '../model/ids.ts';
import { reviewerName } from '../model/reviewer.ts';

/**
 * reviewers.list          query          -> Reviewer[] (the workspace's first one first)
 * reviewers.add           mutation       {name} -> Reviewer
 * reviewers.rename        mutation       {id, name} -> Reviewer
 * journal.state           query          {by} -> JournalState
 * journal.undo|redo       mutation       {by} -> JournalAction | null   (null: there is nothing to undo)
 *                                        conflict where somebody else changed the same thing since
 * journal.history         query          {subject, limit} -> JournalAction[] (newest first)
 */

/** Who does it; left out (the terminal), the workspace's first reviewer. Every mutation of reviewed data has it. */
export const by = reviewerId.optional();

export const addReviewerInput = z.object({ name: reviewerName }).readonly();
export const renameReviewerInput = z.object({ id: reviewerId, name: reviewerName }).readonly();
export const journalInput = z.object({ by }).readonly();
export const historyInput = z
  .object({ subject: z.string().max(64), limit: z.number().int().min(1).max(500).default(100) })
  .readonly();
