import { z } from 'zod';
import { reviewerId } from './ids.ts';

export const reviewerName = z.string().trim().min(1, 'Write a name.').max(80);

/** A person who reviews in this workspace. Several may, from several pages at once. */
export const reviewer = z.object({ id: reviewerId, name: reviewerName, addedAt: z.number() }).readonly();
export type Reviewer = z.infer<typeof reviewer>;
