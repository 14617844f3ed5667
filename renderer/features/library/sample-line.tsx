import { ActionIcon, Checkbox } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconPlayerPlay } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import { IN_PLACE, type SampleSort, type SampleSortKey } from '../../../shared/model/sample-filter.ts';
import type { SampleColumn } from '../../../shared/model/saved-view.ts';
import filterClasses from './filters.module.css';
import classes from './library.module.css';
import { COLUMNS, tracksOf } from './sample-cells.tsx';

/** The question stands behind the images, where they are shown, else first. */
function inOrder<Item>(
  columns: readonly SampleColumn[],
  question: Item,
  cell: (column: SampleColumn) => Item,
): readonly Item[] {
  const [first, ...rest] = columns;
  return first === 'images'
    ? [cell('images'), question, ...rest.map(cell)]
    : [question, ...columns.map(cell)];
}

/** The cells of one sample. */
export function SampleLine(props: {
  row: SampleRow;
  columns: readonly SampleColumn[];
  chosen: boolean;
  onToggle: () => void;
  onOpen: () => void;
}) {
  const { row, columns } = props;
  const { question } = row.sample;
  return (
    <div className={classes['cells']} style={{ gridTemplateColumns: tracksOf(columns) }}>
      <span role="gridcell">
        <Checkbox
          size="xs"
          tabIndex={-1}
          aria-label={`Choose: ${question}`}
          checked={props.chosen}
          onChange={props.onToggle}
        />
      </span>
      {inOrder<ReactNode>(
        columns,
        <span key="question" role="gridcell" className={classes['question']} title={question}>
          {question}
        </span>,
        (column) => (
          <span
            key={column}
            role="gridcell"
            className={COLUMNS[column].isNumber === true ? classes['number'] : classes['cell']}
          >
            {COLUMNS[column].cell(row)}
          </span>
        ),
      )}
      <span role="gridcell">
        <ActionIcon
          className={classes['openButton'] ?? ''}
          tabIndex={-1}
          variant="light"
          color="accent"
          aria-label={`Watch: ${question}`}
          title="Watch (Enter)"
          onClick={props.onOpen}
        >
          <IconPlayerPlay size={15} aria-hidden />
        </ActionIcon>
      </span>
    </div>
  );
}

/** A line that is still being read. */
export function SampleLinePlaceholder({ columns }: { columns: readonly SampleColumn[] }) {
  return (
    <div className={classes['cells']} style={{ gridTemplateColumns: tracksOf(columns) }}>
      <span />
      <span role="gridcell">
        <span className={classes['ghost']} style={{ width: '60%', height: 10 }} />
        <span className="only-read">Loading</span>
      </span>
    </div>
  );
}

/** The first click on a column sorts by it, largest first; the second turns it round; the third lets go. */
function nextSort(sort: SampleSort, key: SampleSortKey): SampleSort {
  if (sort.key !== key) return { key, descending: true };
  return sort.descending ? { key, descending: false } : IN_PLACE;
}

/** The heads of the columns, which sort. */
export function SampleColumns(props: {
  columns: readonly SampleColumn[];
  sort: SampleSort;
  onSort: (sort: SampleSort) => void;
}) {
  const { columns, sort, onSort } = props;
  const Arrow = sort.descending ? IconChevronDown : IconChevronUp;
  return (
    <div
      role="row"
      aria-rowindex={1}
      className={classes['cells']}
      style={{ gridTemplateColumns: tracksOf(columns) }}
    >
      <span role="columnheader">
        <span className="only-read">Chosen</span>
      </span>
      {inOrder<ReactNode>(
        columns,
        <span key="question" role="columnheader">
          Question
        </span>,
        (column) => {
          const { title, sort: key, isNumber } = COLUMNS[column];
          const isSorted = key !== undefined && sort.key === key;
          return (
            <span
              key={column}
              role="columnheader"
              aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
              className={isNumber === true ? classes['number'] : undefined}
            >
              {key === undefined ? (
                title
              ) : (
                <button
                  type="button"
                  className={filterClasses['sortButton']}
                  title={`Sort by ${title.toLowerCase()}`}
                  onClick={() => onSort(nextSort(sort, key))}
                >
                  {title}
                  {isSorted ? <Arrow size={12} aria-hidden /> : null}
                </button>
              )}
            </span>
          );
        },
      )}
      <span role="columnheader">
        <span className="only-read">Open</span>
      </span>
    </div>
  );
}
