import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type {
  DecideFlagInput,
  EpisodeReview,
  Progress,
  PutReviewInput,
  QueueInput,
  QueueItem,
  QueuePage,
} from '../../../shared/contract/reviews.ts';
import type { ReviewerAgreement } from '../../../shared/model/agreement.ts';
import { agreementOf } from '../../../shared/model/agreement.ts';
import type { EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import {
  DECISION_WORDS,
  FLAG_WORDS,
  REASON_WORDS,
  VERDICT_ACTS,
} from '../../../shared/model/review-words.ts';
import type { FlagState, Review } from '../../../shared/model/review.ts';
import { drawOf, opinionsWanted } from '../../../shared/model/review.ts';
import type { Workspace } from '../../store/workspace.ts';

export interface ReviewsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
}

/** What people say about episodes, and in which order they come to them. */
export interface ReviewsService {
  queue(query: QueueInput): QueuePage;
  items(ids: readonly EpisodeId[], by: ReviewerId | undefined): readonly QueueItem[];
  progress(): Progress;
  get(id: EpisodeId): EpisodeReview;
  put(input: PutReviewInput): Review;
  decideFlag(input: DecideFlagInput): FlagState;
  agreement(): readonly ReviewerAgreement[];
}

export function createReviewsService({ workspace, now, notify }: ReviewsDeps): ReviewsService {
  const { queue, reviews, journal, reviewers, settings } = workspace;

  function share(): number {
    return settings.get().secondOpinionShare;
  }

  function who(by: ReviewerId | undefined): ReviewerId {
    return by ?? reviewers.first(now()).id;
  }

  function told(): void {
    notify('reviews');
    notify('journal');
  }

  return {
    queue: (query) => queue.list({ ...query, by: who(query.by), share: share() }),
    items: (ids, by) => queue.items(ids, who(by), share()),
    progress: () => ({ standings: queue.standings() }),
    get: (episodeId) => ({
      episodeId,
      standing: queue.standing(episodeId) ?? 'unreviewed',
      reviews: reviews.of(episodeId),
      flags: reviews.flags(episodeId),
      opinionsWanted: opinionsWanted(drawOf(episodeId), share()),
    }),
    put: (input) => {
      const at = now();
      const by = who(input.by);
      const { episodeId: subject, verdict, reasons, note } = input;
      const why = [...reasons.map((reason) => REASON_WORDS[reason]), ...(note === '' ? [] : [note])].join(
        '; ',
      );
      const label = VERDICT_ACTS[verdict];
      const stored = journal.act({ by, at, label, subject, reason: why === '' ? null : why }, () =>
        reviews.put({ ...input, by }, at),
      );
      told();
      return stored;
    },
    decideFlag: (input) => {
      const at = now();
      const by = who(input.by);
      const { episodeId: subject, flag, decision } = input;
      const act = decision === null ? 'Reopen' : DECISION_WORDS[decision];
      const label = `${act} flag: ${FLAG_WORDS[flag].words}`;
      const stored = journal.act({ by, at, label, subject }, () => reviews.decideFlag({ ...input, by }, at));
      told();
      return stored;
    },
    agreement: () => {
      const rows = reviews.pairs();
      const couples = new Map(rows.map((row) => [`${row.firstBy} ${row.secondBy}`, row]));
      return [...couples.values()].map(({ firstBy, secondBy }) => {
        const pairs = rows
          .filter((row) => row.firstBy === firstBy && row.secondBy === secondBy)
          .map(({ first, second, count }) => ({ first, second, count }));
        return { first: firstBy, second: secondBy, pairs, agreement: agreementOf(pairs) };
      });
    },
  };
}
