import { StudioError } from '../../../shared/contract/errors.ts';
import type { Verdict } from '../../../shared/model/episode.ts';
import type { AgentVersionId, EpisodeId, EvaluationId, JobId, SampleId } from '../../../shared/model/ids.ts';
import type {
  JobPlan,
  JobScope,
  JobScopeInput,
  JobState,
  RolloutJob,
} from '../../../shared/model/rollout-job.ts';
import { jobPlan, jobScope } from '../../../shared/model/rollout-job.ts';
import type { WorkspaceDatabase } from '../database.ts';

/** A job as stored; whether it is the one that runs is the service's to say. */
export type StoredJob = Omit<RolloutJob, 'running'> & {
  /** Samples up to here are done; null at the start. */
  readonly cursor: number | null;
  readonly capLeftMs: number | null;
};

export type NewJob = Pick<
  StoredJob,
  'id' | 'evaluationId' | 'agentVersionId' | 'plan' | 'createdAt' | 'sampleTotal'
> & { readonly scope: JobScopeInput };

/** A sample that a job comes to, and the cursor that says so. */
export interface JobSample {
  readonly id: SampleId;
  readonly cursor: number;
}

export interface RolloutScore {
  readonly verdict: Verdict;
  readonly validCalls: number;
  readonly lookBacks: number;
}

/** A rollout that a job has played or begun. */
export interface StoredRollout {
  readonly number: number;
  readonly episodeId: EpisodeId;
  readonly ended: boolean;
  /** The app ended in its middle: it is played again. */
  readonly interrupted: boolean;
}

export interface RolloutJobRepository {
  add(job: NewJob): void;
  get(id: JobId): StoredJob | null;
  byEvaluation(id: EvaluationId): StoredJob | null;
  /** Newest first. */
  list(limit: number): readonly StoredJob[];
  evaluations(limit: number): readonly StoredJob[];
  /** The one whose turn it is: the oldest that is active. */
  nextActive(): StoredJob | null;
  setState(id: JobId, state: JobState, reason: string | null, at: number): void;
  /** The sample after the cursor of a job whose samples were chosen; those that were removed are passed over. */
  nextChosen(id: JobId, cursor: number | null): JobSample | null;
  /** Gives a job whose time is up the same time again. */
  renewCap(id: JobId): void;
  /** There are more samples than were counted at the start. */
  widen(id: JobId, sampleTotal: number): void;
  /** All rollouts of a sample have ended. */
  advance(id: JobId, cursor: number): void;
  /** Counts an episode that ended. */
  count(id: JobId, ended: { readonly failed: boolean; readonly right: boolean; readonly ms: number }): void;
  rollouts(id: JobId, sample: SampleId): readonly StoredRollout[];
  /** Says which episode is a rollout, in place of one that was cut off. */
  link(id: JobId, sample: SampleId, number: number, episode: EpisodeId): void;
  /** Says how a rollout came out, for what counts many of them. */
  score(id: JobId, sample: SampleId, number: number, outcome: RolloutScore): void;
  unlink(id: JobId, sample: SampleId, number: number): void;
}

interface JobRow {
  readonly id: JobId;
  readonly evaluation_id: EvaluationId | null;
  readonly agent_id: AgentVersionId;
  readonly agent_name: string;
  readonly scope: string;
  readonly plan: string;
  readonly state: JobState;
  readonly reason: string | null;
  readonly cursor: number | null;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly spent_ms: number;
  readonly cap_left_ms: number | null;
  readonly sample_total: number;
  readonly samples_done: number;
  readonly episodes_done: number;
  readonly episodes_failed: number;
  readonly episodes_right: number;
}

const SELECT = `
  SELECT rollout_jobs.*, agents.id AS agent_id, agents.name AS agent_name FROM rollout_jobs
  JOIN agents ON agents.seq = agent_seq`;
