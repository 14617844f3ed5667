import { StudioError } from '../../../shared/contract/errors.ts';
import type { QueueInput, QueueItem, QueueOrder } from '../../../shared/contract/reviews.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import {
  answerEntropy,
  drawOf,
  fromMillionths,
  opinionsWanted,
  proposedFlags,
  standing,
  toMillionths,
} from '../../../shared/model/review.ts';
import type { ReviewVerdict, Standing } from '../../../shared/model/review.ts';
import { shuffled } from '../../../shared/model/shuffle.ts';
import type { WorkspaceDatabase } from '../database.ts';
import type { EpisodeRow } from './episodes.ts';
import { toSummary } from './episodes.ts';
import type { QueuePlan, Values, Way } from './queue-plan.ts';
import { createQueuePlanner, EVERY_WAY } from './queue-plan.ts';

/** What a page of the queue is asked with, once the host has filled in who asks and what share is looked at twice. */
export interface QueueQuery extends Pick<QueueInput, 'order' | 'seed' | 'filter' | 'cursor' | 'limit'> {
  readonly by: ReviewerId;
  readonly share: number;
}

/** What there is to review, in an order. Rows are narrow and stand beside the episodes; see migration 20. */
export interface QueueRepository {
  /** Takes in an episode that has ended; one that was cut off is left out. For whoever stores one. */
  admit(episode: Episode): void;
  list(query: QueueQuery): { readonly items: readonly QueueItem[]; readonly nextCursor: string | null };
  /** The same rows as they are now. */
  items(ids: readonly EpisodeId[], by: ReviewerId, share: number): readonly QueueItem[];
  standing(id: EpisodeId): Standing | null;
  standings(): Readonly<Record<Standing, number>>;
}

interface QueueRow extends EpisodeRow {
  readonly question: string;
  readonly standing: Standing;
  readonly mine: ReviewVerdict | null;
  readonly opinions: number;
  readonly flag_count: number;
  readonly answer_entropy: number;
  readonly group_variance: number;
  readonly group_disagreement: number;
  readonly draw: number;
}

interface KeyRow {
  readonly key: number;
  readonly seq: number;
}

interface DrawRow {
  readonly draw: number;
  readonly seq: number;
}

/** The column of an order, and the index that a walk goes along: conditions must not tempt it to another. */
const COLUMN: Readonly<Record<Exclude<QueueOrder, 'random'>, readonly [column: string, index: string]>> = {
  unreviewed: ['seen', 'queue_by_seen'],
  disagreement: ['group_disagreement', 'queue_by_disagreement'],
  variance: ['group_variance', 'queue_by_variance'],
  entropy: ['answer_entropy', 'queue_by_entropy'],
  flags: ['flag_count', 'queue_by_flags'],
};

/** A random order goes through this many parts of the draws, in an order of its own, and mixes inside each. */
const PARTS = 1024;
const PART_SIZE = 2 ** 32 / PARTS;

