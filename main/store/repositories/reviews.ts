import { StudioError } from '../../../shared/contract/errors.ts';
import type { VerdictPair } from '../../../shared/model/agreement.ts';
import type { EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import type {
  FlagDecision,
  FlagState,
  Review,
  ReviewFlag,
  ReviewVerdict,
} from '../../../shared/model/review.ts';
import type { WorkspaceDatabase } from '../database.ts';
import type { CounterRepository } from './counters.ts';

export interface ReviewChange {
  readonly by: ReviewerId;
  readonly episodeId: EpisodeId;
  /** Null where the reviewer has not said anything about it yet. */
  readonly revision: number | null;
  readonly verdict: Review['verdict'];
  readonly reasons: Review['reasons'];
  readonly note: string;
}

export interface FlagChange {
  readonly by: ReviewerId;
  readonly episodeId: EpisodeId;
  readonly flag: ReviewFlag;
  /** Null where the flag is not there yet. */
  readonly revision: number | null;
  readonly decision: FlagDecision | null;
}

/** How often two reviewers said a pair of verdicts about the same episode. */
export interface ReviewerPair extends VerdictPair {
  readonly firstBy: ReviewerId;
  readonly secondBy: ReviewerId;
}

/** Verdicts and flags of episodes. Writing belongs into an action of the journal. */
export interface ReviewRepository {
  /** Of one episode, oldest first. */
  of(id: EpisodeId): readonly Review[];
  /** @throws StudioError not_found, and conflict when `revision` is not the stored one. */
  put(change: ReviewChange, at: number): Review;
  flags(id: EpisodeId): readonly FlagState[];
  /** @throws StudioError not_found, and conflict when `revision` is not the stored one. */
  decideFlag(change: FlagChange, at: number): FlagState;
  pairs(): readonly ReviewerPair[];
}

interface ReviewRow {
  readonly episode_id: EpisodeId;
  readonly reviewer_id: ReviewerId;
  readonly verdict: ReviewVerdict;
  readonly reasons: string;
  readonly note: string;
  readonly at: number;
  readonly revision: number;
}

interface FlagRow {
  readonly flag: ReviewFlag;
  readonly proposed: number;
  readonly decision: FlagDecision | null;
  readonly reviewer_id: ReviewerId | null;
  readonly at: number | null;
  readonly revision: number;
}

function toReview(row: ReviewRow): Review {
  const { episode_id: episodeId, reviewer_id: by, verdict, note, at, revision } = row;
  return { episodeId, by, verdict, reasons: JSON.parse(row.reasons), note, at, revision };
}

function toFlag(row: FlagRow): FlagState {
  const { flag, decision, reviewer_id: by, at, revision } = row;
  return { flag, proposed: row.proposed === 1, decision, by, at, revision };
}

export function createReviewRepository(
  database: WorkspaceDatabase,
  counters: CounterRepository,
): ReviewRepository {
  const { raw } = database;
  const reviewsOf = raw.prepare<[string], ReviewRow>(`
    SELECT reviews.*, episodes.id AS episode_id, reviewers.id AS reviewer_id FROM episodes
    JOIN reviews ON reviews.episode_seq = episodes.seq JOIN reviewers ON reviewers.seq = reviewer_seq
    WHERE episodes.id = ? ORDER BY at, reviews.revision`);
  const flagsOf = raw.prepare<[string], FlagRow>(`
    SELECT episode_flags.*, reviewers.id AS reviewer_id FROM episodes
    JOIN episode_flags ON episode_flags.episode_seq = episodes.seq
    LEFT JOIN reviewers ON reviewers.seq = reviewer_seq
    WHERE episodes.id = ? ORDER BY flag`);
  const queued = raw.prepare<[string], { seq: number }>(
    'SELECT seq FROM episodes JOIN queue ON queue.episode_seq = episodes.seq WHERE id = ?',
  );
  const reviewer = raw.prepare<[string], { seq: number }>('SELECT seq FROM reviewers WHERE id = ?');
  const putReview = raw.prepare<[number, number, string, string, string, number, number]>(`
    INSERT INTO reviews (episode_seq, reviewer_seq, verdict, reasons, note, at, revision) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET verdict = excluded.verdict, reasons = excluded.reasons, note = excluded.note,
      at = excluded.at, revision = excluded.revision`);
  const putFlag = raw.prepare<[number, string, string | null, number | null, number | null, number]>(`
    INSERT INTO episode_flags (episode_seq, flag, proposed, decision, reviewer_seq, at, revision)
    VALUES (?, ?, 0, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET decision = excluded.decision, reviewer_seq = excluded.reviewer_seq, at = excluded.at,
      revision = excluded.revision`);
  const pairs = raw.prepare<[], ReviewerPair>(`
    SELECT one.id AS firstBy, two.id AS secondBy, a.verdict AS first, b.verdict AS second, count(*) AS count
    FROM queue
    JOIN reviews AS a ON a.episode_seq = queue.episode_seq
    JOIN reviews AS b ON b.episode_seq = queue.episode_seq AND b.reviewer_seq > a.reviewer_seq
    JOIN reviewers AS one ON one.seq = a.reviewer_seq JOIN reviewers AS two ON two.seq = b.reviewer_seq
    WHERE opinions > 1
    GROUP BY a.reviewer_seq, b.reviewer_seq, a.verdict, b.verdict`);

  function rowsOf(id: EpisodeId, by: ReviewerId): { readonly episode: number; readonly reviewer: number } {
    const episode = queued.get(id);
    if (!episode) {
      throw new StudioError(
        'not_found',
        'There is nothing to review here: the episode is not in the workspace, or it was cut off before its end.',
      );
    }
    const person = reviewer.get(by);
    if (!person) throw new StudioError('not_found', 'This reviewer is not in the workspace.');
    return { episode: episode.seq, reviewer: person.seq };
  }

  return {
    of: (id) => database.read(() => reviewsOf.all(id).map(toReview)),
    put: (change, at) =>
      database.write(() => {
        const { by, episodeId, verdict, reasons, note } = change;
        const seqs = rowsOf(episodeId, by);
        const stored = reviewsOf.all(episodeId).find((row) => row.reviewer_id === by);
        refuseStale(change.revision, stored?.revision, 'This review');
        const revision = counters.nextRevision();
        putReview.run(seqs.episode, seqs.reviewer, verdict, JSON.stringify(reasons), note, at, revision);
        return { episodeId, by, verdict, reasons, note, at, revision };
      }),
    flags: (id) => database.read(() => flagsOf.all(id).map(toFlag)),
    decideFlag: (change, at) =>
      database.write(() => {
        const { by, episodeId, flag, decision } = change;
        const seqs = rowsOf(episodeId, by);
        const stored = flagsOf.all(episodeId).find((row) => row.flag === flag);
        refuseStale(change.revision, stored?.revision, 'This flag');
        const revision = counters.nextRevision();
        const decided = decision === null ? null : { seq: seqs.reviewer, by, at };
        putFlag.run(seqs.episode, flag, decision, decided?.seq ?? null, decided?.at ?? null, revision);
        return {
          flag,
          proposed: stored?.proposed === 1,
          decision,
          by: decided?.by ?? null,
          at: decided?.at ?? null,
          revision,
        };
      }),
    pairs: () => database.read(() => pairs.all()),
  };
}

function refuseStale(known: number | null, stored: number | undefined, what: string): void {
  if (known === (stored ?? null)) return;
  throw new StudioError(
    'conflict',
    `${what} was changed elsewhere since you opened it. Nothing was changed; look at both and choose.`,
  );
}
