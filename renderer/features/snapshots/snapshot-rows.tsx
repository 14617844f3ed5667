import { Button } from '@mantine/core';
import { useState } from 'react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, kindWords } from '../../ui/format.ts';
import { EmptyState, ImageThumb } from '../../ui/parts.tsx';
import { SPLIT_WORDS, STANDING_WORDS } from '../../ui/sample-filter-words.ts';
import classes from './snapshots.module.css';

const PAGE = 100;

/** Turns the pages of a list of fixed length. */
function Pager(props: { from: number; total: number; onTurn: (from: number) => void }) {
  const { from, total, onTurn } = props;
  if (total <= PAGE) return null;
  return (
    <nav className={classes['pager']} aria-label="Pages">
      <Button variant="default" disabled={from === 0} onClick={() => onTurn(Math.max(0, from - PAGE))}>
        Previous
      </Button>
      <span>
        {formatCount(from + 1)} to {formatCount(Math.min(total, from + PAGE))} of {formatCount(total)}
      </span>
      <Button variant="default" disabled={from + PAGE >= total} onClick={() => onTurn(from + PAGE)}>
        Next
      </Button>
    </nav>
  );
}

export function SampleRows({ id, total }: { id: SnapshotId; total: number }) {
  const [from, setFrom] = useState(0);
  const { data } = useCall('snapshots.samples', { id, from, limit: PAGE }, { keepWhileLoading: true });
  return (
    <>
      <Pager from={from} total={total} onTurn={setFrom} />
      <ol className={classes['rows']}>
        {(data?.items ?? []).map(({ sample, shown }) => (
          <li key={sample.id} className={classes['row']}>
            <span className={classes['thumbs']}>
              {shown
                .slice(0, 4)
                .map((image, index) =>
                  image === null ? null : (
                    <ImageThumb
                      key={`${image.id} ${index}`}
                      src={assetPath(image.assets.thumbnail)}
                      alt={`Image ${index + 1}: ${image.name}`}
                      size={40}
                    />
                  ),
                )}
            </span>
            <span className={classes['question']}>
              {sample.question}
              <span className={classes['note']}>
                {sample.answers.length === 0 ? 'No reference answer' : sample.answers.join(' | ')}
              </span>
            </span>
            <span>{kindWords(sample.kind)}</span>
            <span>{SPLIT_WORDS[sample.split]}</span>
            <span className={classes['tags']}>
              {sample.standing === null ? null : <Tag tone="quiet">{STANDING_WORDS[sample.standing]}</Tag>}
              {sample.tags.map((tag) => (
                <Tag key={tag} tone="quiet">
                  {tag}
                </Tag>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

export function DemonstrationRows({ id, total }: { id: SnapshotId; total: number }) {
  const [from, setFrom] = useState(0);
  const { data } = useCall('snapshots.demonstrations', { id, from, limit: PAGE }, { keepWhileLoading: true });
  if (total === 0) {
    return (
      <EmptyState title="No demonstrations in it">
        A demonstration is a corrected trajectory whose run was accepted in Review, or a rollout that was
        picked as the best of its group.
      </EmptyState>
    );
  }
  return (
    <>
      <Pager from={from} total={total} onTurn={setFrom} />
      {(data ?? []).map(({ source, turns, approvedBoxes }) => (
        <article key={source.id} className={classes['demonstration']}>
          <h2>
            <Tag tone={source.kind === 'correction' ? 'good' : 'quiet'}>
              {source.kind === 'correction' ? 'Correction' : 'Picked rollout'}
            </Tag>
            {approvedBoxes.length === 0 ? null : (
              <span className={classes['quiet']}>
                Approved boxes:{' '}
                {approvedBoxes.map(({ image, box }) => `image ${image + 1} [${box.join(', ')}]`).join('; ')}
              </span>
            )}
          </h2>
          <ol>
            {turns.map(({ text, mark }, index) => (
              <li key={index} data-mark={mark ?? undefined}>
                <pre>{text}</pre>
                {mark === null ? null : <Tag tone={mark === 'good' ? 'good' : 'bad'}>{mark}</Tag>}
              </li>
            ))}
          </ol>
        </article>
      ))}
    </>
  );
}
