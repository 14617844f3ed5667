import { StudioError } from '../../../shared/contract/errors.ts';
import type { ListPairsInput, PairChoice, PairPage, PairRow } from '../../../shared/contract/evaluations.ts';
import type { EvaluationCounts, PairCounts } from '../../../shared/model/evaluation.ts';
import type { EpisodeId, EvaluationId, SampleId } from '../../../shared/model/ids.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { placeAfter, toPage } from './page.ts';

/** What the rollouts of evaluations come to, alone and against each other. */
export interface EvaluationRepository {
  counts(id: EvaluationId): EvaluationCounts;
  /** Of the samples that both have played to the end. */
  compare(
    a: EvaluationId,
    b: EvaluationId,
  ): {
    readonly countsA: EvaluationCounts;
    readonly countsB: EvaluationCounts;
    readonly kinds: readonly PairCounts[];
  };
  pairs(query: ListPairsInput): PairPage;
}

/** Whether the answer was right is null where no reference judged it. */
const COUNTS = `
  count(*) AS episodes,
  count(one.is_right) AS scored,
  coalesce(sum(one.is_right), 0) AS right,
  coalesce(sum(one.valid_calls > 0), 0) AS usedTool,
  coalesce(sum(one.look_backs > 0), 0) AS lookedBack,
  coalesce(sum(episodes.status = 'answered'), 0) AS answered,
  coalesce(sum(episodes.status = 'failed'), 0) AS failed`;

const JOB_OF = '(SELECT seq FROM rollout_jobs WHERE evaluation_id = ?)';

/** Rollouts of two evaluations that are of the same sample, once both have ended. */
const PAIRED = `
  rollouts AS a JOIN rollouts AS b ON b.job_seq = ${JOB_OF} AND b.sample_seq = a.sample_seq AND b.number = a.number
  WHERE a.job_seq = ${JOB_OF} AND a.valid_calls IS NOT NULL AND b.valid_calls IS NOT NULL`;

const CHOICES: Readonly<Record<PairChoice, string>> = {
  flips: 'a.is_right <> b.is_right',
  gained: 'a.is_right = 0 AND b.is_right = 1',
  lost: 'a.is_right = 1 AND b.is_right = 0',
  both_wrong: 'a.is_right = 0 AND b.is_right = 0',
  all: '1',
};

interface PairSqlRow {
  readonly place: number;
  readonly sample_id: SampleId;
  readonly question: string;
  readonly kind: string;
  readonly a_id: EpisodeId;
  readonly a_answer: string | null;
  readonly a_right: number | null;
  readonly b_id: EpisodeId;
  readonly b_answer: string | null;
  readonly b_right: number | null;
}

function toPair(row: PairSqlRow): PairRow {
  const known = (right: number | null): boolean | null => (right === null ? null : right === 1);
  return {
    sampleId: row.sample_id,
    question: row.question,
    kind: row.kind,
    a: { episodeId: row.a_id, answer: row.a_answer, right: known(row.a_right) },
    b: { episodeId: row.b_id, answer: row.b_answer, right: known(row.b_right) },
  };
}

export function createEvaluationRepository(database: WorkspaceDatabase): EvaluationRepository {
  const { raw } = database;
  const alone = raw.prepare<[string], EvaluationCounts>(`
    SELECT ${COUNTS} FROM rollouts AS one JOIN episodes ON episodes.seq = one.episode_seq
    WHERE one.job_seq = ${JOB_OF} AND one.valid_calls IS NOT NULL`);
  const paired = (side: 'a' | 'b') =>
    raw.prepare<[string, string], EvaluationCounts>(`
      SELECT ${COUNTS} FROM (SELECT ${side}.* FROM ${PAIRED}) AS one
      JOIN episodes ON episodes.seq = one.episode_seq`);
  const pairedA = paired('a');
  const pairedB = paired('b');
  const kinds = raw.prepare<[string, string], PairCounts>(`
    SELECT kind, sum(a_right AND b_right) AS bothRight, sum(NOT a_right AND b_right) AS gained,
      sum(a_right AND NOT b_right) AS lost, sum(NOT a_right AND NOT b_right) AS bothWrong
    FROM (SELECT a.sample_seq AS sample_seq, a.is_right AS a_right, b.is_right AS b_right FROM ${PAIRED}
      AND a.is_right IS NOT NULL AND b.is_right IS NOT NULL)
    JOIN samples ON samples.seq = sample_seq GROUP BY kind ORDER BY kind`);

  function need(counts: EvaluationCounts | undefined): EvaluationCounts {
    if (counts === undefined) throw new StudioError('not_found', 'This evaluation is not in the workspace.');
    return counts;
  }

  return {
    counts: (id) => database.read(() => need(alone.get(id))),
    compare: (a, b) =>
      database.read(() => ({
        countsA: need(pairedA.get(b, a)),
        countsB: need(pairedB.get(b, a)),
        kinds: kinds.all(b, a),
      })),
    pairs: (query) =>
      database.read(() => {
        const { a, b, which, kind, cursor, limit } = query;
        const from = `
          FROM (SELECT a.sample_seq AS sample_seq, a.episode_seq AS a_seq, a.is_right AS a_right,
            b.episode_seq AS b_seq, b.is_right AS b_right FROM ${PAIRED} AND ${CHOICES[which]}) AS pair
          JOIN samples ON samples.seq = pair.sample_seq ${kind === undefined ? '' : 'AND samples.kind = ?'}`;
        const values = kind === undefined ? [b, a] : [b, a, kind];
        const rows = raw
          .prepare<unknown[], PairSqlRow>(
            `SELECT samples.place AS place, samples.id AS sample_id, question, kind, ea.id AS a_id, ea.answer AS a_answer, a_right,
              eb.id AS b_id, eb.answer AS b_answer, b_right ${from}
            JOIN episodes AS ea ON ea.seq = pair.a_seq JOIN episodes AS eb ON eb.seq = pair.b_seq
            WHERE samples.place > ? ORDER BY samples.place LIMIT ?`,
          )
          .all(...values, placeAfter(cursor), limit + 1);
        const total = raw.prepare<unknown[], { n: number }>(`SELECT count(*) AS n ${from}`).get(...values);
        return { ...toPage(rows, limit, toPair), total: total?.n ?? 0 };
      }),
  };
}
