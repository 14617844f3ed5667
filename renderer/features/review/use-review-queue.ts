import { useEffect } from 'react';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import type { StudioClient } from '../../client/client.ts';
import { useCall, useClient } from '../../client/hooks.ts';
import {
  createReviewQueue,
  placeOf,
  type QueueState,
  queueWishes,
  rememberedChoice,
  type ReviewQueue,
} from '../../state/review-queue.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { useStore } from '../../state/store.ts';

/** One queue for the page: it stays as it is while a person is on another screen. */
const queues = new WeakMap<StudioClient, ReviewQueue>();

function queueOf(client: StudioClient): ReviewQueue {
  const known = queues.get(client);
  if (known !== undefined) return known;
  const made = createReviewQueue({
    page: ({ order, seed, filter }, by, cursor, limit) =>
      client.query('reviews.queue', { ...(by === null ? {} : { by }), order, seed, filter, cursor, limit }),
  });
  queues.set(client, made);
  return made;
}

/** The last wish for a new queue that each has followed. */
const granted = new WeakMap<ReviewQueue, number>();

/** Items are asked for again in blocks of this many: the block of the one that is shown, and those beside it. */
const BLOCK = 60;

/** The queue of this page's reviewer, kept in step with what others do. */
export function useReviewQueue(current: EpisodeId | null): {
  readonly queue: ReviewQueue;
  readonly state: QueueState;
} {
  const client = useClient();
  const queue = queueOf(client);
  const state = useStore(queue.store, (value) => value);
  const { current: reviewer } = useReviewers();
  const by = reviewer?.id ?? null;
  const wishes = useStore(queueWishes, (count) => count);
  useEffect(() => {
    if (by === null) return;
    const { choice, by: before } = queue.store.get();
    if (before !== null && (granted.get(queue) ?? 0) !== wishes) queue.reload();
    else queue.open(before === null ? rememberedChoice() : choice, by);
    granted.set(queue, wishes);
  }, [queue, by, wishes]);

  const block = Math.floor(Math.max(0, placeOf(state.items, current)) / BLOCK);
  const ids = state.items
    .slice(Math.max(0, block - 1) * BLOCK, (block + 2) * BLOCK)
    .map(({ episode }) => episode.id);
  const fresh = useCall(
    'reviews.items',
    { ...(by === null ? {} : { by }), ids },
    { enabled: ids.length > 0, keepWhileLoading: true },
  ).data;
  useEffect(() => {
    if (fresh !== undefined) queue.refresh(fresh);
  }, [queue, fresh]);
  return { queue, state };
}
