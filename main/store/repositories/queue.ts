import { StudioError } from '../../../shared/contract/errors.ts';
import type { QueueFilter, QueueInput, QueueItem, QueueOrder } from '../../../shared/contract/reviews.ts';
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
import { containing } from './page.ts';

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

type Values = Readonly<Record<string, string | number | null>>;

const COLUMN: Readonly<Record<Exclude<QueueOrder, 'random'>, string>> = {
  unreviewed: 'seen',
  disagreement: 'group_disagreement',
  variance: 'group_variance',
  entropy: 'answer_entropy',
  flags: 'flag_count',
};

/** A random order goes through this many parts of the draws, in an order of its own, and mixes inside each. */
const PARTS = 1024;
const PART_SIZE = 2 ** 32 / PARTS;

export function createQueueRepository(database: WorkspaceDatabase): QueueRepository {
  const { raw } = database;
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
    const { where, values } = conditions(query.filter, reviewer, query.share);
    return query.order === 'random'
      ? randomKeys(query, where, values)
      : orderedKeys(query, COLUMN[query.order], where, values);
  }

  function orderedKeys(query: QueueQuery, column: string, where: string, values: Values) {
    const [key, seq] = placeIn(query.cursor, 2);
    const rising = query.order === 'unreviewed';
    const after = key === undefined ? '' : `AND (${column}, episode_seq) ${rising ? '>' : '<'} (@key, @seq)`;
    const way = rising ? 'ASC' : 'DESC';
    return raw
      .prepare<Values, KeyRow>(
        `SELECT ${column} AS key, episode_seq AS seq FROM queue WHERE hidden = 0 ${where} ${after}
         ORDER BY ${column} ${way}, episode_seq ${way} LIMIT @limit`,
      )
      .all({ ...values, key: key ?? null, seq: seq ?? null, limit: query.limit + 1 })
      .map((row) => ({ ...row, cursor: `${row.key}.${row.seq}` }));
  }

  function randomKeys(query: QueueQuery, where: string, values: Values) {
    const [from = 0, key = -1, seq = -1] = placeIn(query.cursor, 3);
    const order = shuffled(PARTS, query.seed);
    // Odd, so that no two draws of a part get the same number.
    const factor = ((drawOf(`factor ${query.seed}`) % PART_SIZE) | 1) >>> 0;
    const shift = drawOf(`shift ${query.seed}`) % PART_SIZE;
    const select = raw.prepare<Values, KeyRow>(
      `SELECT ((draw % ${PART_SIZE}) * ${factor} + ${shift}) % ${PART_SIZE} AS key, episode_seq AS seq FROM queue
       WHERE hidden = 0 AND draw >= @low AND draw < @high ${where} ORDER BY key, seq`,
    );
    const found: (KeyRow & { readonly cursor: string })[] = [];
    for (let part = from; part < PARTS && found.length <= query.limit; part += 1) {
      const low = (order[part] ?? 0) * PART_SIZE;
      for (const row of select.all({ ...values, low, high: low + PART_SIZE })) {
        if (part === from && (row.key < key || (row.key === key && row.seq <= seq))) continue;
        found.push({ ...row, cursor: `${part}.${row.key}.${row.seq}` });
      }
    }
    return found.slice(0, query.limit + 1);
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

/** @throws StudioError bad_input for a cursor that no queue gave out. */
function placeIn(cursor: string | null | undefined, length: number): readonly number[] {
  if (cursor === null || cursor === undefined) return [];
  const parts = cursor.split('.');
  const known = parts.length === length && parts.every((part) => /^-?\d{1,16}$/.test(part));
  if (!known)
    throw new StudioError('bad_input', 'This place in the queue is not known. Load the queue again.');
  return parts.map(Number);
}

/** The filter as SQL, each part beginning with AND. */
function conditions(
  filter: QueueFilter,
  reviewer: number | null,
  share: number,
): { readonly where: string; readonly values: Values } {
  const samples = sampleConditions(filter);
  const parts: readonly (readonly [string, Values])[] = [
    ...(filter.todo
      ? [
          [
            `opinions < iif(draw < @twice, 2, 1) AND NOT EXISTS (SELECT 1 FROM reviews
               WHERE reviews.episode_seq = queue.episode_seq AND reviews.reviewer_seq = @reviewer)`,
            { twice: share * 2 ** 32, reviewer },
          ] as const,
        ]
      : []),
    ...(filter.standing === undefined
      ? []
      : [['standing = @standing', { standing: filter.standing }] as const]),
    ...(filter.flag === undefined
      ? []
      : [["instr(flags, ' ' || @flag || ' ') > 0", { flag: filter.flag }] as const]),
    ...(filter.outcome === undefined ? [] : [['outcome = @outcome', { outcome: filter.outcome }] as const]),
    ...(filter.agentVersionId === undefined
      ? []
      : [
          [
            'agent_seq = (SELECT seq FROM agents WHERE id = @agent)',
            { agent: filter.agentVersionId },
          ] as const,
        ]),
    ...(samples === null ? [] : [samples]),
  ];
  return {
    where: parts.map(([sql]) => `AND ${sql}`).join(' '),
    values: Object.assign({}, ...parts.map(([, values]) => values)),
  };
}

function sampleConditions(filter: QueueFilter): readonly [string, Values] | null {
  const { sampleId, kind, split, search } = filter;
  const parts: readonly (readonly [string, Values])[] = [
    ...(sampleId === undefined ? [] : [['id = @sample', { sample: sampleId }] as const]),
    ...(kind === undefined ? [] : [['kind = @kind', { kind }] as const]),
    ...(split === undefined ? [] : [['split = @split', { split }] as const]),
    ...(search === undefined || search === ''
      ? []
      : [["question LIKE @search ESCAPE '\\'", { search: containing(search) }] as const]),
  ];
  if (parts.length === 0) return null;
  const where = ['removed_at IS NULL', ...parts.map(([sql]) => sql)].join(' AND ');
  return [
    `sample_seq IN (SELECT seq FROM samples WHERE ${where})`,
    Object.assign({}, ...parts.map(([, values]) => values)),
  ];
}
