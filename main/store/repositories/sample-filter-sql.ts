import type { SampleFilter, SampleSort, SampleStatus } from '../../../shared/model/sample-filter.ts';
import { reviewFlag } from '../../../shared/model/review.ts';

/** A piece of SQL with the values of its question marks. */
export interface SqlPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** A filter over `sample_facts AS f`. */
export interface FilterSql {
  /** Rows of samples (column `seq`) that have the searched words; null where no words are searched. */
  readonly hits: SqlPart | null;
  readonly where: SqlPart;
}

const STATUS_SQL: Readonly<Record<SampleStatus, string>> = {
  never_run: 'f.episode_count = 0',
  unreviewed: '(f.episode_count > 0 AND f.standing IS NULL)',
  reviewed: 'f.standing IS NOT NULL',
};

const ACCURACY = '(f.right_count * 1.0 / f.scored_count)';

/** What is sorted by, as SQL. */
const SORT_SQL: Readonly<Record<SampleSort['key'], string>> = {
  place: 'f.place',
  created_at: 'f.created_at',
  last_run_at: 'f.last_run_at',
  reviewed_at: 'f.reviewed_at',
  accuracy: `iif(f.scored_count > 0, ${ACCURACY}, NULL)`,
  episode_count: 'f.episode_count',
  image_count: 'f.image_count',
  kind: 'f.kind',
  split: 'f.split',
};

export function sortSql(sort: SampleSort): string {
  return SORT_SQL[sort.key];
}

/** The words that are looked for. What holds no letter and no digit asks nothing, because no index knows it. */
export function searchWords(search: string | undefined): readonly string[] {
  return (search ?? '')
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, 16);
}

/** Text that begins with a word, in the language of FTS5: quoted, so that no sign of it means anything. */
export function matchOf(word: string): string {
  return `"${word.replaceAll('"', '""')}"*`;
}

function anyOf(column: string, list: readonly (string | number)[] | undefined): readonly SqlPart[] {
  if (list === undefined) return [];
  return [{ sql: `${column} IN (${list.map(() => '?').join(', ')})`, values: list }];
}

function between(
  column: string,
  range: { readonly from?: number | undefined; readonly to?: number | undefined } | undefined,
): readonly SqlPart[] {
  return [
    ...(range?.from === undefined ? [] : [{ sql: `${column} >= ?`, values: [range.from] }]),
    ...(range?.to === undefined ? [] : [{ sql: `${column} <= ?`, values: [range.to] }]),
  ];
}

const WITH_TAG = 'SELECT sample_seq FROM sample_tags WHERE tag_seq = (SELECT seq FROM tags WHERE name = ?)';

function conditions(filter: SampleFilter): readonly SqlPart[] {
  const { status, flags, accuracy } = filter;
  const bits = (flags ?? []).reduce((sum, flag) => sum | (1 << reviewFlag.options.indexOf(flag)), 0);
  return [
    { sql: 'f.removed = 0', values: [] },
    ...(status === undefined
      ? []
      : [{ sql: `(${status.map((one) => STATUS_SQL[one]).join(' OR ')})`, values: [] }]),
    ...anyOf('f.standing', filter.standings),
    ...anyOf('f.verdict', filter.verdicts),
    ...(flags === undefined ? [] : [{ sql: '(f.flags & ?) <> 0', values: [bits] }]),
    ...anyOf('f.kind', filter.kinds),
    ...anyOf('f.split', filter.splits),
    ...between('f.image_count', filter.imageCount),
    ...between('f.episode_count', filter.episodeCount),
    ...(accuracy === undefined ? [] : [{ sql: 'f.scored_count > 0', values: [] }]),
    ...between(ACCURACY, accuracy),
    ...(filter.reviewers === undefined
      ? []
      : [
          {
            sql: 'f.reviewer_seq IN (SELECT seq FROM reviewers WHERE id IN (SELECT value FROM json_each(?)))',
            values: [JSON.stringify(filter.reviewers)],
          },
        ]),
    ...between('f.created_at', filter.createdAt),
    ...between('f.reviewed_at', filter.reviewedAt),
    ...(filter.tags ?? []).map((tag) => ({ sql: `f.sample_seq IN (${WITH_TAG})`, values: [tag] })),
    ...(filter.withoutTags ?? []).map((tag) => ({ sql: `f.sample_seq NOT IN (${WITH_TAG})`, values: [tag] })),
  ];
}

/**
 * Where no tag is named by a word, one look at the text index answers for all words together; else each word is
 * found in the text or among the tags, and the answers are intersected.
 */
function hitsOf(words: readonly string[], tagsOf: (word: string) => readonly number[]): SqlPart | null {
  if (words.length === 0) return null;
  const tags = words.map(tagsOf);
  const inText = 'SELECT rowid AS seq FROM sample_text WHERE sample_text MATCH ?';
  if (tags.every((seqs) => seqs.length === 0))
    return { sql: inText, values: [words.map(matchOf).join(' AND ')] };
  const each = words.map((word, at): SqlPart => {
    const tagged = 'SELECT sample_seq FROM sample_tags WHERE tag_seq IN (SELECT value FROM json_each(?))';
    return {
      sql: `SELECT seq FROM (${inText} UNION ${tagged})`,
      values: [matchOf(word), JSON.stringify(tags[at] ?? [])],
    };
  });
  return {
    sql: each.map(({ sql }) => sql).join(' INTERSECT '),
    values: each.flatMap(({ values }) => values),
  };
}

/** `tagsOf` tells the rows of the tags that have a word which begins so. */
export function filterSql(filter: SampleFilter, tagsOf: (word: string) => readonly number[]): FilterSql {
  const parts = conditions(filter);
  return {
    hits: hitsOf(searchWords(filter.search), tagsOf),
    where: {
      sql: parts.map(({ sql }) => sql).join(' AND '),
      values: parts.flatMap(({ values }) => values),
    },
  };
}
