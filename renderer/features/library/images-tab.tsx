import { Button, Modal } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconCheck, IconCopy, IconMessageQuestion, IconPhotoPlus, IconTrash } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, useState } from 'react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { ImagePage } from '../../../shared/contract/procedures.ts';
import type { ImageRecord } from '../../../shared/model/image.ts';
import { useClient } from '../../client/hooks.ts';
import { navigate } from '../../state/route.ts';
import { usePagedList } from '../../state/use-paged-list.ts';
import { formatBytes, formatCount, formatSize, formatTime } from '../../ui/format.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { DeleteImages } from './delete-dialogs.tsx';
import classes from './library.module.css';
import { MakeSample } from './make-sample.tsx';
import { SimilarImages } from './similar-images.tsx';
import { useKeptPlace } from './use-kept-place.ts';
import { useListSelection } from './use-list-selection.ts';

/** Tiles that stand in until the list is known. */
const PLACEHOLDERS = 24;
/** Pixels; a tile grows from its least width to fill the line. */
const TILE_WIDTH = 148;
const TILE_HEIGHT = 172;
const GAP = 8;

/** Every image of the workspace as a grid of thumbnails. */
export function ImagesTab({ search }: { search: string }) {
  const client = useClient();
  const baseId = useId();
  const scroller = useRef<HTMLDivElement | null>(null);
  const size = useElementSize();
  const [dialog, setDialog] = useState<'none' | 'make' | 'delete' | 'alike'>('none');
  const [preview, setPreview] = useState<ImageRecord | null>(null);
  const rows = usePagedList<ImageRecord, ImagePage>(
    search,
    (cursor, limit, signal) =>
      client.query('images.list', { cursor, limit, ...(search === '' ? {} : { search }) }, signal),
    ['images'],
  );
  const count = rows.total ?? 0;
  const columns = Math.max(1, Math.floor((size.width - 24 + GAP) / (TILE_WIDTH + GAP)));
  const virtual = useVirtualizer({
    count: Math.ceil((rows.total ?? PLACEHOLDERS) / columns),
    getScrollElement: () => scroller.current,
    estimateSize: () => TILE_HEIGHT + GAP,
    overscan: 3,
  });
  const lines = virtual.getVirtualItems();
  const first = (lines[0]?.index ?? 0) * columns;
  const last = Math.min(count, ((lines.at(-1)?.index ?? 0) + 1) * columns) - 1;
  const { show } = rows;
  useEffect(() => show(first, last), [show, first, last]);

  const listKey = `images ${search}`;
  const onScroll = useKeptPlace(listKey, scroller, rows.total !== null && size.width > 0);

  const list = useListSelection({
    listKey,
    shape: { count, columns, pageLines: Math.max(1, Math.floor(size.height / (TILE_HEIGHT + GAP)) - 1) },
    loaded: rows.loaded,
    idAt: (index) => rows.rowAt(index)?.id,
    scrollTo: (index) => virtual.scrollToIndex(Math.floor(index / columns)),
    onOpen: (index) => setPreview(rows.rowAt(index) ?? null),
    onDelete: () => setDialog('delete'),
  });
  const { chosen, active } = list.selection;
  const order = [...chosen];

  const chosenImages = (): readonly ImageRecord[] => {
    const byId = new Map<string, ImageRecord>();
    for (let index = 0; index < rows.loaded; index += 1) {
      const image = rows.rowAt(index);
      if (image !== undefined && chosen.has(image.id)) byId.set(image.id, image);
    }
    return order.flatMap((id) => byId.get(id) ?? []);
  };

  return (
    <>
      <div className={classes['bar']}>
        {chosen.size === 0 ? (
          <span className={classes['quiet']}>
            {search !== '' && rows.total !== null ? `${formatCount(count)} found. ` : ''}
            Choose images in the order in which a question should name them: click, Ctrl+click, Shift+click.
          </span>
        ) : (
          <span aria-live="polite">{formatCount(chosen.size)} chosen</span>
        )}
        <span className={classes['space']} />
        {chosen.size === 0 ? null : (
          <>
            <Button variant="default" onClick={list.clear}>
              Clear
            </Button>
            <Button
              variant="light"
              color="red"
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => setDialog('delete')}
            >
              Delete
            </Button>
          </>
        )}
        <Button
          variant="default"
          leftSection={<IconCopy size={14} aria-hidden />}
          onClick={() => setDialog('alike')}
        >
          Look alike
        </Button>
        <Button
          variant="light"
          leftSection={<IconMessageQuestion size={14} aria-hidden />}
          disabled={chosen.size === 0}
          onClick={() => setDialog('make')}
        >
          Make a sample
        </Button>
      </div>
      {rows.failure === null ? null : <ErrorNotice failure={rows.failure} onRetry={rows.retry} />}
      {rows.total === 0 ? (
        <NoImages filtered={search !== ''} />
      ) : (
        <div
          ref={(element) => {
            scroller.current = element;
            size.ref(element);
          }}
          className={classes['scroller']}
          role="listbox"
          aria-busy={rows.total === null}
          aria-label="Images"
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
          <div
            role="presentation"
            className={classes['canvas']}
            style={{ height: virtual.getTotalSize() + 24 }}
          >
            {lines.map((line) => (
              <div
                key={line.key}
                role="presentation"
                className={classes['tileLine']}
                style={{
                  gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
                  height: TILE_HEIGHT,
                  transform: `translateY(${line.start + 12}px)`,
                }}
              >
                {tileIndexes(line.index, columns, rows.total ?? PLACEHOLDERS).map((index) => {
                  const image = rows.rowAt(index);
                  const position = image === undefined ? -1 : order.indexOf(image.id);
                  return (
                    // The list has the keyboard for all of its images, by aria-activedescendant.
                    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                    <div
                      key={index}
                      id={`${baseId}-${index}`}
                      role="option"
                      aria-selected={position >= 0}
                      aria-posinset={index + 1}
                      aria-setsize={rows.total ?? -1}
                      data-active={active === index || undefined}
                      className={classes['tile']}
                      onClick={(event) => list.onRowClick(event, index)}
                      onDoubleClick={(event) => list.onRowDoubleClick(event, index)}
                    >
                      {image === undefined ? (
                        <>
                          <span className={classes['tileImage']} />
                          <span className="only-read">Loading</span>
                        </>
                      ) : (
                        <Tile image={image} position={position} onlyOne={order.length === 1} />
                      )}
                    </div>
                  );
                })}
              </div>
            ))}
          </div>
        </div>
      )}
      <MakeSample
        images={dialog === 'make' ? chosenImages() : null}
        onClose={() => setDialog('none')}
        onMade={list.clear}
      />
      <SimilarImages opened={dialog === 'alike'} onClose={() => setDialog('none')} />
      <DeleteImages
        ids={dialog === 'delete' ? order : null}
        onClose={() => setDialog('none')}
        onDone={list.clear}
      />
      <ImagePreview image={preview} onClose={() => setPreview(null)} />
    </>
  );
}

