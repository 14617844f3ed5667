import { z } from 'zod';
import { stepKey } from '../../../shared/model/correction.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import { correctionId, reviewerId } from '../../../shared/model/ids.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import { episode } from '../../../shared/model/episode.ts';
import type { Step } from '../../../shared/model/step.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { fromStepColumns, toStepColumns } from './step-columns.ts';
import type { StepColumns } from './step-columns.ts';

/** Where a run belongs: what is needed to put its steps into the correction at its end. */
const begunRun = z
  .object({
    correction: correctionId,
    by: reviewerId,
    revision: z.number().int(),
    after: stepKey.nullable(),
    /** What was before its first step. */
    context: z.string(),
  })
  .readonly();
export type BegunRun = z.infer<typeof begunRun>;

/** What the model sampled from an edited step on. Facts: written once, never undone. */
export interface CorrectionRunRepository {
  create(begun: BegunRun, parent: EpisodeId, run: Episode): void;
  saveStep(run: EpisodeId, step: Step): void;
  /** Writes how it ended, with every step that it had. */
  finish(run: Episode): void;
  get(run: EpisodeId): Episode | null;
  /** A step as it was sampled, by the run and index that a continued step names; also of an episode itself. */
  sampledStep(run: EpisodeId, index: number): Step | null;
  /** Those that no process can be running any more, with the steps that they had. From then on they have ended. */
  takeLeftovers(): readonly { readonly begun: BegunRun; readonly run: Episode }[];
}

export function createCorrectionRunRepository({
  raw,
  ...database
}: WorkspaceDatabase): CorrectionRunRepository {
  const insert = raw.prepare(`
    INSERT INTO correction_runs (id, correction_id, episode_seq, body)
    SELECT @id, @correction, seq, @body FROM episodes WHERE id = @parent`);
  const byId = raw.prepare<[string], { seq: number; body: string }>(
    'SELECT seq, body FROM correction_runs WHERE id = ?',
  );
  const change = raw.prepare<[string, string, string]>(
    'UPDATE correction_runs SET body = ?, status = ? WHERE id = ?',
  );
  const putStep = raw.prepare<[string, number, string, string]>(`
    INSERT INTO correction_run_steps (run_seq, number, body, tokens)
    VALUES ((SELECT seq FROM correction_runs WHERE id = ?), ?, ?, ?)
    ON CONFLICT DO UPDATE SET body = excluded.body, tokens = excluded.tokens`);
  const stepsOf = raw.prepare<[number], StepColumns>(
    'SELECT body, tokens FROM correction_run_steps WHERE run_seq = ? ORDER BY number',
  );
  const stepOfRun = raw.prepare<[string, number], StepColumns>(`
    SELECT body, tokens FROM correction_run_steps
    WHERE run_seq = (SELECT seq FROM correction_runs WHERE id = ?) AND number = ?`);
  const stepOfEpisode = raw.prepare<[string, number], StepColumns>(`
    SELECT body, tokens FROM steps WHERE episode_seq = (SELECT seq FROM episodes WHERE id = ?) AND number = ?`);
  const unfinished = raw.prepare<[], { seq: number; body: string }>(
    'SELECT seq, body FROM correction_runs WHERE status IS NULL ORDER BY seq',
  );
  const failRunning = raw.prepare("UPDATE correction_runs SET status = 'failed' WHERE status IS NULL");

  function writeStep(run: EpisodeId, step: Step): void {
    const { body, tokens } = toStepColumns(step);
    putStep.run(run, step.index, body, tokens);
  }

  return {
    create: (begun, parent, run) =>
      database.write(() => {
        const body = JSON.stringify({ ...run, steps: [], begun });
        insert.run({ id: run.id, correction: begun.correction, parent, body });
      }),
    saveStep: (run, step) => database.write(() => writeStep(run, step)),
    finish: (run) =>
      database.write(() => {
        for (const step of run.steps) writeStep(run.id, step);
        const status = run.state.kind === 'ended' ? run.state.status : 'failed';
        change.run(JSON.stringify({ ...run, steps: [] }), status, run.id);
      }),
    get: (run) =>
      database.read(() => {
        const row = byId.get(run);
        if (!row) return null;
        return episode.parse({ ...JSON.parse(row.body), steps: stepsOf.all(row.seq).map(fromStepColumns) });
      }),
    sampledStep: (run, index) =>
      database.read(() => {
        const row = stepOfEpisode.get(run, index) ?? stepOfRun.get(run, index);
        return row ? fromStepColumns(row) : null;
      }),
    takeLeftovers: () =>
      database.write(() => {
        const rows = unfinished.all();
        failRunning.run();
        return rows.map(({ seq, body }) => {
          const { begun, ...run } = JSON.parse(body);
          const steps = stepsOf.all(seq).map(fromStepColumns);
          return { begun: begunRun.parse(begun), run: episode.parse({ ...run, steps }) };
        });
      }),
  };
}
