import type Database from 'better-sqlite3';
import type { QueueFilter } from '../../../shared/contract/reviews.ts';
import { matchOf, searchWords } from './sample-filter-sql.ts';

export type Values = Readonly<Record<string, string | number | null>>;

/** Whose queue it is: what a reviewer has said is no more to do. */
export interface Asking {
  readonly reviewer: number | null;
  /** Part of the episodes that want two opinions. */
  readonly share: number;
  /** Rows of a page. */
  readonly limit: number;
}

/**
 * How a page is found. A filter that lets much through is met soon by walking the rows in their order; one that lets
 * little through would walk them all, so its rows are fetched from where they stand and put in order.
 */
export interface QueuePlan {
  readonly kind: 'walk' | 'fetch';
  /** Rows of `queue`, without the index of an order. */
  readonly from: string;
  /** Each condition begins with AND. */
  readonly where: string;
  readonly values: Values;
  /** What all rows of the filter have in an order's column, where it is known: the walk begins and ends there. */
  readonly bounds: { readonly seen: Range | null; readonly flagCount: Range | null };
}

type Range = readonly [low: number, high: number];

/** What ways to a page are open; a test closes some to see that all give the same page. */
export type Way = 'walk' | 'cells' | 'samples';
export const EVERY_WAY: readonly Way[] = ['walk', 'cells', 'samples'];

interface CellRow {
  readonly standing: string;
  readonly opinions: number;
  readonly outcome: string;
  readonly agent_seq: number;
  readonly flags: string;
  readonly count: number;
}

const EVERY_DRAW = 2 ** 32;
/** Rollouts of a sample, as a guess: it only chooses between ways to the same rows. */
const ROWS_OF_A_SAMPLE = 8;
/** Samples that are listed to go through them one by one. */
const FEW_SAMPLES = 2_500;
/** What it costs to fetch a row, in rows that are walked past in a covering index: measured at 800,000 episodes. */
const FETCH = 40;

export function createQueuePlanner(
  raw: Database.Database,
  ways: readonly Way[],
): (filter: QueueFilter, asking: Asking) => QueuePlan {
  const total = raw.prepare<[], number>('SELECT ifnull(sum(count), 0) FROM queue_cells').pluck();

  function cellsOf(filter: QueueFilter, { share }: Asking): readonly CellRow[] {
    const { where, values } = cellConditions(filter);
    const cells = raw
      .prepare<Values, CellRow>(`SELECT * FROM queue_cells WHERE count > 0 ${where}`)
      .all(values);
    if (!filter.todo) return cells;
    return cells.filter(({ opinions }) => opinions < (share > 0 ? 2 : 1));
  }

  /** The samples of a filter, unless they are too many to go through one by one; null too where it asks for none. */
  function fewSamples(filter: QueueFilter): readonly number[] | null {
    const conditions = sampleConditions(filter, 'f');
    if (conditions === null) return null;
    const match = matchFor(filter);
    const from =
      match === null
        ? 'sample_facts AS f'
        : 'sample_text CROSS JOIN sample_facts AS f ON f.sample_seq = sample_text.rowid';
    const found = match === null ? '' : 'AND sample_text MATCH @match';
    const rows = raw
      .prepare<Values, number>(
        `SELECT f.sample_seq FROM ${from} WHERE ${conditions.sql} ${found} LIMIT ${FEW_SAMPLES + 1}`,
      )
      .pluck()
      .all({ ...conditions.values, ...(match === null ? {} : { match }) });
    return rows.length > FEW_SAMPLES ? null : rows;
  }

  return (filter, asking) => {
    const cells = cellsOf(filter, asking);
    const expected = cells.reduce(
      (sum, { opinions, count }) => sum + count * (filter.todo && opinions === 1 ? asking.share : 1),
      0,
    );
    const todo = todoCondition(filter, asking);
    const bounds = {
      seen: rangeOf(cells.map(({ standing }) => (standing === 'unreviewed' ? 0 : 1))),
      flagCount: rangeOf(cells.map(({ flags }) => flags.split(' ').filter((flag) => flag !== '').length)),
    };
    const own = cellConditions(filter);
    const few = cells.length === 0 ? null : fewSamples(filter);
    const way = cheapest(ways, expected, few?.length ?? null, {
      limit: asking.limit,
      total: total.get() ?? 0,
    });
    if (way === 'cells') {
      const bySample = walkedSamples(filter);
      return {
        kind: 'fetch',
        from: FROM_CELLS,
        where: `AND hidden = 0 ${todo.where} ${bySample.where}`,
        values: { ...todo.values, ...bySample.values, cells: toList(cells, filter, asking) },
        bounds,
      };
    }
    if (way === 'samples' && few !== null) {
      return {
        kind: 'fetch',
        from: FROM_SAMPLES,
        where: `AND hidden = 0 ${own.where} ${todo.where}`,
        values: { ...own.values, ...todo.values, samples: JSON.stringify(few) },
        bounds,
      };
    }
    const bySample = walkedSamples(filter);
    return {
      kind: 'walk',
      from: 'queue',
      where: `AND hidden = 0 ${own.where} ${todo.where} ${bySample.where}`,
      values: { ...own.values, ...todo.values, ...bySample.values },
      bounds,
    };
  };
}

