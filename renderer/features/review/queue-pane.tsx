import { ActionIcon, Button, NumberInput, Select, Switch, Tooltip } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef } from 'react';
import type { QueueItem } from '../../../shared/contract/reviews.ts';
import { queueOrder } from '../../../shared/contract/reviews.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { placeOf, type QueueChoice, type QueueState } from '../../state/review-queue.ts';
import { targetOfKey } from '../../state/selection.ts';
import { formatCount } from '../../ui/format.ts';
import { QueueFilters } from './queue-filters.tsx';
import { LINE_HEIGHT, QueueLine } from './queue-line.tsx';
import { ORDER_WORDS } from './review-words.ts';
import classes from './queue.module.css';

/** What there is to review, in the order that was chosen, and how far one has come. */
export function QueuePane(props: {
  readonly state: QueueState;
  readonly current: EpisodeId | null;
  readonly onShow: (id: EpisodeId) => void;
  readonly onMore: () => void;
  readonly onReload: () => void;
  readonly onChoice: (choice: QueueChoice) => void;
}) {
  const { state, onChoice } = props;
  const { choice } = state;
  return (
    <section className={classes['pane']} aria-label="Queue">
      <div className={classes['tools']}>
        <Select
          aria-label="Order of the queue"
          value={choice.order}
          allowDeselect={false}
          comboboxProps={{ width: 250, position: 'bottom-start' }}
          data={queueOrder.options.map((value) => ({ value, label: ORDER_WORDS[value] }))}
          onChange={(value) => onChoice({ ...choice, order: queueOrder.parse(value) })}
        />
        <Tooltip label="Load the queue anew">
          <ActionIcon aria-label="Load the queue anew" onClick={props.onReload}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
      {choice.order === 'random' ? (
        <div className={classes['tools']}>
          <NumberInput
            aria-label="Seed of the random order"
            prefix="Seed "
            min={0}
            max={0xffff_ffff}
            allowDecimal={false}
            value={choice.seed}
            onChange={(value) => {
              if (typeof value === 'number') onChoice({ ...choice, seed: value });
            }}
          />
        </div>
      ) : null}
      <div className={classes['tools']}>
        <Switch
          label="To do"
          title="Only what still wants your opinion"
          checked={choice.filter.todo}
          onChange={(event) =>
            onChoice({ ...choice, filter: { ...choice.filter, todo: event.currentTarget.checked } })
          }
        />
        <QueueFilters filter={choice.filter} onChange={(filter) => onChoice({ ...choice, filter })} />
      </div>
      <Progress />
      <QueueList {...props} />
    </section>
  );
}

function Progress() {
  const standings = useCall('reviews.progress', undefined, { keepWhileLoading: true }).data?.standings;
  if (standings === undefined) return <p className={classes['progress']} />;
  const all = Object.values(standings).reduce((sum, count) => sum + count, 0);
  return (
    <p className={classes['progress']}>
      {formatCount(all - standings.unreviewed)} of {formatCount(all)} reviewed
    </p>
  );
}

function QueueList(props: Parameters<typeof QueuePane>[0]) {
  const { state, current } = props;
  const { items } = state;
  const baseId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 6,
  });
  const lines = virtual.getVirtualItems();
  const at = placeOf(items, current);
  const nearEnd = (lines.at(-1)?.index ?? 0) >= items.length - 10;
  const { onMore } = props;
  const wantsMore = nearEnd && state.nextCursor !== null && !state.loading;
  useEffect(() => {
    if (wantsMore) onMore();
  }, [wantsMore, onMore]);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
    // Only where the item changes: a person may scroll away from it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [at]);

  const show = (item: QueueItem | undefined): void => {
    if (item !== undefined) props.onShow(item.episode.id);
  };
  // A list box with nothing to choose would be announced as a broken one.
  if (state.loaded && items.length === 0) {
    return (
      <p className={classes['none']}>{state.failure === null ? 'Nothing here.' : state.failure.message}</p>
    );
  }
  return (
    <div
      ref={scroller}
      className={classes['list']}
      role="listbox"
      aria-label="Runs to review"
      aria-busy={state.loading}
      aria-activedescendant={at < 0 ? undefined : `${baseId}-${at}`}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const pageLines = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / LINE_HEIGHT) - 1);
        const target = targetOfKey(event.key, at, { count: items.length, columns: 1, pageLines });
        if (target === null) return;
        event.preventDefault();
        show(items[target]);
      }}
    >
      <div className={classes['canvas']} style={{ height: virtual.getTotalSize() }} role="presentation">
        {lines.map(({ index, start }) => {
          const item = items[index];
          return item === undefined ? null : (
            <QueueLine
              key={item.episode.id}
              id={`${baseId}-${index}`}
              item={item}
              place={index + 1}
              count={state.nextCursor === null ? items.length : -1}
              order={state.choice.order}
              current={index === at}
              top={start}
              onShow={props.onShow}
            />
          );
        })}
      </div>
      {state.failure === null || items.length === 0 ? null : (
        <p className={classes['none']} role="alert">
          {state.failure.message}{' '}
          <Button variant="default" size="compact-xs" onClick={onMore}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}
