import type { ReactNode } from 'react';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import { FLAG_WORDS } from '../../../shared/model/review-words.ts';
import type { SampleSortKey, SampleStanding } from '../../../shared/model/sample-filter.ts';
import type { SampleColumn } from '../../../shared/model/saved-view.ts';
import { StatusBadge, Tag, VerdictBadge } from '../../ui/badges.tsx';
import { formatCount, formatTime, kindWords } from '../../ui/format.ts';
import { ImageRow } from '../../ui/image-row.tsx';
import { SPLIT_WORDS, STANDING_WORDS } from '../../ui/sample-filter-words.ts';
import filterClasses from './filters.module.css';
import classes from './library.module.css';

const MOST_THUMBS = 4;

export interface ColumnKind {
  readonly title: string;
  /** A track of the grid. */
  readonly width: string;
  readonly sort?: SampleSortKey;
  readonly isNumber?: boolean;
  readonly cell: (row: SampleRow) => ReactNode;
}

const STANDING_TONE: Readonly<Record<SampleStanding, 'good' | 'bad' | 'warn' | 'quiet'>> = {
  accepted: 'good',
  to_fix: 'warn',
  rejected: 'bad',
  unsure: 'warn',
  skipped: 'quiet',
  disputed: 'bad',
};

function Quiet({ children }: { children: ReactNode }) {
  return <span className={classes['quiet']}>{children}</span>;
}

function Words({ text }: { text: string }) {
  return text === '' ? (
    <Quiet>None</Quiet>
  ) : (
    <span className={classes['cut']} title={text}>
      {text}
    </span>
  );
}

/** Every column that can be shown, beside the question, which always is. */
export const COLUMNS: Readonly<Record<SampleColumn, ColumnKind>> = {
  images: {
    title: 'Images',
    width: '176px',
    sort: 'image_count',
    cell: (row) => <ImageRow images={row.images} most={MOST_THUMBS} />,
  },
  kind: {
    title: 'Kind',
    width: '112px',
    sort: 'kind',
    cell: ({ sample }) => <Words text={kindWords(sample.kind)} />,
  },
  split: {
    title: 'Split',
    width: '84px',
    sort: 'split',
    cell: ({ sample }) =>
      sample.split === 'none' ? <Quiet>None</Quiet> : <span>{SPLIT_WORDS[sample.split]}</span>,
  },
  tags: { title: 'Tags', width: 'minmax(96px, 180px)', cell: (row) => <Tags tags={row.sample.tags} /> },
  answers: {
    title: 'Reference answer',
    width: 'minmax(96px, 200px)',
    cell: ({ sample }) => <Words text={sample.answers.join(' | ')} />,
  },
  last_run: {
    title: 'Last run',
    width: 'minmax(140px, 220px)',
    sort: 'last_run_at',
    cell: (row) => <LastRun row={row} />,
  },
  standing: {
    title: 'Review',
    width: '104px',
    cell: ({ facts }) =>
      facts.standing === null ? (
        <Quiet>Not yet</Quiet>
      ) : (
        <Tag tone={STANDING_TONE[facts.standing]}>{STANDING_WORDS[facts.standing]}</Tag>
      ),
  },
  accuracy: {
    title: 'Accuracy',
    width: '84px',
    sort: 'accuracy',
    isNumber: true,
    cell: ({ facts }) =>
      facts.scored === 0 ? (
        <Quiet>–</Quiet>
      ) : (
        <span title={`${facts.right} of ${facts.scored} runs right`}>
          {Math.round((facts.right / facts.scored) * 100)}%
        </span>
      ),
  },
  episodes: {
    title: 'Runs',
    width: '64px',
    sort: 'episode_count',
    isNumber: true,
    cell: (row) => formatCount(row.episodeCount),
  },
  flags: {
    title: 'Flags',
    width: 'minmax(96px, 180px)',
    cell: ({ facts }) => <Words text={facts.flags.map((flag) => FLAG_WORDS[flag].words).join(', ')} />,
  },
  created_at: {
    title: 'Made',
    width: '132px',
    sort: 'created_at',
    cell: ({ sample }) => <Words text={formatTime(sample.createdAt)} />,
  },
  reviewed_at: {
    title: 'Reviewed',
    width: '132px',
    sort: 'reviewed_at',
    cell: ({ facts }) =>
      facts.reviewedAt === null ? <Quiet>–</Quiet> : <Words text={formatTime(facts.reviewedAt)} />,
  },
};

/** Tracks of the table: the box, the question in its place, the columns, the button that opens the row. */
export function tracksOf(columns: readonly SampleColumn[]): string {
  const [first, ...rest] = columns;
  const before = first === 'images' ? [COLUMNS.images.width] : [];
  const behind = first === 'images' ? rest : columns;
  return [
    '20px',
    ...before,
    'minmax(180px, 1fr)',
    ...behind.map((column) => COLUMNS[column].width),
    '28px',
  ].join(' ');
}

function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return <Quiet>None</Quiet>;
  return (
    <span className={filterClasses['tags']} title={tags.join(', ')}>
      {tags.map((tag) => (
        <Tag key={tag} tone="quiet">
          {tag}
        </Tag>
      ))}
    </span>
  );
}

function LastRun({ row: { lastEpisode } }: { row: SampleRow }) {
  if (lastEpisode === null) return <Quiet>Not run</Quiet>;
  return (
    <span className={classes['lastRun']}>
      {lastEpisode.state.kind === 'ended' && lastEpisode.state.status === 'answered' ? (
        <VerdictBadge verdict={lastEpisode.verdict} />
      ) : (
        <StatusBadge state={lastEpisode.state} />
      )}
      <span className={classes['cut']} title={lastEpisode.answer ?? ''}>
        {lastEpisode.answer}
      </span>
    </span>
  );
}
