import { describe, expect, it } from 'vitest';
import {
  before,
  createReviewQueue,
  FIRST_CHOICE,
  type QueueApi,
} from '../../../renderer/state/review-queue.ts';
import type { QueueItem } from '../../../shared/contract/reviews.ts';
import type { EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';

const ann = 'rev_0000000000000000000000aa' as ReviewerId;

function idOf(place: number): EpisodeId {
  return `eps_${String(place).padStart(24, '0')}` as EpisodeId;
}

function anItem(place: number, open = true): QueueItem {
  return {
    episode: {
      id: idOf(place),
      sampleId: 'smp_000000000000000000000000' as QueueItem['episode']['sampleId'],
      agentVersionId: 'agt_000000000000000000000000' as QueueItem['episode']['agentVersionId'],
      startedAt: 0,
      withTools: true,
      seed: 0,
      state: { kind: 'ended', status: 'answered', endedAt: 1 },
      answer: 'x',
      verdict: 'right',
      flags: [],
      stepCount: 1,
      callCount: 0,
    },
    question: 'q',
    standing: 'unreviewed',
    mine: open ? null : 'accept',
    open,
    flagCount: 0,
    answerEntropy: null,
    groupVariance: null,
    groupDisagreement: null,
    cursor: String(place),
  };
}

/** A host whose queue is these items; it gives out `size` a page and counts what it was asked. */
function host(items: readonly QueueItem[], size: number): QueueApi & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    page: async (choice, _by, cursor) => {
      asked.push(`${cursor ?? 'start'}${choice.filter.todo ? ' todo' : ''}`);
      const from = cursor === null ? 0 : items.findIndex((item) => item.cursor === cursor) + 1;
      const rest = items.slice(from).filter((item) => !choice.filter.todo || item.open);
      const shown = rest.slice(0, size);
      return { items: shown, nextCursor: rest.length > size ? (shown.at(-1)?.cursor ?? null) : null };
    },
  };
}

async function opened(items: readonly QueueItem[], size: number, todo = true) {
  const api = host(items, size);
  const queue = createReviewQueue(api);
  queue.open({ ...FIRST_CHOICE, filter: { todo } }, ann);
  await queue.more();
  const held = (): readonly string[] => queue.store.get().items.map(({ cursor }) => cursor);
  return { api, queue, held };
}

describe('the queue of the page', () => {
  it('reads page after page, each once, and knows when it is at the end', async () => {
    const { api, queue, held } = await opened(
      [1, 2, 3, 4, 5].map((place) => anItem(place)),
      2,
    );
    expect(held()).toEqual(['1', '2']);
    await Promise.all([queue.more(), queue.more()]);
    expect(held()).toEqual(['1', '2', '3', '4']);
    expect((await queue.after(idOf(4)))?.cursor).toBe('5');
    expect(await queue.after(idOf(5))).toBeNull();
    expect(api.asked).toEqual(['start todo', '2 todo', '4 todo']);
  });

  it('keeps an item in its place when it was reviewed, and passes over it', async () => {
    const { queue, held } = await opened(
      [1, 2, 3].map((place) => anItem(place)),
      9,
    );
    queue.mark(idOf(2), { mine: 'reject', open: false });
    expect(held()).toEqual(['1', '2', '3']);
    expect((await queue.nextOpen(idOf(1)))?.cursor).toBe('3');
    expect((await queue.after(idOf(1)))?.cursor).toBe('2');
  });

  it('finds the next one to do behind any number of reviewed ones with one question', async () => {
    const items = Array.from({ length: 500 }, (_, index) => anItem(index + 1, index === 0 || index === 450));
    const { api, queue } = await opened(items, 10, false);
    expect((await queue.nextOpen(idOf(1)))?.cursor).toBe('451');
    expect(api.asked).toEqual(['start', '10 todo']);
  });

  it('begins again at the top where what was left is above, and ends where nothing is', async () => {
    const { queue } = await opened([anItem(1), anItem(2)], 9);
    expect((await queue.nextOpen(idOf(2)))?.cursor).toBe('1');
    queue.mark(idOf(1), { mine: 'skip', open: false });
    expect(await queue.nextOpen(idOf(2))).toBeNull();
  });

  it('takes in what others did without moving anything', async () => {
    const { queue, held } = await opened([anItem(1), anItem(2)], 9);
    queue.refresh([{ ...anItem(2, false), cursor: '' }]);
    expect(held()).toEqual(['1', '2']);
    expect(queue.store.get().items[1]?.open).toBe(false);
  });

  it('goes back over what is there, also to the ones to do only', async () => {
    const { queue } = await opened([anItem(1), anItem(2, false), anItem(3)], 9, false);
    const { items } = queue.store.get();
    expect(before(items, idOf(3), false)?.cursor).toBe('2');
    expect(before(items, idOf(3), true)?.cursor).toBe('1');
    expect(before(items, idOf(1), false)).toBeNull();
  });

  it('does not hear an answer that belongs to another choice', async () => {
    let answer: (() => void) | undefined;
    const queue = createReviewQueue({
      page: async (choice) => {
        if (choice.order === 'unreviewed') await new Promise<void>((resolve) => (answer = resolve));
        return { items: [anItem(choice.order === 'unreviewed' ? 1 : 2)], nextCursor: null };
      },
    });
    queue.open(FIRST_CHOICE, ann);
    queue.open({ ...FIRST_CHOICE, order: 'entropy' }, ann);
    await queue.more();
    answer?.();
    await Promise.resolve();
    expect(queue.store.get().items.map(({ cursor }) => cursor)).toEqual(['2']);
  });

  it('says what went wrong and can be loaded again', async () => {
    let broken = true;
    const queue = createReviewQueue({
      page: async () => {
        if (broken) throw new Error('gone');
        return { items: [anItem(1)], nextCursor: null };
      },
    });
    queue.open(FIRST_CHOICE, ann);
    await queue.more();
    expect(queue.store.get().failure?.message).toBe('gone');
    broken = false;
    queue.reload();
    await queue.more();
    expect(queue.store.get()).toMatchObject({ failure: null, loaded: true });
  });
});
