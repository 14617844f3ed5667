import { type ReviewerId, reviewerId } from '../../shared/model/ids.ts';
import type { Reviewer } from '../../shared/model/reviewer.ts';
import { useCall } from '../client/hooks.ts';
import { createStore, useStore } from './store.ts';

/** Who sits at this page is this page's own matter: several may review in one workspace at once. */
const PLACE = 'imagent.reviewer';

function remembered(): ReviewerId | null {
  const parsed = reviewerId.safeParse(window.localStorage.getItem(PLACE));
  return parsed.success ? parsed.data : null;
}

const chosen = createStore<ReviewerId | null>(typeof window === 'undefined' ? null : remembered());

export function chooseReviewer(id: ReviewerId): void {
  window.localStorage.setItem(PLACE, id);
  chosen.set(() => id);
}

export function useReviewers(): {
  readonly reviewers: readonly Reviewer[];
  readonly current: Reviewer | null;
} {
  const reviewers = useCall('reviewers.list', undefined).data ?? [];
  const id = useStore(chosen, (state) => state);
  return { reviewers, current: reviewers.find((one) => one.id === id) ?? reviewers[0] ?? null };
}

/** The same outside of React: who is chosen at this page, else the host says who is first. */
export function currentReviewer(): { readonly by?: ReviewerId } {
  const id = chosen.get();
  return id === null ? {} : { by: id };
}

/** What every change of reviewed data says about who made it; to be spread into its input. */
export function useReviewer(): { readonly by?: ReviewerId } {
  const { current } = useReviewers();
  return current === null ? {} : { by: current.id };
}