const FROM_CELLS = `json_each(@cells) AS cell CROSS JOIN queue INDEXED BY queue_by_cell
  ON standing = cell.value ->> 0 AND opinions = cell.value ->> 1 AND outcome = cell.value ->> 2
  AND agent_seq = cell.value ->> 3 AND flags = cell.value ->> 4 AND draw < cell.value ->> 5`;
const FROM_SAMPLES =
  'json_each(@samples) AS chosen CROSS JOIN queue INDEXED BY queue_by_sample ON sample_seq = chosen.value';

/** The way that costs least, in rows that are walked past. Conditions are taken to have nothing to do with each other. */
function cheapest(
  ways: readonly Way[],
  expected: number,
  few: number | null,
  { limit, total }: { readonly limit: number; readonly total: number },
): Way {
  const rows = few === null ? total : Math.min(total, few * ROWS_OF_A_SAMPLE);
  const met = (expected * rows) / Math.max(1, total);
  const costs: Readonly<Record<Way, number>> = {
    // A fetch costs what it costs; a walk is a guess that fails where a reviewer has said all there is to say.
    walk: met < 1 ? total : Math.min(total, Math.max(total / 8, (total * limit) / met)),
    cells: expected * FETCH,
    samples: few === null ? Number.POSITIVE_INFINITY : rows * FETCH,
  };
  return ways.reduce((best, way) => (costs[way] < costs[best] ? way : best), ways[0] ?? 'walk');
}

/** Of what has one opinion only those that want two are to do: the first by their draw. */
function toList(cells: readonly CellRow[], { todo }: QueueFilter, { share }: Asking): string {
  return JSON.stringify(
    cells.map(({ standing, opinions, outcome, agent_seq: agent, flags }) => [
      standing,
      opinions,
      outcome,
      agent,
      flags,
      todo && opinions === 1 ? share * EVERY_DRAW : EVERY_DRAW,
    ]),
  );
}

function rangeOf(values: readonly number[]): Range | null {
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}

interface Conditions {
  readonly where: string;
  readonly values: Values;
}

function allOf(parts: readonly (readonly [string, Values])[]): Conditions {
  return {
    where: parts.map(([sql]) => `AND ${sql}`).join(' '),
    values: Object.assign({}, ...parts.map(([, values]) => values)),
  };
}

/** What a cell tells of its rows. */
function cellConditions(filter: QueueFilter): Conditions {
  const { standing, flag, outcome, agentVersionId: agent } = filter;
  return allOf([
    ...(standing === undefined ? [] : [['standing = @standing', { standing }] as const]),
    ...(flag === undefined ? [] : [["instr(flags, ' ' || @flag || ' ') > 0", { flag }] as const]),
    ...(outcome === undefined ? [] : [['outcome = @outcome', { outcome }] as const]),
    ...(agent === undefined
      ? []
      : [['agent_seq = (SELECT seq FROM agents WHERE id = @agent)', { agent }] as const]),
  ]);
}

function todoCondition(filter: QueueFilter, { reviewer, share }: Asking): Conditions {
  if (!filter.todo) return { where: '', values: {} };
  return allOf([
    [
      `opinions < iif(draw < @twice, 2, 1) AND NOT EXISTS (SELECT 1 FROM reviews
        WHERE reviews.episode_seq = queue.episode_seq AND reviews.reviewer_seq = @reviewer)`,
      { twice: share * EVERY_DRAW, reviewer },
    ],
  ]);
}

/** Words are searched for as in the list of samples. Null where none are. */
function matchFor({ search }: QueueFilter): string | null {
  const words = searchWords(search);
  return words.length === 0 ? null : words.map(matchOf).join(' AND ');
}

function sampleConditions(
  filter: QueueFilter,
  facts: string,
): { readonly sql: string; readonly values: Values } | null {
  const { sampleId: sample, kind, split } = filter;
  if ([sample, kind, split, matchFor(filter) ?? undefined].every((part) => part === undefined)) return null;
  const parts: readonly (readonly [string, Values])[] = [
    [`${facts}.removed = 0`, {}],
    ...(sample === undefined
      ? []
      : [[`${facts}.sample_seq = (SELECT seq FROM samples WHERE id = @sample)`, { sample }] as const]),
    ...(kind === undefined ? [] : [[`${facts}.kind = @kind`, { kind }] as const]),
    ...(split === undefined ? [] : [[`${facts}.split = @split`, { split }] as const]),
  ];
  return {
    sql: parts.map(([sql]) => sql).join(' AND '),
    values: Object.assign({}, ...parts.map(([, values]) => values)),
  };
}

/** Where the samples are many: each row is asked for its own. With the plus sign the order's index stays the one walked. */
function walkedSamples(filter: QueueFilter): Conditions {
  const conditions = sampleConditions(filter, 'f');
  if (conditions === null) return { where: '', values: {} };
  const match = matchFor(filter);
  return allOf([
    [
      `EXISTS (SELECT 1 FROM sample_facts AS f WHERE f.sample_seq = queue.sample_seq AND ${conditions.sql})`,
      conditions.values,
    ],
    ...(match === null
      ? []
      : [
          [
            '+sample_seq IN (SELECT rowid FROM sample_text WHERE sample_text MATCH @match)',
            { match },
          ] as const,
        ]),
  ]);
}
