import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { type FocusEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import classes from './windowed-list.module.css';

/** A list of more items than this has only those on the page that are near the sight. */
const LONG = 60;
const OVERSCAN = 6;
const PADDING_START = 8;
const PADDING_END = 4;
/** Before the panel has been measured. */
const FIRST_SIGHT = { width: 400, height: 900 };

/**
 * An ordered list that stays quick however long it is. What scrolls is the nearest element around it with
 * `data-scrolls`. The item at the cursor is kept in sight, and it and the one with the focus are never taken off the
 * page. Who searches the page for words (Ctrl+F) is given all of it.
 */
export function WindowedList(props: {
  readonly label: string;
  readonly className?: string | undefined;
  readonly count: number;
  /** The item at the cursor. */
  readonly current: number | null;
  /** Changes with what grows at the end of the list while a person follows it; null where nobody does. */
  readonly grown?: number | null;
  /** Pixels that an item takes, about. */
  readonly estimate: number;
  readonly keyOf: (index: number) => string | number;
  readonly children: (index: number) => ReactNode;
}) {
  const { count, current, grown = null } = props;
  const list = useRef<HTMLOListElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const [margin, setMargin] = useState(0);
  const isSearched = useSearched();
  const isLong = count > LONG && !isSearched;
  const virtual = useVirtualizer({
    count,
    enabled: isLong,
    getScrollElement: () => scrollerOf(list.current),
    getItemKey: props.keyOf,
    estimateSize: () => props.estimate,
    initialRect: FIRST_SIGHT,
    overscan: OVERSCAN,
    paddingStart: PADDING_START,
    paddingEnd: PADDING_END,
    scrollMargin: margin,
    rangeExtractor: (range) => withKept(defaultRangeExtractor(range), [current, focused], count),
  });

  // What stands above the list in what scrolls may come and go with any render; the place that is known is left.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    const scroller = scrollerOf(list.current);
    if (!isLong || list.current === null || scroller === null) return;
    const above = list.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    setMargin(Math.round(above + scroller.scrollTop));
  });
  useEffect(() => {
    if (current === null) return;
    if (isLong) virtual.scrollToIndex(current, { align: grown === null ? 'auto' : 'end' });
    else {
      const item = list.current?.children[current];
      if (item !== undefined) keepInSight(item, grown !== null);
    }
  }, [virtual, isLong, current, grown]);

  const onFocus = (event: FocusEvent): void => {
    const item = event.target.closest('[data-index]');
    setFocused(item === null ? null : Number(item.getAttribute('data-index')));
  };
  const items = isLong
    ? virtual.getVirtualItems().map(({ index, start }) => ({ index, start: start - margin }))
    : Array.from({ length: count }, (_, index) => ({ index, start: null }));
  return (
    // It only sees where the focus is: the items have their own buttons.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <ol
      ref={list}
      aria-label={props.label}
      className={`${classes['list']} ${props.className ?? ''}`}
      data-long={isLong || undefined}
      style={isLong ? { height: virtual.getTotalSize() } : undefined}
      onFocus={onFocus}
      onBlur={() => setFocused(null)}
    >
      {items.map(({ index, start }) => (
        <li
          key={props.keyOf(index)}
          ref={isLong ? virtual.measureElement : undefined}
          data-index={index}
          // Not all of them are on the page.
          aria-setsize={isLong ? count : undefined}
          aria-posinset={isLong ? index + 1 : undefined}
          style={start === null ? undefined : { transform: `translateY(${start}px)` }}
        >
          {props.children(index)}
        </li>
      ))}
    </ol>
  );
}

/** True from the moment at which a person searches the page. */
function useSearched(): boolean {
  const [searched, setSearched] = useState(false);
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      const isFind = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f';
      if (isFind || event.key === 'F3') setSearched(true);
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
  return searched;
}

/** The indexes in sight, and of the others those that must stay on the page. */
export function withKept(
  inSight: readonly number[],
  kept: readonly (number | null)[],
  count: number,
): number[] {
  const more = kept.flatMap((index) => (index === null || index < 0 || index >= count ? [] : [index]));
  return [...new Set([...inSight, ...more])].toSorted((a, b) => a - b);
}

function scrollerOf(list: HTMLElement | null): HTMLElement | null {
  return list?.closest<HTMLElement>('[data-scrolls]') ?? null;
}

/** Scrolls only the panel, and no more than needed; a growing item keeps its end in sight. */
function keepInSight(item: Element, toEnd: boolean): void {
  const panel = item.closest('[data-scrolls]');
  if (panel === null) return;
  const outer = panel.getBoundingClientRect();
  const inner = item.getBoundingClientRect();
  const over = inner.bottom + 8 - outer.bottom;
  if (over > 0) panel.scrollTop += toEnd ? over : Math.min(over, inner.top - outer.top);
  else if (inner.top < outer.top && !toEnd) panel.scrollTop += inner.top - outer.top - 8;
}
