import type { SetAside } from '../../../shared/contract/corrections.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import { imageSizing } from '../../../shared/model/agent-version.ts';
import type { Correction, CorrectionOperation, CorrectionSummary } from '../../../shared/model/correction.ts';
import { correctionOperation, MAX_OPERATIONS } from '../../../shared/model/correction.ts';
import type { CorrectionId, EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import type { WorkspaceDatabase } from '../database.ts';
import type { CounterRepository } from './counters.ts';

/** To be called inside `journal.act`, apart from reading and `setAside`. */
export interface CorrectionRepository {
  /** @throws StudioError not_found for an episode that is not there */
  create(one: Omit<Correction, 'revision'>): Correction;
  get(id: CorrectionId): Correction | null;
  /** Oldest first. */
  list(episode: EpisodeId): readonly CorrectionSummary[];
  /** Puts operations behind those that are there. @throws StudioError not_found, not_supported (too many) */
  append(id: CorrectionId, operations: readonly CorrectionOperation[]): Correction;
  setAside(correction: CorrectionId, one: SetAside): void;
  listAside(correction: CorrectionId): readonly SetAside[];
  getAside(id: string): { readonly correction: CorrectionId; readonly aside: SetAside } | null;
  /** Keeps only these of the edits; with none of them the whole goes. */
  keepAside(id: string, operations: readonly CorrectionOperation[]): void;
}

interface CorrectionRow {
  readonly seq: number;
  readonly id: CorrectionId;
  readonly episode_id: EpisodeId;
  readonly reviewer_id: ReviewerId;
  readonly created_at: number;
  readonly revision: number;
  readonly sizing: string;
  readonly operation_count: number;
}

interface AsideRow {
  readonly id: string;
  readonly correction_id: CorrectionId;
  readonly reviewer_id: ReviewerId;
  readonly at: number;
  readonly revision: number;
  readonly operations: string;
}

const SELECT = `
  SELECT corrections.*, episodes.id AS episode_id, reviewers.id AS reviewer_id FROM corrections
  JOIN episodes ON episodes.seq = episode_seq JOIN reviewers ON reviewers.seq = reviewer_seq`;
const SELECT_ASIDE = `
  SELECT corrections_set_aside.*, reviewers.id AS reviewer_id FROM corrections_set_aside
  JOIN reviewers ON reviewers.seq = reviewer_seq`;

function toSummary(row: CorrectionRow): CorrectionSummary {
  return {
    id: row.id,
    episodeId: row.episode_id,
    by: row.reviewer_id,
    createdAt: row.created_at,
    revision: row.revision,
    operationCount: row.operation_count,
  };
}

function toAside(row: AsideRow): SetAside {
  return {
    id: row.id,
    by: row.reviewer_id,
    at: row.at,
    revision: row.revision,
    operations: correctionOperation.array().parse(JSON.parse(row.operations)),
  };
}

export function createCorrectionRepository(
  database: WorkspaceDatabase,
  counters: CounterRepository,
): CorrectionRepository {
  const { raw } = database;
  const insert = raw.prepare(`
    INSERT INTO corrections (id, episode_seq, reviewer_seq, created_at, revision, sizing, operation_count)
    SELECT @id, episodes.seq, reviewers.seq, @createdAt, @revision, @sizing, 0
    FROM episodes, reviewers WHERE episodes.id = @episodeId AND reviewers.id = @by`);
  const byId = raw.prepare<[string], CorrectionRow>(`${SELECT} WHERE corrections.id = ?`);
  const byEpisode = raw.prepare<[string], CorrectionRow>(
    `${SELECT} WHERE episodes.id = ? ORDER BY corrections.seq`,
  );
  const operationsOf = raw.prepare<[number], { body: string }>(
    'SELECT body FROM correction_operations WHERE correction_seq = ? ORDER BY number',
  );
  const addOperation = raw.prepare<[number, number, string]>(
    'INSERT INTO correction_operations VALUES (?, ?, ?)',
  );
  const touch = raw.prepare<[number, number, number]>(
    'UPDATE corrections SET revision = ?, operation_count = ? WHERE seq = ?',
  );
  const insertAside = raw.prepare(`
    INSERT INTO corrections_set_aside (id, correction_id, reviewer_seq, at, revision, operations)
    SELECT @id, @correction, seq, @at, @revision, @operations FROM reviewers WHERE id = @by`);
  const asideById = raw.prepare<[string], AsideRow>(`${SELECT_ASIDE} WHERE corrections_set_aside.id = ?`);
  const asideOf = raw.prepare<[string], AsideRow>(
    `${SELECT_ASIDE} WHERE correction_id = ? ORDER BY corrections_set_aside.seq`,
  );
  const changeAside = raw.prepare<[string, string]>(
    'UPDATE corrections_set_aside SET operations = ? WHERE id = ?',
  );
  const removeAside = raw.prepare<[string]>('DELETE FROM corrections_set_aside WHERE id = ?');

  function rowOf(id: CorrectionId): CorrectionRow {
    const row = byId.get(id);
    if (!row) throw new StudioError('not_found', 'This correction is not in the workspace any more.');
    return row;
  }

  function toCorrection(row: CorrectionRow): Correction {
    const { operationCount: _count, ...summary } = toSummary(row);
    return {
      ...summary,
      sizing: imageSizing.parse(JSON.parse(row.sizing)),
      operations: operationsOf.all(row.seq).map(({ body }) => correctionOperation.parse(JSON.parse(body))),
    };
  }

  function append(row: CorrectionRow, operations: readonly CorrectionOperation[]): Correction {
    const count = row.operation_count + operations.length;
    if (count > MAX_OPERATIONS) {
      throw new StudioError(
        'not_supported',
        `A correction holds at most ${MAX_OPERATIONS} edits. Begin another one.`,
      );
    }
    for (const [at, operation] of operations.entries()) {
      addOperation.run(row.seq, row.operation_count + at, JSON.stringify(operation));
    }
    touch.run(counters.nextRevision(), count, row.seq);
    return toCorrection(rowOf(row.id));
  }

  return {
    create: ({ id, episodeId, by, createdAt, sizing, operations }) =>
      database.write(() => {
        const { changes } = insert.run({
          id,
          createdAt,
          revision: counters.nextRevision(),
          sizing: JSON.stringify(sizing),
          episodeId,
          by,
        });
        if (changes !== 1) {
          throw new StudioError('not_found', 'The episode or the reviewer is not in the workspace.');
        }
        return operations.length === 0 ? toCorrection(rowOf(id)) : append(rowOf(id), operations);
      }),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toCorrection(row) : null;
      }),
    list: (episode) => database.read(() => byEpisode.all(episode).map(toSummary)),
    append: (id, operations) => database.write(() => append(rowOf(id), operations)),
    setAside: (correction, one) =>
      database.write(() => {
        const { id, by, at, revision, operations } = one;
        insertAside.run({
          id,
          correction,
          by,
          at,
          revision,
          operations: JSON.stringify(operations),
        });
      }),
    listAside: (correction) => database.read(() => asideOf.all(correction).map(toAside)),
    getAside: (id) =>
      database.read(() => {
        const row = asideById.get(id);
        return row ? { correction: row.correction_id, aside: toAside(row) } : null;
      }),
    keepAside: (id, operations) =>
      database.write(() => {
        if (operations.length === 0) removeAside.run(id);
        else changeAside.run(JSON.stringify(operations), id);
      }),
  };
}
