import { Button, Progress } from '@mantine/core';
import { IconMessageQuestion, IconPhotoPlus } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, useState } from 'react';
import { useClient } from '../../client/hooks.ts';
import type { SamplePage, SampleRow } from '../../../shared/contract/procedures.ts';
import type { SampleFilter, SampleSelection, SampleSort } from '../../../shared/model/sample-filter.ts';
import type { Split } from '../../../shared/model/sample.ts';
import { HOME, lastPlaceOn, navigate } from '../../state/route.ts';
import { useColumns } from '../../state/sample-columns.ts';
import { isEmptyFilter } from '../../state/sample-filter-address.ts';
import { usePagedList } from '../../state/use-paged-list.ts';
import { formatCount } from '../../ui/format.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { BulkBar } from './bulk-bar.tsx';
import { ColumnsMenu } from './columns-menu.tsx';
import { DeleteSamples } from './delete-dialogs.tsx';
import { FilterBar } from './filter-bar.tsx';
import filterClasses from './filters.module.css';
import classes from './library.module.css';
import { SampleColumns, SampleLine, SampleLinePlaceholder } from './sample-line.tsx';
import { SharedImages, SplitByImages } from './split-dialogs.tsx';
import { type Bulk, useBulk } from './use-bulk.ts';
import { useKeptPlace } from './use-kept-place.ts';
import { useListSelection } from './use-list-selection.ts';
import { useSampleSelection } from './use-sample-selection.ts';
import { ViewsMenu } from './views-menu.tsx';

const LINE_HEIGHT = 56;
/** Lines that stand in until the list is known. */
const PLACEHOLDERS = 12;

