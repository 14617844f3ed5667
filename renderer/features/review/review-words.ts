import type { EpisodeReview, QueueOrder } from '../../../shared/contract/reviews.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { Sample } from '../../../shared/model/sample.ts';
import type { FlagDecision, Standing } from '../../../shared/model/review.ts';
import { formatPlural, statusWords, VERDICT_WORDS as OUTCOME_WORDS } from '../../ui/format.ts';

export type Panel = 'steps' | 'seen' | 'history' | 'agreement';

export const PANELS: readonly { readonly value: Panel; readonly label: string }[] = [
  { value: 'steps', label: 'Steps' },
  { value: 'seen', label: 'Seen' },
  { value: 'history', label: 'History' },
  { value: 'agreement', label: 'Agreement' },
];

export const ORDER_WORDS: Readonly<Record<QueueOrder, string>> = {
  unreviewed: 'Unreviewed first',
  disagreement: 'Most disagreement in the group',
  variance: 'Most reward variance in the group',
  entropy: 'Least sure of the answer',
  flags: 'Most flags',
  random: 'Random',
};

export const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  unreviewed: 'Unreviewed',
  accepted: 'Accepted',
  to_fix: 'To fix',
  rejected: 'Rejected',
  unsure: 'Unsure',
  skipped: 'Skipped',
  disputed: 'Disputed',
};

export const STANDING_TONES: Readonly<Record<Standing, 'good' | 'bad' | 'warn' | 'quiet'>> = {
  unreviewed: 'quiet',
  accepted: 'good',
  to_fix: 'warn',
  rejected: 'bad',
  unsure: 'warn',
  skipped: 'quiet',
  disputed: 'bad',
};

export const DECIDED_WORDS: Readonly<Record<FlagDecision, string>> = {
  confirmed: 'confirmed',
  dismissed: 'dismissed',
};

/** What a screen reader is told when an item comes up. */
export function announced(episode: Episode, sample: Sample, review: EpisodeReview | null): string {
  const outcome = episode.verdict === 'unknown' ? '' : ` ${OUTCOME_WORDS[episode.verdict]}.`;
  const answer =
    episode.answer === null ? `${statusWords(episode.state)}.` : `Answer: ${episode.answer}.${outcome}`;
  const open = review?.flags.filter(({ decision }) => decision === null).length ?? 0;
  const flags = open === 0 ? '' : ` ${formatPlural(open, 'flag')} to decide.`;
  return `${sample.question} ${answer}${flags}`;
}