const JOB = '(SELECT seq FROM rollout_jobs WHERE id = @job)';
const SAMPLE = '(SELECT seq FROM samples WHERE id = @sample)';

function toJob(row: JobRow): StoredJob {
  const scope: JobScope = jobScope.parse(JSON.parse(row.scope));
  const plan: JobPlan = jobPlan.parse(JSON.parse(row.plan));
  return {
    id: row.id,
    evaluationId: row.evaluation_id,
    agentVersionId: row.agent_id,
    agentName: row.agent_name,
    scope,
    plan,
    state: row.state,
    reason: row.reason,
    cursor: row.cursor,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    spentMs: row.spent_ms,
    capLeftMs: row.cap_left_ms,
    sampleTotal: row.sample_total,
    samplesDone: row.samples_done,
    episodesDone: row.episodes_done,
    episodesFailed: row.episodes_failed,
    episodesRight: row.episodes_right,
  };
}

export function createRolloutJobRepository(database: WorkspaceDatabase): RolloutJobRepository {
  const { raw } = database;
  const insert = raw.prepare(`
    INSERT INTO rollout_jobs (id, evaluation_id, agent_seq, scope, plan, state, created_at, cap_left_ms, sample_total)
    SELECT @id, @evaluationId, seq, @scope, @plan, 'active', @createdAt, @capMs, @sampleTotal
    FROM agents WHERE id = @agentId`);
  const byId = raw.prepare<[string], JobRow>(`${SELECT} WHERE rollout_jobs.id = ?`);
  const byEvaluation = raw.prepare<[string], JobRow>(`${SELECT} WHERE evaluation_id = ?`);
  const newest = raw.prepare<[number], JobRow>(`${SELECT} ORDER BY rollout_jobs.seq DESC LIMIT ?`);
  const measured = raw.prepare<[number], JobRow>(
    `${SELECT} WHERE evaluation_id IS NOT NULL ORDER BY rollout_jobs.seq DESC LIMIT ?`,
  );
  const active = raw.prepare<[], JobRow>(
    `${SELECT} WHERE state = 'active' ORDER BY rollout_jobs.seq LIMIT 1`,
  );
  const setState = raw.prepare(`
    UPDATE rollout_jobs SET state = @state, reason = @reason,
      ended_at = iif(@state IN ('finished', 'cancelled'), @at, NULL) WHERE id = @id`);
  const renew = raw.prepare<[string]>(
    "UPDATE rollout_jobs SET cap_left_ms = json_extract(plan, '$.capMs') WHERE id = ? AND cap_left_ms <= 0",
  );
  const widen = raw.prepare<[number, string]>('UPDATE rollout_jobs SET sample_total = ? WHERE id = ?');
  const advance = raw.prepare<[number, string]>(
    'UPDATE rollout_jobs SET cursor = ?, samples_done = samples_done + 1 WHERE id = ?',
  );
  const count = raw.prepare(`
    UPDATE rollout_jobs SET episodes_done = episodes_done + 1, episodes_failed = episodes_failed + @failed,
      episodes_right = episodes_right + @right, spent_ms = spent_ms + @ms, cap_left_ms = cap_left_ms - @ms
    WHERE id = @id`);
  const choose = raw.prepare(
    `INSERT INTO rollout_job_samples SELECT ${JOB}, @position, seq FROM samples WHERE id = @sample`,
  );
  const nextChosen = raw.prepare<[{ job: string; cursor: number }], JobSample>(`
    SELECT samples.id AS id, position AS cursor FROM rollout_job_samples JOIN samples ON samples.seq = sample_seq
    WHERE job_seq = ${JOB} AND position > @cursor AND removed_at IS NULL ORDER BY position LIMIT 1`);
  const rollouts = raw.prepare<
    [{ job: string; sample: string }],
    { number: number; id: EpisodeId; status: string | null; code: string | null }
  >(`
    SELECT number, episodes.id AS id, status, json_extract(error, '$.code') AS code FROM rollouts
    JOIN episodes ON episodes.seq = episode_seq
    WHERE job_seq = ${JOB} AND rollouts.sample_seq = ${SAMPLE} ORDER BY number`);
  const link = raw.prepare(`
    INSERT INTO rollouts (job_seq, sample_seq, number, episode_seq)
    VALUES (${JOB}, ${SAMPLE}, @number, (SELECT seq FROM episodes WHERE id = @episode))
    ON CONFLICT (job_seq, sample_seq, number) DO UPDATE SET episode_seq = excluded.episode_seq, is_right = NULL,
      valid_calls = NULL, look_backs = NULL`);
  const score = raw.prepare(`
    UPDATE rollouts SET is_right = @right, valid_calls = @validCalls, look_backs = @lookBacks
    WHERE job_seq = ${JOB} AND sample_seq = ${SAMPLE} AND number = @number`);
  const unlink = raw.prepare(
    `DELETE FROM rollouts WHERE job_seq = ${JOB} AND sample_seq = ${SAMPLE} AND number = @number`,
  );

  return {
    add: (job) =>
      database.write(() => {
        const { changes } = insert.run({
          id: job.id,
          evaluationId: job.evaluationId,
          agentId: job.agentVersionId,
          scope: JSON.stringify(
            job.scope.kind === 'samples' ? { kind: 'samples', count: job.scope.ids.length } : job.scope,
          ),
          plan: JSON.stringify(job.plan),
          createdAt: job.createdAt,
          capMs: job.plan.capMs,
          sampleTotal: job.sampleTotal,
        });
        if (changes !== 1) throw new StudioError('not_found', 'This agent is not in the workspace any more.');
        if (job.scope.kind !== 'samples') return;
        for (const [position, sample] of job.scope.ids.entries()) {
          choose.run({ job: job.id, position, sample });
        }
      }),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toJob(row) : null;
      }),
    byEvaluation: (id) =>
      database.read(() => {
        const row = byEvaluation.get(id);
        return row ? toJob(row) : null;
      }),
    list: (limit) => database.read(() => newest.all(limit).map(toJob)),
    evaluations: (limit) => database.read(() => measured.all(limit).map(toJob)),
    nextActive: () =>
      database.read(() => {
        const row = active.get();
        return row ? toJob(row) : null;
      }),
    setState: (id, state, reason, at) =>
      database.write(() => {
        setState.run({ id, state, reason, at });
      }),
    nextChosen: (job, cursor) => database.read(() => nextChosen.get({ job, cursor: cursor ?? -1 }) ?? null),
    renewCap: (id) =>
      database.write(() => {
        renew.run(id);
      }),
    widen: (id, sampleTotal) =>
      database.write(() => {
        widen.run(sampleTotal, id);
      }),
    advance: (id, cursor) =>
      database.write(() => {
        advance.run(cursor, id);
      }),
    count: (id, { failed, right, ms }) =>
      database.write(() => {
        count.run({ id, failed: failed ? 1 : 0, right: right ? 1 : 0, ms: Math.round(ms) });
      }),
    rollouts: (job, sample) =>
      database.read(() =>
        rollouts.all({ job, sample }).map(({ number, id, status, code }) => ({
          number,
          episodeId: id,
          ended: status !== null,
          interrupted: code === 'interrupted',
        })),
      ),
    link: (job, sample, number, episode) =>
      database.write(() => {
        link.run({ job, sample, number, episode });
      }),
    score: (job, sample, number, { verdict, validCalls, lookBacks }) =>
      database.write(() => {
        const right = verdict === 'unknown' ? null : verdict === 'right' ? 1 : 0;
        score.run({ job, sample, number, right, validCalls, lookBacks });
      }),
    unlink: (job, sample, number) =>
      database.write(() => {
        unlink.run({ job, sample, number });
      }),
  };
}
