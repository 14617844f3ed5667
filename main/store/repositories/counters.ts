import type { WorkspaceDatabase } from '../database.ts';

export interface CounterRepository {
  total(name: 'images' | 'samples' | 'episodes'): number;
  /** What has not ended yet. */
  running(): { readonly episodes: number; readonly jobs: number };
  kinds(): readonly { readonly kind: string; readonly count: number }[];
  /** A number for a group of rows that were added together. To be called inside `write`. */
  nextBatch(): number;
  /** Names a state of a row; never given out twice, so that equal revisions mean equal content. Inside `write`. */
  nextRevision(): number;
}

export function createCounterRepository(database: WorkspaceDatabase): CounterRepository {
  const total = database.raw.prepare<[string], { value: number }>(
    "SELECT value FROM counters WHERE scope = 'total' AND name = ?",
  );
  const kinds = database.raw.prepare<[], { kind: string; count: number }>(
    "SELECT name AS kind, value AS count FROM counters WHERE scope = 'kind' AND value > 0 ORDER BY name",
  );
  const running = database.raw.prepare<[], { episodes: number; jobs: number }>(
    `SELECT (SELECT count(*) FROM episodes WHERE status IS NULL) AS episodes,
      (SELECT count(*) FROM rollout_jobs WHERE state IN ('active', 'paused')) AS jobs`,
  );
  const revision = database.raw.prepare<[], { value: number }>(
    "UPDATE counters SET value = value + 1 WHERE scope = 'revision' AND name = 'next' RETURNING value - 1 AS value",
  );
  const next = database.raw.prepare<[], { value: number }>(
    "UPDATE counters SET value = value + 1 WHERE scope = 'batch' AND name = 'next' RETURNING value - 1 AS value",
  );
  return {
    total: (name) => database.read(() => total.get(name)?.value ?? 0),
    running: () => database.read(() => running.get() ?? { episodes: 0, jobs: 0 }),
    kinds: () => database.read(() => kinds.all()),
    nextBatch: () => database.write(() => next.get()?.value ?? 0),
    nextRevision: () => database.write(() => revision.get()?.value ?? 0),
  };
}
