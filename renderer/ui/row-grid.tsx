import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  type UIEvent,
  useEffect,
  useId,
} from 'react';
import classes from './row-grid.module.css';

/** Rows of one height, of any number, of which only those in sight are on the page. */
export interface GridRows {
  readonly rowHeight: number;
  /** Pixels of all of them. */
  readonly height: number;
  readonly inSight: readonly { readonly index: number; readonly start: number }[];
  readonly scrollTo: (index: number) => void;
  /** By how many rows Page Down goes. */
  readonly pageRows: () => number;
}

/** @param show told which rows are in sight, so that they are read. */
export function useGridRows(input: {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly count: number;
  readonly rowHeight: number;
  readonly show: (first: number, last: number) => void;
}): GridRows {
  const { scroller, count, rowHeight, show } = input;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
  });
  const inSight = virtual.getVirtualItems();
  const first = inSight[0]?.index ?? 0;
  const last = inSight.at(-1)?.index ?? 0;
  useEffect(() => show(first, last), [show, first, last]);
  return {
    rowHeight,
    height: virtual.getTotalSize(),
    inSight,
    scrollTo: (index) => virtual.scrollToIndex(index),
    pageRows: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2),
  };
}

/** A table that has the keyboard as a whole, by `aria-activedescendant`. */
export function RowGrid(props: {
  readonly label: string;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly rows: GridRows;
  /** How many there are; null while that is not known. */
  readonly total: number | null;
  /** The row that has the keyboard; -1 for none. */
  readonly active: number;
  /** A row of column heads. */
  readonly heads: ReactNode;
  readonly rowClassName?: string | undefined;
  /** Left out where rows can't be chosen. */
  readonly isChosen?: (index: number) => boolean;
  readonly onFocus: (event: FocusEvent<HTMLDivElement>) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLDivElement>) => void;
  readonly onScroll?: (event: UIEvent<HTMLDivElement>) => void;
  readonly onRowClick: (event: MouseEvent<HTMLDivElement>, index: number) => void;
  readonly onRowDoubleClick?: (event: MouseEvent<HTMLDivElement>, index: number) => void;
  readonly children: (index: number) => ReactNode;
}) {
  const { scroller, rows, total, active, isChosen, children, rowClassName } = props;
  const { onFocus, onRowClick, onRowDoubleClick } = props;
  const baseId = useId();
  return (
    <div
      ref={scroller}
      className={classes['scroller']}
      role="grid"
      aria-label={props.label}
      aria-rowcount={total === null ? -1 : total + 1}
      aria-busy={total === null}
      aria-multiselectable={isChosen === undefined ? undefined : true}
      aria-activedescendant={active < 0 ? undefined : `${baseId}-${active}`}
      tabIndex={0}
      onScroll={props.onScroll}
      onFocus={(event) => {
        if (event.target === event.currentTarget) onFocus(event);
      }}
      onKeyDown={props.onKeyDown}
    >
      <div role="rowgroup" className={classes['heads']}>
        {props.heads}
      </div>
      <div role="rowgroup" className={classes['rows']} style={{ height: rows.height }}>
        {rows.inSight.map(({ index, start }) => (
          // The grid has the keyboard for all of its rows.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
          <div
            key={index}
            id={`${baseId}-${index}`}
            role="row"
            aria-rowindex={index + 2}
            aria-selected={isChosen?.(index)}
            data-active={active === index || undefined}
            className={`${classes['row']} ${rowClassName ?? ''}`}
            style={{ height: rows.rowHeight, transform: `translateY(${start}px)` }}
            onClick={(event) => onRowClick(event, index)}
            onDoubleClick={(event) => onRowDoubleClick?.(event, index)}
          >
            {children(index)}
          </div>
        ))}
      </div>
    </div>
  );
}
