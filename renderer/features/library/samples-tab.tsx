import { Button, Select } from '@mantine/core';
import { IconFilter, IconMessageQuestion, IconPhotoPlus, IconTrash } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, useState } from 'react';
import { useClient } from '../../client/hooks.ts';
import type { SamplePage, SampleRow } from '../../../shared/contract/procedures.ts';
import type { SampleFilter, SampleSort } from '../../../shared/model/sample-filter.ts';
import { HOME, lastPlaceOn, navigate } from '../../state/route.ts';
import { isEmptyFilter } from '../../state/sample-filter-address.ts';
import { usePagedList } from '../../state/use-paged-list.ts';
import { formatCount, kindWords } from '../../ui/format.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { DeleteSamples } from './delete-dialogs.tsx';
import classes from './library.module.css';
import { SampleLine, SampleLinePlaceholder } from './sample-line.tsx';
import { useKeptPlace } from './use-kept-place.ts';
import { useListSelection } from './use-list-selection.ts';

const LINE_HEIGHT = 56;
/** Lines that stand in until the list is known. */
const PLACEHOLDERS = 12;

/** Every sample of the workspace, of any number. */
export function SamplesTab({ filter, sort }: { filter: SampleFilter; sort: SampleSort }) {
  const client = useClient();
  const baseId = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [deleting, setDeleting] = useState(false);
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
    onDelete: () => setDeleting(true),
  });
  const { chosen, active } = list.selection;
  const filtered = !isEmptyFilter(filter);

  return (
    <>
      <div className={classes['bar']}>
        <KindFilter filter={filter} sort={sort} page={rows.answer} />
        <span className={classes['quiet']} aria-live="polite">
          {rows.total === null ? '' : filtered ? `${formatCount(count)} found` : ''}
        </span>
        <span className={classes['space']} />
        {chosen.size === 0 && count === 0 ? null : chosen.size === 0 ? (
          <Button
            variant="default"
            leftSection={<IconMessageQuestion size={14} aria-hidden />}
            onClick={() => navigate({ screen: 'library', tab: 'images', search: '' })}
          >
            Make a sample from images
          </Button>
        ) : (
          <>
            <span>{formatCount(chosen.size)} chosen</span>
            <Button variant="default" onClick={list.clear}>
              Clear
            </Button>
            <Button
              variant="light"
              color="red"
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => setDeleting(true)}
            >
              Delete
            </Button>
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
          onKeyDown={list.onKeyDown}
        >
          <SampleColumns />
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
                  onClick={(event) => list.onRowClick(event, line.index)}
                  onDoubleClick={(event) => list.onRowDoubleClick(event, line.index)}
                >
                  {row === undefined ? (
                    <SampleLinePlaceholder />
                  ) : (
                    <SampleLine
                      row={row}
                      chosen={chosen.has(row.sample.id)}
                      onToggle={() => list.toggle(line.index)}
                      onOpen={() => open(line.index)}
                    />
                  )}
                </div>
              );
            })}
          </div>
        </div>
      )}
      <DeleteSamples
        ids={deleting ? [...chosen] : null}
        onClose={() => setDeleting(false)}
        onDone={list.clear}
      />
    </>
  );
}

function SampleColumns() {
  return (
    <div role="rowgroup" className={classes['columns']}>
      <div role="row" aria-rowindex={1} className={classes['cells']}>
        <span role="columnheader">
          <span className="only-read">Chosen</span>
        </span>
        <span role="columnheader">Images</span>
        <span role="columnheader">Question</span>
        <span role="columnheader">Kind</span>
        <span role="columnheader">Reference answer</span>
        <span role="columnheader">Last run</span>
        <span role="columnheader" className={classes['number']}>
          Episodes
        </span>
      </div>
    </div>
  );
}

function KindFilter(props: { filter: SampleFilter; sort: SampleSort; page: SamplePage | null }) {
  const kind = props.filter.kinds?.[0] ?? null;
  const kinds = props.page?.kinds ?? [];
  const data = kinds.map((one) => ({
    value: one.kind,
    label: `${kindWords(one.kind)} (${formatCount(one.count)})`,
  }));
  if (kind !== null && !kinds.some((one) => one.kind === kind)) {
    data.push({ value: kind, label: kindWords(kind) });
  }
  return (
    <Select
      className={classes['kindFilter'] ?? ''}
      aria-label="Kind of question"
      placeholder="All kinds"
      leftSection={<IconFilter size={14} aria-hidden />}
      clearable
      clearButtonProps={{ 'aria-label': 'All kinds' }}
      data={data}
      value={kind}
      onChange={(chosen) => {
        const { kinds: _before, ...rest } = props.filter;
        const filter = chosen === null ? rest : { ...rest, kinds: [chosen] };
        navigate({ screen: 'library', tab: 'samples', filter, sort: props.sort }, { replace: true });
      }}
    />
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
        Try other words, or another kind.
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
