import { z } from 'zod';
import type { EpisodeId } from '../../shared/model/ids.ts';
import type { Review, ReviewReason } from '../../shared/model/review.ts';
import { reviewReason } from '../../shared/model/review.ts';
import { createStore, type Store } from './store.ts';

/** Reasons and a note that were begun and belong to no verdict yet. They outlive a reload. */
const draft = z.object({ reasons: z.array(reviewReason).readonly(), note: z.string() }).readonly();
export type ReviewDraft = z.infer<typeof draft>;
const drafts = z.record(z.string(), draft).readonly();
type Drafts = z.infer<typeof drafts>;

const PLACE = 'imagent.review-drafts';
/** Begun and left alone: the oldest go first. */
const KEPT = 200;
const EMPTY: ReviewDraft = { reasons: [], note: '' };

function remembered(): Drafts {
  if (typeof window === 'undefined') return {};
  try {
    const parsed = drafts.safeParse(JSON.parse(window.localStorage.getItem(PLACE) ?? '{}'));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

const store = createStore<Drafts>(remembered());
export const reviewDrafts: Store<Drafts> = store;

function save(next: Drafts): void {
  const kept = Object.fromEntries(Object.entries(next).slice(-KEPT));
  store.set(() => kept);
  window.localStorage.setItem(PLACE, JSON.stringify(kept));
}

/** What was begun, else what is stored, else nothing. */
export function draftOf(all: Drafts, id: EpisodeId, mine: Review | null): ReviewDraft {
  return all[id] ?? (mine === null ? EMPTY : { reasons: mine.reasons, note: mine.note });
}

export function setDraft(id: EpisodeId, value: ReviewDraft): void {
  const { [id]: _old, ...others } = store.get();
  save({ ...others, [id]: value });
}

export function dropDraft(id: EpisodeId): void {
  const { [id]: _old, ...others } = store.get();
  if (_old !== undefined) save(others);
}

export function withReason(value: ReviewDraft, reason: ReviewReason): ReviewDraft {
  const has = value.reasons.includes(reason);
  const chosen = new Set(has ? value.reasons.filter((one) => one !== reason) : [...value.reasons, reason]);
  return { ...value, reasons: reviewReason.options.filter((one) => chosen.has(one)) };
}