function tileIndexes(line: number, columns: number, count: number): readonly number[] {
  const first = line * columns;
  return Array.from({ length: Math.max(0, Math.min(columns, count - first)) }, (_, index) => first + index);
}

function Tile({ image, position, onlyOne }: { image: ImageRecord; position: number; onlyOne: boolean }) {
  return (
    <>
      <span className={classes['tileImage']}>
        <img
          src={assetPath(image.assets.thumbnail)}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
        />
        {position < 0 ? null : (
          <span className={classes['tileMark']}>
            {onlyOne ? <IconCheck size={12} stroke={3} aria-hidden /> : position + 1}
          </span>
        )}
      </span>
      <span className={classes['tileName']} title={image.name}>
        {image.name}
      </span>
      <span className={classes['tileSize']}>
        {formatSize(image.width, image.height)} · {image.format.toUpperCase()}
      </span>
    </>
  );
}

function NoImages({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <EmptyState
        title="No image has that name"
        actions={
          <Button
            variant="default"
            onClick={() => navigate({ screen: 'library', tab: 'images', search: '' })}
          >
            Show all images
          </Button>
        }
      >
        Try other words.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<IconPhotoPlus size={40} stroke={1.2} />} title="No images yet">
      Drop images or folders anywhere on this window, or press Import. PNG, JPEG, WebP, GIF, TIFF and AVIF are
      read; the files themselves are not changed.
    </EmptyState>
  );
}

function ImagePreview({ image, onClose }: { image: ImageRecord | null; onClose: () => void }) {
  return (
    <Modal opened={image !== null} onClose={onClose} size="auto" title={image?.name ?? ''}>
      {image === null ? null : (
        <figure className={classes['preview']}>
          <img src={assetPath(image.assets.full)} alt={image.name} />
          <figcaption>
            {formatSize(image.width, image.height)} pixels · {image.format.toUpperCase()} ·{' '}
            {formatBytes(image.byteSize)} · imported {formatTime(image.importedAt)}
          </figcaption>
        </figure>
      )}
    </Modal>
  );
}
