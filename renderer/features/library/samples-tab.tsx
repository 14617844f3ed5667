import { Button, Progress } from '@mantine/core';
import { IconMessageQuestion, IconPhotoPlus } from '@tabler/icons-react';
import { useRef, useState } from 'react';
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
import { RowGrid, useGridRows } from '../../ui/row-grid.tsx';
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
  const grid = useGridRows({
    scroller,
    count: rows.total ?? PLACEHOLDERS,
    rowHeight: LINE_HEIGHT,
    show: rows.show,
  });

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
      pageLines: grid.pageRows(),
    },
    loaded: rows.loaded,
    idAt: (index) => rows.rowAt(index)?.sample.id,
    scrollTo: grid.scrollTo,
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
        <RowGrid
          label="Samples"
          scroller={scroller}
          rows={grid}
          total={rows.total}
          active={active}
          heads={
            <SampleColumns
              columns={columns}
              sort={sort}
              onSort={(next) =>
                navigate({ screen: 'library', tab: 'samples', filter, sort: next }, { replace: true })
              }
            />
          }
          isChosen={(index) => {
            const row = rows.rowAt(index);
            return row !== undefined && chosen.has(row.sample.id);
          }}
          onScroll={onScroll}
          onFocus={(event) => {
            if (event.currentTarget.matches(':focus-visible')) list.onFocus();
          }}
          onKeyDown={chosen.onKeyDown}
          onRowClick={chosen.onRowClick}
          onRowDoubleClick={list.onRowDoubleClick}
        >
          {(index) => {
            const row = rows.rowAt(index);
            return row === undefined ? (
              <SampleLinePlaceholder columns={columns} />
            ) : (
              <SampleLine
                row={row}
                columns={columns}
                chosen={chosen.has(row.sample.id)}
                onToggle={() => chosen.toggle(index, row.sample.id)}
                onOpen={() => open(index)}
              />
            );
          }}
        </RowGrid>
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
