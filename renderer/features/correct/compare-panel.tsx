import { useMemo } from 'react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { CorrectedEpisode } from '../../../shared/correction/corrected-episode.ts';
import type { RootRegion, StepDiff } from '../../../shared/correction/diff-steps.ts';
import { diffSteps } from '../../../shared/correction/diff-steps.ts';
import type { WordChange } from '../../../shared/correction/word-diff.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { ImageRecord } from '../../../shared/model/image.ts';
import { actionWords, boxWords } from '../../episode/words.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatPlural } from '../../ui/format.ts';
import classes from './compare.module.css';

/** What the model did against what stands now: step by step, boxes on one image, thoughts word by word. */
export function ComparePanel(props: {
  readonly episode: Episode;
  readonly corrected: CorrectedEpisode;
  readonly images: readonly ImageRecord[];
}) {
  const { episode, corrected } = props;
  const rows = useMemo(() => diffSteps(episode, corrected), [episode, corrected]);
  const changed = rows.filter((row) => row.kind !== 'kept' || row.isMoved);
  return (
    <section className={classes['compare']} aria-label="Model against corrected">
      <p className={classes['sum']}>
        {changed.length === 0
          ? 'Nothing differs from what the model did.'
          : `${changed.length} of ${formatPlural(rows.length, 'step')} differ${changed.length === 1 ? 's' : ''}.`}
      </p>
      <dl className={classes['ends']}>
        <div>
          <dt>The model’s answer</dt>
          <dd>{episode.answer ?? 'none'}</dd>
        </div>
        <div>
          <dt>The corrected answer</dt>
          <dd>{corrected.answer ?? 'none'}</dd>
        </div>
      </dl>
      <ol className={classes['rows']}>
        {rows.map((row) => (
          <Row key={row.key} row={row} images={props.images} />
        ))}
      </ol>
    </section>
  );
}

const KIND_WORDS = { kept: 'kept', edited: 'edited', inserted: 'inserted', deleted: 'deleted' } as const;
const KIND_TONES = { kept: 'quiet', edited: 'accent', inserted: 'good', deleted: 'bad' } as const;

function Row({ row, images }: { readonly row: StepDiff; readonly images: readonly ImageRecord[] }) {
  const { model, corrected } = row;
  const before = model === null ? null : actionWords(model.action, model.resultView);
  const after = corrected === null ? null : actionWords(corrected.action, corrected.resultView);
  return (
    <li className={classes['row']} data-kind={row.kind}>
      <p className={classes['rowHead']}>
        <Tag tone={KIND_TONES[row.kind]}>{KIND_WORDS[row.kind]}</Tag>
        {row.isMoved ? <Tag tone="accent">moved</Tag> : null}
        {row.isBoxMoved ? <Tag tone="accent">box moved</Tag> : null}
        {before === after ? (
          <span>{after}</span>
        ) : (
          <span>
            {before === null ? null : <del>{before}</del>} {after === null ? null : <ins>{after}</ins>}
          </span>
        )}
      </p>
      <Words changes={row.thought} />
      {row.isBoxMoved ? <Regions row={row} images={images} /> : null}
    </li>
  );
}

function Words({ changes }: { readonly changes: readonly WordChange[] }) {
  if (changes.length === 0) return null;
  return (
    <p className={classes['words']}>
      {changes.map(({ kind, text }, at) => {
        // Pieces have no name of their own, and their order is all that they are.
        const key = `${at} ${kind}`;
        if (kind === 'removed') return <del key={key}>{text}</del>;
        return kind === 'added' ? <ins key={key}>{text}</ins> : <span key={key}>{text}</span>;
      })}
    </p>
  );
}

/** Both boxes on the image that they lie on. */
function Regions({ row, images }: { readonly row: StepDiff; readonly images: readonly ImageRecord[] }) {
  const { model, corrected } = row.regions;
  if (model === null || corrected === null) return null;
  const shown = model.image === corrected.image ? [corrected.image] : [model.image, corrected.image];
  return (
    <div className={classes['regions']}>
      {shown.map((at) => (
        <Overlay key={at} at={at} image={images[at]} model={model} corrected={corrected} />
      ))}
      <dl className={classes['legend']}>
        <div data-side="model">
          <dt>Model</dt>
          <dd>{boxWords(model.box)}</dd>
        </div>
        <div data-side="corrected">
          <dt>Corrected</dt>
          <dd>{boxWords(corrected.box)}</dd>
        </div>
      </dl>
    </div>
  );
}

function Overlay(props: {
  readonly at: number;
  readonly image: ImageRecord | undefined;
  readonly model: RootRegion;
  readonly corrected: RootRegion;
}) {
  const { at, image, model, corrected } = props;
  if (image === undefined) return null;
  const { width, height } = image;
  const box = (region: RootRegion, side: string) => {
    if (region.image !== at) return null;
    const [x1, y1, x2, y2] = region.box;
    return <rect data-side={side} x={x1} y={y1} width={x2 - x1} height={y2 - y1} />;
  };
  return (
    <svg
      className={classes['overlay']}
      viewBox={`0 0 ${width} ${height}`}
      style={{ aspectRatio: `${width} / ${height}` }}
      role="img"
      aria-label={`Image ${at + 1} with the model’s box and the corrected one`}
    >
      <image href={assetPath(image.assets.full)} width={width} height={height} />
      {box(model, 'model')}
      {box(corrected, 'corrected')}
    </svg>
  );
}
