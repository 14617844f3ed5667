import { Select } from '@mantine/core';
import { IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { PairChoice, PairPage, PairRow } from '../../../shared/contract/evaluations.ts';
import { pairChoice } from '../../../shared/contract/evaluations.ts';
import type { PagedRows } from '../../state/use-paged-list.ts';
import { formatPlural, kindWords } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './compare.module.css';

const CHOICE_WORDS: Readonly<Record<PairChoice, string>> = {
  flips: 'Flipped',
  gained: 'Gained: only B right',
  lost: 'Lost: only A right',
  both_wrong: 'Both wrong',
  all: 'All',
};

const LINE_HEIGHT = 54;

/** The samples that both played, those that flipped first of all. */
export function PairList(props: {
  readonly rows: PagedRows<PairRow, PairPage>;
  readonly which: PairChoice;
  readonly kind: string | null;
  readonly kinds: readonly string[];
  readonly selected: number;
  readonly onWhich: (which: PairChoice) => void;
  readonly onKind: (kind: string | null) => void;
  readonly onSelect: (index: number) => void;
}) {
  const { rows, selected } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.total ?? 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 8,
  });
  const lines = virtual.getVirtualItems();
  const first = lines[0]?.index ?? 0;
  const last = lines.at(-1)?.index ?? 0;
  const { show } = rows;
  useEffect(() => show(first, last), [show, first, last]);
  useEffect(() => virtual.scrollToIndex(selected), [virtual, selected]);
  return (
    <section className={classes['pairList']} aria-label="Samples">
      <div className={classes['pairTools']}>
        <Select
          aria-label="Which samples"
          data={pairChoice.options.map((value) => ({ value, label: CHOICE_WORDS[value] }))}
          value={props.which}
          allowDeselect={false}
          onChange={(value) => props.onWhich(pairChoice.safeParse(value).data ?? 'flips')}
        />
        <Select
          aria-label="Kind of question"
          placeholder="All kinds"
          clearable
          clearButtonProps={{ 'aria-label': 'All kinds' }}
          data={props.kinds.map((value) => ({ value, label: kindWords(value) }))}
          value={props.kind}
          onChange={props.onKind}
        />
        <span className={classes['quiet']} aria-live="polite">
          {rows.total === null ? '' : formatPlural(rows.total, 'sample')}
        </span>
      </div>
      {rows.failure === null ? null : <ErrorNotice failure={rows.failure} onRetry={rows.retry} />}
      <div className={classes['pairScroll']} ref={scroller}>
        <ul style={{ height: virtual.getTotalSize() }} aria-label="Samples that both played">
          {lines.map((line) => {
            const row = rows.rowAt(line.index);
            return (
              <li
                key={line.key}
                style={{ height: LINE_HEIGHT, transform: `translateY(${line.start}px)` }}
                data-current={line.index === selected || undefined}
              >
                {row === undefined ? null : (
                  <button
                    type="button"
                    aria-current={line.index === selected ? 'true' : undefined}
                    onClick={() => props.onSelect(line.index)}
                  >
                    <Mark letter="A" right={row.a.right} />
                    <Mark letter="B" right={row.b.right} />
                    <span className={classes['pairQuestion']}>{row.question}</span>
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function Mark({ letter, right }: { letter: 'A' | 'B'; right: boolean | null }) {
  const Icon = right === null ? IconMinus : right ? IconCheck : IconX;
  const words = right === null ? 'not judged' : right ? 'right' : 'wrong';
  return (
    <span className={classes['pairMark']} data-right={right ?? 'unknown'}>
      <span aria-hidden>{letter}</span>
      <Icon size={13} stroke={2.4} role="img" aria-label={`${letter} ${words}`} />
    </span>
  );
}