export function createQueueRepository(
  database: WorkspaceDatabase,
  ways: readonly Way[] = EVERY_WAY,
): QueueRepository {
  const { raw } = database;
  const planOf = createQueuePlanner(raw, ways);
  const insert = raw.prepare(`
    INSERT INTO queue (episode_seq, sample_seq, agent_seq, outcome, answer_entropy, draw, hidden)
    SELECT episodes.seq, sample_seq, agent_seq, @outcome, @entropy, @draw, removed_at IS NOT NULL
    FROM episodes JOIN samples ON samples.seq = sample_seq WHERE episodes.id = @id
    ON CONFLICT DO UPDATE SET outcome = excluded.outcome, answer_entropy = excluded.answer_entropy`);
  const propose = raw.prepare<[string, string]>(`
    INSERT INTO episode_flags (episode_seq, flag, proposed, revision) SELECT seq, ?, 1, 0 FROM episodes WHERE id = ?
    ON CONFLICT DO NOTHING`);
  const rowOf = raw.prepare<{ reviewer: number | null; seq: number }, QueueRow>(`
    SELECT episodes.*, samples.id AS sample_id, agents.id AS agent_id, samples.question, queue.standing, queue.opinions,
      queue.flag_count, queue.answer_entropy, queue.group_variance, queue.group_disagreement, queue.draw,
      reviews.verdict AS mine
    FROM queue JOIN episodes ON episodes.seq = queue.episode_seq JOIN samples ON samples.seq = episodes.sample_seq
    JOIN agents ON agents.seq = episodes.agent_seq
    LEFT JOIN reviews ON reviews.episode_seq = queue.episode_seq AND reviews.reviewer_seq = @reviewer
    WHERE queue.episode_seq = @seq`);
  const seqOf = raw.prepare<[string], { seq: number }>('SELECT seq FROM episodes WHERE id = ?');
  const reviewerSeq = raw.prepare<[string], { seq: number }>('SELECT seq FROM reviewers WHERE id = ?');
  const standingOf = raw.prepare<[string], { standing: Standing }>(
    'SELECT standing FROM queue WHERE episode_seq = (SELECT seq FROM episodes WHERE id = ?)',
  );
  const counts = raw.prepare<[], { name: Standing; value: number }>(
    "SELECT name, value FROM counters WHERE scope = 'standing'",
  );

  function toItem(key: KeyRow, reviewer: number | null, share: number, cursor: string): readonly QueueItem[] {
    const row = rowOf.get({ reviewer, seq: key.seq });
    if (!row) return [];
    return [
      {
        episode: toSummary(row),
        question: row.question,
        standing: row.standing,
        mine: row.mine,
        open: row.mine === null && row.opinions < opinionsWanted(row.draw, share),
        flagCount: row.flag_count,
        answerEntropy: fromMillionths(row.answer_entropy),
        groupVariance: fromMillionths(row.group_variance),
        groupDisagreement: fromMillionths(row.group_disagreement),
        cursor,
      },
    ];
  }

  /** One more than `limit`, to learn whether there is a next page. */
  function keys(
    query: QueueQuery,
    reviewer: number | null,
  ): readonly (KeyRow & { readonly cursor: string })[] {
    const plan = planOf(query.filter, { reviewer, share: query.share, limit: query.limit });
    return query.order === 'random' ? randomKeys(query, plan) : orderedKeys(query, query.order, plan);
  }

  function orderedKeys(query: QueueQuery, order: Exclude<QueueOrder, 'random'>, plan: QueuePlan) {
    const [column, index] = COLUMN[order];
    const from = plan.kind === 'walk' ? `${plan.from} INDEXED BY ${index}` : plan.from;
    const [key, seq] = placeIn(query.cursor, 2);
    const rising = order === 'unreviewed';
    const after = key === undefined ? '' : `AND (${column}, episode_seq) ${rising ? '>' : '<'} (@key, @seq)`;
    const way = rising ? 'ASC' : 'DESC';
    return raw
      .prepare<Values, KeyRow>(
        `SELECT ${column} AS key, episode_seq AS seq FROM ${from} WHERE true ${plan.where}
         ${within(order, plan)} ${after} ORDER BY ${column} ${way}, episode_seq ${way} LIMIT @limit`,
      )
      .all({ ...plan.values, key: key ?? null, seq: seq ?? null, limit: query.limit + 1 })
      .map((row) => ({ ...row, cursor: `${row.key}.${row.seq}` }));
  }

  function randomKeys(query: QueueQuery, plan: QueuePlan) {
    const [from = 0, key = -1, seq = -1] = placeIn(query.cursor, 3);
    const order = shuffled(PARTS, query.seed);
    // Odd, so that no two draws of a part get the same number.
    const factor = ((drawOf(`factor ${query.seed}`) % PART_SIZE) | 1) >>> 0;
    const shift = drawOf(`shift ${query.seed}`) % PART_SIZE;
    const turnOf = new Map(order.map((part, turn) => [part, turn]));
    const toKey = ({ draw, seq: row }: DrawRow) => ({
      turn: turnOf.get(Math.floor(draw / PART_SIZE)) ?? 0,
      key: ((draw % PART_SIZE) * factor + shift) % PART_SIZE,
      seq: row,
    });
    type Place = ReturnType<typeof toKey>;
    const compare = (a: Place, b: Place): number => a.turn - b.turn || a.key - b.key || a.seq - b.seq;
    const last: Place = { turn: from, key, seq };
    const found: Place[] = [];
    // Where rows are many, one part has enough for a page; each time that it had not, twice as many are looked at.
    for (let turn = from, width = 1; turn < PARTS && found.length <= query.limit; turn += width, width *= 2) {
      if (plan.kind === 'fetch') width = PARTS;
      const rows = drawn(plan, order.slice(turn, turn + width)).map(toKey);
      found.push(...rows.filter((row) => compare(row, last) > 0).toSorted(compare));
    }
    return found
      .slice(0, query.limit + 1)
      .map((row) => ({ key: row.key, seq: row.seq, cursor: `${row.turn}.${row.key}.${row.seq}` }));
  }

  /** The rows in some parts of the draws; of a plan that fetches its rows, all of them. */
  function drawn(plan: QueuePlan, parts: readonly number[]): readonly DrawRow[] {
    if (plan.kind === 'fetch') {
      return raw
        .prepare<Values, DrawRow>(
          `SELECT draw, episode_seq AS seq FROM ${plan.from} WHERE true ${plan.where}`,
        )
        .all(plan.values);
    }
    return raw
      .prepare<Values, DrawRow>(
        `SELECT draw, episode_seq AS seq FROM json_each(@parts) AS part CROSS JOIN queue INDEXED BY queue_by_draw
           ON draw >= part.value * ${PART_SIZE} AND draw < (part.value + 1) * ${PART_SIZE}
         WHERE true ${plan.where}`,
      )
      .all({ ...plan.values, parts: JSON.stringify(parts) });
  }

  return {
    admit: (episode) =>
      database.write(() => {
        const { id, state, verdict } = episode;
        if (state.kind !== 'ended' || state.status === 'stopped' || state.status === 'failed') return;
        const entropy = toMillionths(answerEntropy(episode.steps));
        insert.run({ id, outcome: verdict, entropy, draw: drawOf(id) });
        for (const flag of proposedFlags(episode)) propose.run(flag, id);
      }),
    list: (query) =>
      database.read(() => {
        const reviewer = reviewerSeq.get(query.by)?.seq ?? null;
        const found = keys(query, reviewer);
        const shown = found.slice(0, query.limit);
        return {
          items: shown.flatMap((key) => toItem(key, reviewer, query.share, key.cursor)),
          nextCursor: found.length > query.limit ? (shown.at(-1)?.cursor ?? null) : null,
        };
      }),
    items: (ids, by, share) =>
      database.read(() => {
        const reviewer = reviewerSeq.get(by)?.seq ?? null;
        return ids.flatMap((id) => {
          const seq = seqOf.get(id)?.seq;
          return seq === undefined ? [] : toItem({ key: 0, seq }, reviewer, share, '');
        });
      }),
    standing: (id) => database.read(() => standingOf.get(id)?.standing ?? null),
    standings: () =>
      database.read(() => {
        const known = new Map(counts.all().map(({ name, value }) => [name, value]));
        return Object.fromEntries(standing.options.map((name) => [name, known.get(name) ?? 0])) as Record<
          Standing,
          number
        >;
      }),
  };
}

/** The stretch of an order in which the rows of a plan are. */
function within(order: QueueOrder, { bounds }: QueuePlan): string {
  const range = order === 'unreviewed' ? bounds.seen : order === 'flags' ? bounds.flagCount : null;
  if (range === null) return '';
  return `AND ${order === 'flags' ? 'flag_count' : 'seen'} BETWEEN ${range[0]} AND ${range[1]}`;
}

/** @throws StudioError bad_input for a cursor that no queue gave out. */
function placeIn(cursor: string | null | undefined, length: number): readonly number[] {
  if (cursor === null || cursor === undefined) return [];
  const parts = cursor.split('.');
  const known = parts.length === length && parts.every((part) => /^-?\d{1,16}$/.test(part));
  if (!known)
    throw new StudioError('bad_input', 'This place in the queue is not known. Load the queue again.');
  return parts.map(Number);
}
