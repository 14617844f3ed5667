import { StudioError } from '../../../shared/contract/errors.ts';
import type {
  Episode,
  EpisodeState,
  EpisodeStatus,
  EpisodeSummary,
  Verdict,
} from '../../../shared/model/episode.ts';
import type { AgentVersionId, EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import type { SampledToken, Step } from '../../../shared/model/step.ts';
import type { ImageView } from '../../../shared/model/view.ts';
import { imageView } from '../../../shared/model/view.ts';
import type { WorkspaceDatabase } from '../database.ts';
import type { ImageRow, StoredImage } from './images.ts';
import { toStoredImage } from './images.ts';
import type { QueueRepository } from './queue.ts';
import { fromStepColumns, outlineOf, toStepColumns, leanStep, tokensOf } from './step-columns.ts';
import type { StepColumns } from './step-columns.ts';

/** Bytes of tokens, as stored, up to which an episode is opened whole. */
const MOST_TOKEN_BYTES = 4 << 20;

export interface EpisodeRepository {
  create(one: Episode): void;
  addView(id: EpisodeId, view: ImageView): void;
  /** Writes a step, again if it was written before. */
  saveStep(id: EpisodeId, step: Step): void;
  /** Writes how it ended, with every step and view that it had, in one transaction. */
  finish(one: Episode): void;
  get(id: EpisodeId): Episode | null;
  /** As `get`, but of a very long one without its tokens, which are read step by step. */
  open(id: EpisodeId): Episode | null;
  tokens(id: EpisodeId, index: number): readonly SampledToken[];
  /** One of its views, and nothing else of it: pictures are asked for by the hundred. */
  view(id: EpisodeId, number: number): ImageView | null;
  /** As `get`, without the tokens of its steps, which are most of it; they are only counted. */
  outline(id: EpisodeId): { readonly episode: Episode; readonly tokenCounts: readonly number[] } | null;
  /** The images that it is about, as they were when it began: the sample may be edited later. */
  images(id: EpisodeId): readonly StoredImage[];
  /** Newest first. */
  list(sample: SampleId, limit: number): readonly EpisodeSummary[];
  newest(sample: SampleId): { readonly count: number; readonly last: EpisodeSummary | null };
  /** Marks those that no process can be running any more. Returns how many there were. */
  failLeftovers(at: number): number;
}

export interface EpisodeRow {
  readonly seq: number;
  readonly id: EpisodeId;
  readonly sample_id: SampleId;
  readonly agent_id: AgentVersionId;
  readonly started_at: number;
  readonly with_tools: number;
  readonly sampling: string;
  readonly limits: string;
  readonly seed: number;
  readonly status: EpisodeStatus | null;
  readonly ended_at: number | null;
  readonly answer: string | null;
  readonly verdict: Verdict;
  readonly reward: string | null;
  readonly flags: string;
  readonly error: string | null;
  readonly step_count: number;
  readonly call_count: number;
}

const SELECT = `
  SELECT episodes.*, samples.id AS sample_id, agents.id AS agent_id FROM episodes
  JOIN samples ON samples.seq = episodes.sample_seq JOIN agents ON agents.seq = episodes.agent_seq`;

function stateOf(row: EpisodeRow): EpisodeState {
  return row.status === null || row.ended_at === null
    ? { kind: 'running', phase: 'queued' }
    : { kind: 'ended', status: row.status, endedAt: row.ended_at };
}

export function toSummary(row: EpisodeRow): EpisodeSummary {
  return {
    id: row.id,
    sampleId: row.sample_id,
    agentVersionId: row.agent_id,
    startedAt: row.started_at,
    withTools: row.with_tools === 1,
    seed: row.seed,
    state: stateOf(row),
    answer: row.answer,
    verdict: row.verdict,
    flags: JSON.parse(row.flags),
    stepCount: row.step_count,
    callCount: row.call_count,
  };
}

export function createEpisodeRepository(
  database: WorkspaceDatabase,
  queue: QueueRepository,
): EpisodeRepository {
  const { raw } = database;
  const insert = raw.prepare(`
    INSERT INTO episodes (id, sample_seq, agent_seq, started_at, with_tools, sampling, limits, seed, verdict, flags,
      step_count, call_count)
    SELECT @id, samples.seq, agents.seq, @startedAt, @withTools, @sampling, @limits, @seed, 'unknown', '[]', 0, 0
    FROM samples, agents WHERE samples.id = @sampleId AND agents.id = @agentId`);
  const tokenBytes = raw
    .prepare<[number], number>('SELECT sum(octet_length(tokens)) FROM steps WHERE episode_seq = ?')
    .pluck();
  // The count of steps that were written before it stood in their body has to be read from the tokens.
  const leanOf = raw.prepare<[number], { body: string; count: number }>(`
    SELECT body, ifnull(body ->> '$.tokenCount', json_array_length(tokens, '$.id')) AS count
    FROM steps WHERE episode_seq = ? ORDER BY number`);
  const stepTokens = raw
    .prepare<[string, number], string>(
      'SELECT tokens FROM steps WHERE episode_seq = (SELECT seq FROM episodes WHERE id = ?) AND number = ?',
    )
    .pluck();
  const byId = raw.prepare<[string], EpisodeRow>(`${SELECT} WHERE episodes.id = ?`);
  const bySample = raw.prepare<[string, number], EpisodeRow>(
    `${SELECT} WHERE episodes.sample_seq = (SELECT seq FROM samples WHERE id = ?) ORDER BY episodes.seq DESC LIMIT ?`,
  );
  const countOf = raw.prepare<[string], { n: number }>(
    'SELECT count(*) AS n FROM episodes WHERE sample_seq = (SELECT seq FROM samples WHERE id = ?)',
  );
  const seqOf = raw.prepare<[string], { seq: number }>('SELECT seq FROM episodes WHERE id = ?');
  const putView = raw.prepare<[number, number, string]>(
    'INSERT INTO episode_views VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const putStep = raw.prepare<[number, number, string, string]>(`
    INSERT INTO steps (episode_seq, number, body, tokens) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET body = excluded.body, tokens = excluded.tokens`);
  const recount = raw.prepare<[number, number, number]>(`
    UPDATE episodes SET
      step_count = (SELECT count(*) FROM steps WHERE episode_seq = ?),
      call_count = (SELECT count(*) FROM steps WHERE episode_seq = ?
        AND json_extract(body, '$.action.kind') IN ('zoom_in', 'look_back', 'bad_call'))
    WHERE seq = ?`);
  const putImages = raw.prepare<[number, string]>(`
    INSERT INTO episode_images SELECT ?, position, image_seq FROM sample_images
    WHERE sample_seq = (SELECT seq FROM samples WHERE id = ?)`);
  const imagesOf = raw.prepare<[string], ImageRow>(`
    SELECT images.* FROM episode_images JOIN images ON images.seq = episode_images.image_seq
    WHERE episode_seq = (SELECT seq FROM episodes WHERE id = ?) ORDER BY position`);
  const end = raw.prepare(`
    UPDATE episodes SET status = @status, ended_at = @endedAt, answer = @answer, verdict = @verdict, reward = @reward,
      flags = @flags, error = @error WHERE seq = @seq`);
  const viewsOf = raw.prepare<[number], { body: string }>(
    'SELECT body FROM episode_views WHERE episode_seq = ? ORDER BY number',
  );
  const viewBody = raw
    .prepare<[string, number], string>(
      'SELECT body FROM episode_views WHERE episode_seq = (SELECT seq FROM episodes WHERE id = ?) AND number = ?',
    )
    .pluck();
  const stepsOf = raw.prepare<[number], StepColumns>(
    'SELECT body, tokens FROM steps WHERE episode_seq = ? ORDER BY number',
  );
  const outlinesOf = raw.prepare<[number], { body: string; count: number }>(
    "SELECT body, json_array_length(tokens, '$.id') AS count FROM steps WHERE episode_seq = ? ORDER BY number",
  );
  const failRunning = raw.prepare<[number, string]>(
    "UPDATE episodes SET status = 'failed', ended_at = ?, error = ? WHERE status IS NULL",
  );

  function rowOf(id: EpisodeId): number {
    const row = seqOf.get(id);
    if (!row) throw new StudioError('not_found', 'This episode is not in the workspace.');
    return row.seq;
  }

  function writeStep(seq: number, step: Step): void {
    const { body, tokens } = toStepColumns(step);
    putStep.run(seq, step.index, body, tokens);
  }

  function toEpisode(row: EpisodeRow, steps: readonly Step[]): Episode {
    const { seed: _seed, stepCount: _steps, callCount: _calls, ...summary } = toSummary(row);
    return {
      ...summary,
      sampling: JSON.parse(row.sampling),
      limits: JSON.parse(row.limits),
      views: viewsOf.all(row.seq).map(({ body }) => imageView.parse(JSON.parse(body))),
      steps,
      reward: row.reward === null ? null : JSON.parse(row.reward),
      error: row.error === null ? null : JSON.parse(row.error),
    };
  }

  return {
    create: (one) =>
      database.write(() => {
        const { changes } = insert.run({
          id: one.id,
          startedAt: one.startedAt,
          withTools: one.withTools ? 1 : 0,
          sampling: JSON.stringify(one.sampling),
          limits: JSON.stringify(one.limits),
          seed: one.sampling.seed,
          sampleId: one.sampleId,
          agentId: one.agentVersionId,
        });
        if (changes !== 1) {
          throw new StudioError('not_found', 'The sample or the agent is not in the workspace any more.');
        }
        putImages.run(rowOf(one.id), one.sampleId);
      }),
    addView: (id, view) =>
      database.write(() => {
        putView.run(rowOf(id), view.number, JSON.stringify(view));
      }),
    saveStep: (id, step) =>
      database.write(() => {
        const seq = rowOf(id);
        writeStep(seq, step);
        recount.run(seq, seq, seq);
      }),
    finish: (one) =>
      database.write(() => {
        const { state } = one;
        if (state.kind !== 'ended') throw new Error(`episode ${one.id} has not ended`);
        const seq = rowOf(one.id);
        for (const view of one.views) putView.run(seq, view.number, JSON.stringify(view));
        for (const step of one.steps) writeStep(seq, step);
        recount.run(seq, seq, seq);
        end.run({
          seq,
          status: state.status,
          endedAt: state.endedAt,
          answer: one.answer,
          verdict: one.verdict,
          reward: one.reward === null ? null : JSON.stringify(one.reward),
          flags: JSON.stringify(one.flags),
          error: one.error === null ? null : JSON.stringify(one.error),
        });
        queue.admit(one);
      }),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toEpisode(row, stepsOf.all(row.seq).map(fromStepColumns)) : null;
      }),
    open: (id) =>
      database.read(() => {
        const row = byId.get(id);
        if (!row) return null;
        if ((tokenBytes.get(row.seq) ?? 0) <= MOST_TOKEN_BYTES)
          return toEpisode(row, stepsOf.all(row.seq).map(fromStepColumns));
        return toEpisode(
          row,
          leanOf.all(row.seq).map(({ body, count }) => leanStep(body, count)),
        );
      }),
    tokens: (id, index) =>
      database.read(() => {
        const found = stepTokens.get(id, index);
        return found === undefined ? [] : tokensOf(found);
      }),
    view: (id, number) =>
      database.read(() => {
        const found = viewBody.get(id, number);
        return found === undefined ? null : imageView.parse(JSON.parse(found));
      }),
    outline: (id) =>
      database.read(() => {
        const row = byId.get(id);
        if (!row) return null;
        const outlines = outlinesOf.all(row.seq);
        const steps = outlines.map(({ body }) => outlineOf(body));
        return { episode: toEpisode(row, steps), tokenCounts: outlines.map(({ count }) => count) };
      }),
    images: (id) => database.read(() => imagesOf.all(id).map(toStoredImage)),
    list: (sample, limit) => database.read(() => bySample.all(sample, limit).map(toSummary)),
    newest: (sample) =>
      database.read(() => {
        const row = bySample.get(sample, 1);
        return { count: countOf.get(sample)?.n ?? 0, last: row ? toSummary(row) : null };
      }),
    failLeftovers: (at) =>
      database.write(() => {
        const error = {
          code: 'interrupted',
          message: 'The app stopped while this episode ran. Run it again.',
        };
        return failRunning.run(at, JSON.stringify(error)).changes;
      }),
  };
}
