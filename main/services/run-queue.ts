/** Who waits for it. A person's own run goes before anything in the background. */
export type RunPriority = 'person' | 'background';

/**
 * The one engine's queue: one piece of work at a time. Those of a person come first, in order; then the background's.
 * What runs is never broken off for another.
 */
export interface RunQueue {
  /** Resolves when the work is done. The work must not throw; if it does, only the caller is told. */
  enter(priority: RunPriority, work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing runs or waits any more. */
  idle(): Promise<void>;
}

interface Entry {
  readonly work: () => Promise<void>;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

export function createRunQueue(): RunQueue {
  const waiting: Readonly<Record<RunPriority, Entry[]>> = { person: [], background: [] };
  let emptied: (() => void)[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    for (;;) {
      const entry = waiting.person.shift() ?? waiting.background.shift();
      if (entry === undefined) break;
      await entry.work().then(entry.done, entry.fail);
    }
    busy = false;
    const tell = emptied;
    emptied = [];
    for (const resolve of tell) resolve();
  }

  return {
    enter: (priority, work) =>
      new Promise((resolve, reject) => {
        waiting[priority].push({ work, done: resolve, fail: reject });
        if (busy) return;
        busy = true;
        void drain();
      }),
    idle: () =>
      busy
        ? new Promise((resolve) => {
            emptied.push(resolve);
          })
        : Promise.resolve(),
  };
}