/** Every sample of the workspace, of any number. */
export function SamplesTab({ filter, sort }: { filter: SampleFilter; sort: SampleSort }) {
  const client = useClient();
  const baseId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [dialog, setDialog] = useState<'none' | 'delete' | 'split'>('none');
  const [asked, setAsked] = useState<{ split: Split; selection: SampleSelection } | null>(null);
  const columns = useColumns();
  const listKey = `samples ${JSON.stringify([filter, sort])}`;
  const rows = usePagedList<SampleRow, SamplePage>(
    listKey,
    (cursor, limit, signal) =>
      client.query(
        'samples.list',
        {
          cursor,
          limit,
          filter,
          sort,
        },
        signal,
      ),
    ['samples', 'episodes'],
  );
  const count = rows.total ?? 0;
  const virtual = useVirtualizer({
    count: rows.total ?? PLACEHOLDERS,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 8,
  });
  const lines = virtual.getVirtualItems();
  const first = lines[0]?.index ?? 0;
  const last = lines.at(-1)?.index ?? 0;
  const { show } = rows;
  useEffect(() => show(first, last), [show, first, last]);

  const onScroll = useKeptPlace(listKey, scroller, rows.total !== null);

  const open = (index: number): void => {
    const row = rows.rowAt(index);
    if (row !== undefined) {
      navigate({ screen: 'watch', sampleId: row.sample.id, episodeId: row.lastEpisode?.id ?? null });
    }
  };
  const list = useListSelection({
    listKey,
    shape: {
      count,
      columns: 1,
      pageLines: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / LINE_HEIGHT) - 2),
    },
    loaded: rows.loaded,
    idAt: (index) => rows.rowAt(index)?.sample.id,
    scrollTo: (index) => virtual.scrollToIndex(index),
    onOpen: open,
    onDelete: () => setDialog('delete'),
  });
  const { active } = list.selection;
  const chosen = useSampleSelection({
    list,
    listKey,
    filter,
    total: count,
    idAt: (index) => rows.rowAt(index)?.sample.id,
  });
  const bulk = useBulk(chosen.clear);
  const filtered = !isEmptyFilter(filter);

  return (
    <>
      <div className={classes['bar']}>
        <FilterBar filter={filter} sort={sort} />
        <ViewsMenu filter={filter} sort={sort} />
        <span className={classes['quiet']} aria-live="polite">
          {rows.total === null ? '' : filtered ? `${formatCount(count)} found` : ''}
        </span>
        <span className={classes['space']} />
        {chosen.count > 0 ? (
          <BulkBar
            chosen={chosen}
            total={count}
            filter={filter}
            busy={bulk.running !== null}
            onEdit={(edit) => bulk.start(edit, chosen.selection)}
            onRemove={() => setDialog('delete')}
            onSplit={(one) => setAsked({ split: one, selection: chosen.selection })}
            onSplitByImages={() => setDialog('split')}
            onSnapshot={() => navigate({ screen: 'snapshots', place: { kind: 'new', filter } })}
          />
        ) : count === 0 ? null : (
          <>
            <Button
              variant="default"
              leftSection={<IconMessageQuestion size={14} aria-hidden />}
              onClick={() => navigate({ screen: 'library', tab: 'images', search: '' })}
            >
              Make a sample from images
            </Button>
            <ColumnsMenu />
          </>
        )}
      </div>
      {rows.failure === null ? null : <ErrorNotice failure={rows.failure} onRetry={rows.retry} />}
      {rows.total === 0 ? (
        <NoSamples filtered={filtered} />
      ) : (
        <div
          ref={scroller}
          className={classes['scroller']}
          role="grid"
          aria-label="Samples"
          aria-rowcount={rows.total === null ? -1 : count + 1}
          aria-busy={rows.total === null}
          aria-multiselectable
          aria-activedescendant={active < 0 ? undefined : `${baseId}-${active}`}
          tabIndex={0}
          onScroll={onScroll}
          onFocus={(event) => {
            if (event.target === event.currentTarget && event.currentTarget.matches(':focus-visible'))
              list.onFocus();
          }}
          onKeyDown={chosen.onKeyDown}
        >
          <SampleColumns
            columns={columns}
            sort={sort}
            onSort={(next) =>
              navigate({ screen: 'library', tab: 'samples', filter, sort: next }, { replace: true })
            }
          />
          <div role="rowgroup" className={classes['canvas']} style={{ height: virtual.getTotalSize() }}>
            {lines.map((line) => {
              const row = rows.rowAt(line.index);
              return (
                // The grid has the keyboard for all of its rows, by aria-activedescendant.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
                <div
                  key={line.key}
                  id={`${baseId}-${line.index}`}
                  role="row"
                  aria-rowindex={line.index + 2}
                  aria-selected={row !== undefined && chosen.has(row.sample.id)}
                  data-active={active === line.index || undefined}
                  className={classes['line']}
                  style={{ height: LINE_HEIGHT, transform: `translateY(${line.start}px)` }}
                  onClick={(event) => chosen.onRowClick(event, line.index)}
                  onDoubleClick={(event) => list.onRowDoubleClick(event, line.index)}
                >
                  {row === undefined ? (
                    <SampleLinePlaceholder columns={columns} />
                  ) : (
                    <SampleLine
                      row={row}
                      columns={columns}
                      chosen={chosen.has(row.sample.id)}
                      onToggle={() => chosen.toggle(line.index, row.sample.id)}
                      onOpen={() => open(line.index)}
                    />
                  )}
                </div>
              );
            })}
          </div>
        </div>
      )}
      <BulkProgressLine bulk={bulk} />
      <SplitByImages
        selection={dialog === 'split' ? chosen.selection : null}
        onClose={() => setDialog('none')}
        onDeal={(dealing) => bulk.deal(dealing, chosen.selection)}
      />
      <SharedImages
        asked={asked}
        onClose={() => setAsked(null)}
        onEdit={(edit) => bulk.start(edit, chosen.selection)}
      />
      <DeleteSamples
        count={dialog === 'delete' ? chosen.count : null}
        onClose={() => setDialog('none')}
        onDelete={() => bulk.start({ kind: 'remove' }, chosen.selection)}
      />
    </>
  );
}

function BulkProgressLine({ bulk }: { bulk: Bulk }) {
  if (bulk.running === null) return null;
  const { done, total } = bulk.running;
  return (
    <div className={filterClasses['progress']} role="status">
      <span>
        Editing {formatCount(done)} of {formatCount(total)} samples
      </span>
      <Progress
        className={filterClasses['progressBar'] ?? ''}
        value={total === 0 ? 100 : (done / total) * 100}
        aria-label="Edit of many samples"
      />
      <Button variant="default" onClick={bulk.cancel}>
        Stop
      </Button>
    </div>
  );
}

function NoSamples({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <EmptyState
        title="No sample matches"
        actions={
          <Button variant="default" onClick={() => navigate(HOME)}>
            Show all samples
          </Button>
        }
      >
        Try other words, or take a filter away.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconPhotoPlus size={40} stroke={1.2} />}
      title="No samples yet"
      actions={
        <Button
          variant="default"
          onClick={() =>
            navigate({ ...lastPlaceOn('library'), screen: 'library', tab: 'images', search: '' })
          }
        >
          Make a sample from images
        </Button>
      }
    >
      A sample is a question about one or more images. Drop a folder with images, or one with a samples.jsonl,
      anywhere on this window; or press Import.
    </EmptyState>
  );
}
