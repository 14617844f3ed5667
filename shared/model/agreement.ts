import { z } from 'zod';
import { reviewerId } from './ids.ts';
import { reviewVerdict } from './review.ts';

/** How often two reviewers said this about the same episode. */
export const verdictPair = z
  .object({ first: reviewVerdict, second: reviewVerdict, count: z.number().int().nonnegative() })
  .readonly();
export type VerdictPair = z.infer<typeof verdictPair>;

export const agreement = z
  .object({
    /** Episodes that both have an opinion about. */
    episodes: z.number().int(),
    agreed: z.number().int(),
    /** agreed / episodes; null without episodes. */
    share: z.number().nullable(),
    /** Cohen's kappa; null without episodes, and where chance alone would agree always. */
    kappa: z.number().nullable(),
  })
  .readonly();
export type Agreement = z.infer<typeof agreement>;

/** What two reviewers said of the episodes that both looked at. */
export const reviewerAgreement = z
  .object({
    first: reviewerId,
    second: reviewerId,
    pairs: z.array(verdictPair).readonly(),
    agreement,
  })
  .readonly();
export type ReviewerAgreement = z.infer<typeof reviewerAgreement>;

/**
 * How far two reviewers agree, and how far beyond chance (Cohen 1960). `skip` is no opinion; `unsure` is one, and its
 * own category.
 */
export function agreementOf(pairs: readonly VerdictPair[]): Agreement {
  const opinions = pairs.filter(({ first, second }) => first !== 'skip' && second !== 'skip');
  const episodes = total(opinions);
  const agreed = total(opinions.filter(({ first, second }) => first === second));
  if (episodes === 0) return { episodes, agreed, share: null, kappa: null };
  const share = agreed / episodes;
  const byChance = reviewVerdict.options.reduce((sum, verdict) => {
    const first = total(opinions.filter((pair) => pair.first === verdict));
    const second = total(opinions.filter((pair) => pair.second === verdict));
    return sum + (first / episodes) * (second / episodes);
  }, 0);
  return { episodes, agreed, share, kappa: byChance >= 1 ? null : (share - byChance) / (1 - byChance) };
}

function total(pairs: readonly VerdictPair[]): number {
  return pairs.reduce((sum, { count }) => sum + count, 0);
}
