import { Button } from '@mantine/core';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { SnapshotDemonstration, SnapshotSample } from '../../../shared/model/snapshot.ts';
import { useCall } from '../../client/hooks.ts';
import { navigate } from '../../state/route.ts';
import { SNAPSHOT_LIST } from '../../state/snapshots-route.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount } from '../../ui/format.ts';
import { EmptyState, ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import classes from './snapshots.module.css';

const SHOWN = 200;

type Changed<Item> = { readonly before: Item | null; readonly after: Item | null };

/** What differs between two snapshots, row by row. */
export function CompareSnapshots({ before, after }: { before: SnapshotId; after: SnapshotId }) {
  const one = useCall('snapshots.get', { id: before }).data;
  const other = useCall('snapshots.get', { id: after }).data;
  const { data, error, refetch } = useCall('snapshots.diff', { before, after, from: 0, limit: SHOWN });
  const same = data !== undefined && one !== undefined && one.hash === other?.hash;
  return (
    <>
      <ScreenHeader title={`${one?.name ?? '…'} against ${other?.name ?? '…'}`}>
        <Button
          variant="default"
          onClick={() =>
            navigate({ screen: 'snapshots', place: { kind: 'compare', before: after, after: before } })
          }
        >
          Turn round
        </Button>
        <Button variant="default" onClick={() => navigate({ screen: 'snapshots', place: SNAPSHOT_LIST })}>
          All snapshots
        </Button>
      </ScreenHeader>
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      {data === undefined ? null : (
        <>
          <div className={classes['head']}>
            <dl className={classes['facts']}>
              {(['samples', 'demonstrations'] as const).flatMap((kind) =>
                (['added', 'removed', 'changed', 'same'] as const).map((how) => (
                  <div key={`${kind} ${how}`}>
                    <dt>
                      {kind === 'samples' ? 'Samples' : 'Demonstrations'} {how}
                    </dt>
                    <dd>{formatCount(data[kind][how])}</dd>
                  </div>
                )),
              )}
            </dl>
          </div>
          {same ? (
            <EmptyState title="The same content">Both have the same hash, so nothing differs.</EmptyState>
          ) : (
            // The keyboard scrolls what it can reach.
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            <section className={classes['scroller']} aria-label="Differences" tabIndex={0}>
              <ol className={classes['rows']}>
                {data.changedSamples.map((row) => (
                  <SampleChange key={(row.before ?? row.after)?.id} row={row} />
                ))}
                {data.changedDemonstrations.map((row) => (
                  <DemonstrationChange key={(row.before ?? row.after)?.source.id} row={row} />
                ))}
              </ol>
              {data.changedSamples.length === SHOWN ? (
                <p className={classes['more']}>The first {SHOWN} samples that differ are shown.</p>
              ) : null}
            </section>
          )}
        </>
      )}
    </>
  );
}

function How({ row }: { row: Changed<unknown> }) {
  if (row.before === null) return <Tag tone="good">Added</Tag>;
  return row.after === null ? <Tag tone="bad">Removed</Tag> : <Tag tone="warn">Changed</Tag>;
}

const FIELDS: readonly (readonly [keyof SnapshotSample, string])[] = [
  ['question', 'Question'],
  ['answers', 'Reference answer'],
  ['choices', 'Choices'],
  ['answerKind', 'Kind of answer'],
  ['tolerance', 'Tolerance, relative'],
  ['kind', 'Kind'],
  ['tags', 'Tags'],
  ['split', 'Split'],
  ['images', 'Images'],
  ['standing', 'Review'],
  ['accepted', 'Accepted runs'],
];

function textOf(value: SnapshotSample[keyof SnapshotSample]): string {
  if (value === undefined) return 'default';
  if (typeof value === 'number') return String(value);
  if (value === null || value.length === 0) return 'none';
  if (typeof value === 'string') return value;
  return value
    .map((item) =>
      typeof item === 'string'
        ? /^[0-9a-f]{64}$/.test(item)
          ? item.slice(0, 8)
          : item
        : (item.answer ?? 'no answer'),
    )
    .join(', ');
}

function SampleChange({ row }: { row: Changed<SnapshotSample> }) {
  const { before, after } = row;
  const fields =
    before === null || after === null
      ? []
      : FIELDS.filter(([key]) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return (
    <li className={classes['change']}>
      <How row={row} />
      <div>
        <div>{(after ?? before)?.question}</div>
        {before === null || after === null
          ? null
          : fields.map(([key, words]) => (
              <div key={key} className={classes['field']}>
                <span className={classes['quiet']}>{words}</span> <del>{textOf(before[key])}</del>{' '}
                <ins>{textOf(after[key])}</ins>
              </div>
            ))}
      </div>
    </li>
  );
}

function DemonstrationChange({ row }: { row: Changed<SnapshotDemonstration> }) {
  const one = row.after ?? row.before;
  return (
    <li className={classes['change']}>
      <How row={row} />
      <div>
        {one?.source.kind === 'correction' ? 'Corrected trajectory' : 'Picked rollout'}
        <pre className={classes['turn']}>{one?.turns.at(-1)?.text}</pre>
      </div>
    </li>
  );
}
