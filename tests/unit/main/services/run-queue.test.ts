import { describe, expect, it } from 'vitest';
import { createRunQueue } from '../../../../main/services/run-queue.ts';

/** Work that goes on until it is let go. */
function held(): { readonly work: () => Promise<void>; readonly letGo: () => void } {
  let letGo: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  return { work: () => gate, letGo };
}

describe('the queue of the engine', () => {
  it("one at a time, a person's before the background's, each kind in its order", async () => {
    const queue = createRunQueue();
    const order: string[] = [];
    const first = held();
    const note = (name: string) => async (): Promise<void> => void order.push(name);
    void queue.enter('background', first.work);
    const all = [
      queue.enter('background', note('b1')),
      queue.enter('background', note('b2')),
      queue.enter('person', note('p1')),
      queue.enter('person', note('p2')),
    ];
    await Promise.resolve();
    expect(order).toEqual([]);
    first.letGo();
    await Promise.all(all);
    expect(order).toEqual(['p1', 'p2', 'b1', 'b2']);
  });

  it('work that fails tells its caller and holds up nobody; idle waits for all', async () => {
    const queue = createRunQueue();
    await queue.idle();
    const failing = queue.enter('person', () => Promise.reject(new Error('no')));
    let later = false;
    void queue.enter('background', async () => {
      later = true;
    });
    await expect(failing).rejects.toThrow('no');
    await queue.idle();
    expect(later).toBe(true);
  });
});
