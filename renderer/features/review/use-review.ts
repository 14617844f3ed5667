import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { EpisodeReview } from '../../../shared/contract/reviews.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import type {
  FlagDecision,
  FlagState,
  Review,
  ReviewFlag,
  ReviewVerdict,
} from '../../../shared/model/review.ts';
import type { StudioClient } from '../../client/client.ts';
import { toFailure } from '../../client/failure.ts';
import { callKey, useCall, useClient } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { draftOf, dropDraft, type ReviewDraft, reviewDrafts, setDraft } from '../../state/review-drafts.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { useStore } from '../../state/store.ts';

/** What this page wanted to save about an episode. */
export type Wanted =
  | { readonly kind: 'review'; readonly verdict: ReviewVerdict; readonly draft: ReviewDraft }
  /** Reasons or a note for what is said already; nothing where nothing is. */
  | { readonly kind: 'details'; readonly draft: ReviewDraft }
  | { readonly kind: 'flag'; readonly flag: ReviewFlag; readonly decision: FlagDecision | null };

/** Somebody was faster: what is stored now against what this page wanted. */
export interface Conflict {
  readonly episodeId: EpisodeId;
  readonly wanted: Wanted;
  readonly stored: EpisodeReview;
}

export interface ReviewHand {
  readonly review: EpisodeReview | null;
  readonly failure: ReturnType<typeof toFailure> | null;
  readonly mine: Review | null;
  readonly draft: ReviewDraft;
  readonly change: (draft: ReviewDraft) => void;
  /** Saves; what was not saved comes back as a conflict or a notice. Resolves to whether it was saved. */
  readonly save: (wanted: Wanted, id?: EpisodeId) => Promise<boolean>;
  readonly conflict: Conflict | null;
  readonly settle: (keep: 'stored' | 'mine') => void;
}

/** Saves go out one after another, so that the second of a quick pair knows the revision that the first one made. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
  const next = last.then(work, work);
  last = next.catch(() => undefined);
  return next;
}

function readReview(
  client: StudioClient,
  queries: QueryClient,
  episodeId: EpisodeId,
  anew: boolean,
): Promise<EpisodeReview> {
  return queries.fetchQuery({
    queryKey: callKey('reviews.get', { episodeId }),
    queryFn: () => client.query('reviews.get', { episodeId }),
    ...(anew ? { staleTime: 0 } : {}),
  });
}

/** What this page's reviewer says about one episode. */
export function useReview(episodeId: EpisodeId): ReviewHand {
  const client = useClient();
  const queries = useQueryClient();
  const who = useReviewer();
  const drafts = useStore(reviewDrafts, (all) => all);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const answer = useCall('reviews.get', { episodeId });
  const mine = ownReview(answer.data, who.by);

  async function send(wanted: Wanted, id: EpisodeId): Promise<void> {
    const known = await readReview(client, queries, id, false);
    const key = callKey('reviews.get', { episodeId: id });
    if (wanted.kind !== 'flag') {
      const own = ownReview(known, who.by);
      const revision = own?.revision ?? null;
      const { draft } = wanted;
      const verdict = wanted.kind === 'review' ? wanted.verdict : own?.verdict;
      if (verdict === undefined) return;
      if (wanted.kind === 'details' && own !== null && isSame(own, draft)) return dropDraft(id);
      const stored = await client.mutate('reviews.put', {
        ...who,
        episodeId: id,
        revision,
        verdict,
        ...draft,
      });
      queries.setQueryData<EpisodeReview>(key, (now) => now && withReview(now, stored));
      dropDraft(id);
    } else {
      const { flag, decision } = wanted;
      const revision = known.flags.find((one) => one.flag === flag)?.revision ?? null;
      const stored = await client.mutate('reviews.decideFlag', {
        ...who,
        episodeId: id,
        flag,
        revision,
        decision,
      });
      queries.setQueryData<EpisodeReview>(key, (now) => now && withFlag(now, stored));
    }
  }

  async function save(wanted: Wanted, id: EpisodeId = episodeId): Promise<boolean> {
    // Kept until the host has it: a page that is closed or cut off now finds it again.
    if (wanted.kind !== 'flag') setDraft(id, wanted.draft);
    try {
      await inTurn(() => send(wanted, id));
      return true;
    } catch (error) {
      const failure = toFailure(error);
      if (failure.code === 'conflict') {
        const stored = await readReview(client, queries, id, true).catch(() => null);
        if (stored !== null) setConflict({ episodeId: id, wanted, stored });
        else notifyFailure(failure);
      } else notifyFailure(failure, 'Not saved.');
      return false;
    }
  }

  return {
    review: answer.data ?? null,
    failure: answer.error,
    mine,
    draft: draftOf(drafts, episodeId, mine),
    change: (draft) => setDraft(episodeId, draft),
    save,
    conflict,
    settle: (keep) => {
      if (conflict === null) return;
      setConflict(null);
      if (keep === 'mine') void save(conflict.wanted, conflict.episodeId);
      else if (conflict.wanted.kind !== 'flag') dropDraft(conflict.episodeId);
    },
  };
}

export function ownReview(review: EpisodeReview | undefined, by: Review['by'] | undefined): Review | null {
  return review?.reviews.find((one) => one.by === by) ?? null;
}

function isSame(own: Review, draft: ReviewDraft): boolean {
  return own.note === draft.note && own.reasons.join() === draft.reasons.join();
}

function withReview(review: EpisodeReview, stored: Review): EpisodeReview {
  return { ...review, reviews: [...review.reviews.filter(({ by }) => by !== stored.by), stored] };
}

function withFlag(review: EpisodeReview, stored: FlagState): EpisodeReview {
  return { ...review, flags: [...review.flags.filter(({ flag }) => flag !== stored.flag), stored] };
}
