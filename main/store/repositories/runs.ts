import { StudioError } from '../../../shared/contract/errors.ts';
import type { RunId } from '../../../shared/model/ids.ts';
import { makeAgentJob, run } from '../../../shared/model/run.ts';
import type { MakeAgentJob, Run, RunLogEntry } from '../../../shared/model/run.ts';
import type { WorkspaceDatabase } from '../database.ts';

/** How far a run's events were read: up to `offset` of the file that `file` names. */
export interface EventCursor {
  readonly file: string | null;
  readonly offset: number;
}

/** The values of a metric in one span of steps. */
export interface MetricBucket {
  readonly step: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

export interface RunRepository {
  add(one: Run): void;
  get(id: RunId): Run | null;
  /** Newest first. */
  list(): readonly Run[];
  save(one: Run): void;
  remove(id: RunId, at: number): void;
  cursor(id: RunId): EventCursor;
  saveCursor(id: RunId, cursor: EventCursor): void;
  putMetrics(id: RunId, step: number, values: Readonly<Record<string, number>>): void;
  /** The last step that has its figures; null before the first. */
  lastStep(id: RunId): number | null;
  series(
    id: RunId,
    name: string,
    span: { readonly first: number; readonly last: number },
    buckets: number,
  ): readonly MetricBucket[];
  names(id: RunId): readonly string[];
  /** The newest values of a metric, oldest first. */
  newest(id: RunId, name: string, count: number): readonly number[];
  putRollouts(id: RunId, step: number, file: string, count: number): void;
  rollouts(id: RunId, step: number): { readonly file: string; readonly count: number } | null;
  /** First and last step whose rollouts are known. */
  rolloutSpan(id: RunId): { readonly first: number; readonly last: number } | null;
  addLog(id: RunId, entry: Omit<RunLogEntry, 'seq'>): void;
  /** Newest first. */
  log(id: RunId, limit: number): readonly RunLogEntry[];
  /** A run that goes on from a checkpoint does the steps after it again: what was read of them is history. */
  forgetAfter(id: RunId, step: number): void;
  /** Everything that was read of the events, for reading them anew. */
  forgetAll(id: RunId): void;
  saveJob(job: MakeAgentJob): void;
  jobs(): readonly MakeAgentJob[];
}

const LOG_KEPT = 2000;

export function createRunRepository(database: WorkspaceDatabase): RunRepository {
  const { raw } = database;
  const insert = raw.prepare<[string, string]>('INSERT INTO runs (id, body) VALUES (?, ?)');
  const byId = raw.prepare<[string], { body: string }>(
    'SELECT body FROM runs WHERE id = ? AND removed_at IS NULL',
  );
  const all = raw.prepare<[], { body: string }>(
    'SELECT body FROM runs WHERE removed_at IS NULL ORDER BY seq DESC',
  );
  const update = raw.prepare<[string, string]>('UPDATE runs SET body = ? WHERE id = ?');
  const mark = raw.prepare<[number, string]>('UPDATE runs SET removed_at = ? WHERE id = ?');
  const seqOf = raw.prepare<[string], { seq: number }>('SELECT seq FROM runs WHERE id = ?');
  const cursorOf = raw.prepare<[string], { file_id: string | null; file_offset: number }>(
    'SELECT file_id, file_offset FROM runs WHERE id = ?',
  );
  const moveCursor = raw.prepare<[string | null, number, string]>(
    'UPDATE runs SET file_id = ?, file_offset = ? WHERE id = ?',
  );
  const putMetric = raw.prepare<[number, string, number, number]>(
    'INSERT INTO run_metrics VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const lastOf = raw.prepare<[number, string], { last: number | null }>(
    'SELECT max(step) AS last FROM run_metrics WHERE run_seq = ? AND name = ?',
  );
  // Numbers of the host are bound as REAL: without the cast no two steps would share a bucket.
  const bucketsOf = raw.prepare<[number, number, number, string, number, number], MetricBucket>(`
    SELECT max(step) AS step, min(value) AS min, max(value) AS max, avg(value) AS mean,
      CAST((step - ?) / ? AS INTEGER) AS bucket FROM run_metrics
    WHERE run_seq = ? AND name = ? AND step BETWEEN ? AND ? GROUP BY bucket ORDER BY bucket`);
  const namesOf = raw.prepare<[number], { name: string }>(
    'SELECT DISTINCT name FROM run_metrics WHERE run_seq = ? ORDER BY name',
  );
  const newestOf = raw.prepare<[number, string, number], { value: number }>(
    'SELECT value FROM run_metrics WHERE run_seq = ? AND name = ? ORDER BY step DESC LIMIT ?',
  );
  const putFile = raw.prepare<[number, number, string, number]>(`
    INSERT INTO run_rollouts VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET file = excluded.file, count = excluded.count`);
  const fileOf = raw.prepare<[number, number], { file: string; count: number }>(
    'SELECT file, count FROM run_rollouts WHERE run_seq = ? AND step = ?',
  );
  const endsOf = raw.prepare<[number], { first: number | null; last: number | null }>(
    'SELECT min(step) AS first, max(step) AS last FROM run_rollouts WHERE run_seq = ?',
  );
  const putLog = raw.prepare<[number, number, number | null, string, string]>(
    'INSERT INTO run_log (run_seq, time, step, kind, message) VALUES (?, ?, ?, ?, ?)',
  );
  // A trainer that warns at every step must not fill the workspace.
  const trimLog = raw.prepare<[number, number, number]>(`
    DELETE FROM run_log WHERE run_seq = ? AND seq <= (
      SELECT seq FROM run_log WHERE run_seq = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`);
  const logOf = raw.prepare<[number, number], RunLogEntry>(
    'SELECT seq, time, step, kind, message FROM run_log WHERE run_seq = ? ORDER BY seq DESC LIMIT ?',
  );
  const putJob = raw.prepare<[number, number, string]>(
    'INSERT INTO make_agent_jobs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const allJobs = raw.prepare<[], { body: string }>(`
    SELECT make_agent_jobs.body FROM make_agent_jobs JOIN runs ON runs.seq = run_seq
    WHERE removed_at IS NULL ORDER BY run_seq DESC, step DESC`);
  const forget = ['run_metrics', 'run_rollouts'].map((table) =>
    raw.prepare<[number, number]>(`DELETE FROM ${table} WHERE run_seq = ? AND step > ?`),
  );
  const forgetLog = raw.prepare<[number]>('DELETE FROM run_log WHERE run_seq = ?');

  function rowOf(id: RunId): number {
    const row = seqOf.get(id);
    if (!row) throw new StudioError('not_found', 'This run is not in the workspace.');
    return row.seq;
  }
  const toRun = ({ body }: { readonly body: string }): Run => run.parse(JSON.parse(body));

  return {
    add: (one) => database.write(() => void insert.run(one.id, JSON.stringify(one))),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toRun(row) : null;
      }),
    list: () => database.read(() => all.all().map(toRun)),
    save: (one) => database.write(() => void update.run(JSON.stringify(one), one.id)),
    remove: (id, at) => database.write(() => void mark.run(at, id)),
    cursor: (id) =>
      database.read(() => {
        const row = cursorOf.get(id);
        return { file: row?.file_id ?? null, offset: row?.file_offset ?? 0 };
      }),
    saveCursor: (id, { file, offset }) => database.write(() => void moveCursor.run(file, offset, id)),
    putMetrics: (id, step, values) =>
      database.write(() => {
        const seq = rowOf(id);
        for (const [name, value] of Object.entries(values)) putMetric.run(seq, name, step, value);
      }),
    lastStep: (id) => database.read(() => lastOf.get(rowOf(id), 'rollouts')?.last ?? null),
    series: (id, name, { first, last }, buckets) =>
      database.read(() => {
        const width = Math.max(1, Math.ceil((last - first + 1) / buckets));
        return bucketsOf
          .all(first, width, rowOf(id), name, first, last)
          .map(({ step, min, max, mean }) => ({ step, min, max, mean }));
      }),
    names: (id) => database.read(() => namesOf.all(rowOf(id)).map(({ name }) => name)),
    newest: (id, name, count) =>
      database.read(() =>
        newestOf
          .all(rowOf(id), name, count)
          .map(({ value }) => value)
          .toReversed(),
      ),
    putRollouts: (id, step, file, count) =>
      database.write(() => void putFile.run(rowOf(id), step, file, count)),
    rollouts: (id, step) => database.read(() => fileOf.get(rowOf(id), step) ?? null),
    rolloutSpan: (id) =>
      database.read(() => {
        const { first = null, last = null } = endsOf.get(rowOf(id)) ?? {};
        return first === null || last === null ? null : { first, last };
      }),
    addLog: (id, { time, step, kind, message }) =>
      database.write(() => {
        const seq = rowOf(id);
        putLog.run(seq, time, step, kind, message);
        trimLog.run(seq, seq, LOG_KEPT);
      }),
    log: (id, limit) => database.read(() => logOf.all(rowOf(id), limit)),
    forgetAfter: (id, step) =>
      database.write(() => {
        for (const statement of forget) statement.run(rowOf(id), step);
      }),
    forgetAll: (id) =>
      database.write(() => {
        const seq = rowOf(id);
        for (const statement of forget) statement.run(seq, -1);
        forgetLog.run(seq);
      }),
    saveJob: (job) => database.write(() => void putJob.run(rowOf(job.runId), job.step, JSON.stringify(job))),
    jobs: () => database.read(() => allJobs.all().map(({ body }) => makeAgentJob.parse(JSON.parse(body)))),
  };
}
