import { z } from 'zod';
import { reviewerId } from './ids.ts';

/**
 * One thing that a person did, however many rows it changed: who, when, what and why. It is undone and done again as
 * a whole.
 */
export const journalAction = z
  .object({
    /** Counts up; never reused. */
    number: z.number().int().positive(),
    by: reviewerId,
    at: z.number(),
    /** What was done, as the undo menu says it: "Reject episode", "Move box". */
    label: z.string(),
    /** Id of what it is about; null where it is about many. */
    subject: z.string().nullable(),
    reason: z.string().nullable(),
    /** Null while it holds. */
    undoneAt: z.number().nullable(),
  })
  .readonly();
export type JournalAction = z.infer<typeof journalAction>;

/** What undo and redo would do next for one reviewer. */
export const journalState = z
  .object({
    undo: journalAction.nullable(),
    redo: journalAction.nullable(),
    undoCount: z.number().int(),
    redoCount: z.number().int(),
  })
  .readonly();
export type JournalState = z.infer<typeof journalState>;
