import { Button, Checkbox, Table } from '@mantine/core';
import { IconArrowsDiff, IconCamera, IconStack2 } from '@tabler/icons-react';
import { useState } from 'react';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { Snapshot } from '../../../shared/model/snapshot.ts';
import { useCall } from '../../client/hooks.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { formatRoute, navigate } from '../../state/route.ts';
import { NEW_SNAPSHOT, SNAPSHOT_LIST } from '../../state/snapshots-route.ts';
import { formatCount, formatTime } from '../../ui/format.ts';
import { EmptyState, ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { TakeSnapshot } from './take-snapshot.tsx';
import classes from './snapshots.module.css';

/** Every snapshot, newest first; two of them can be compared. */
export function SnapshotList({ taking }: { taking: SampleFilter | null }) {
  const { data, error, refetch } = useCall('snapshots.list', undefined);
  const [chosen, setChosen] = useState<readonly SnapshotId[]>([]);
  const snapshots = data ?? [];
  // The older one is what the newer one is compared with.
  const pair = snapshots.filter(({ id }) => chosen.includes(id)).toReversed();
  const [before, after] = pair;
  const toggle = (id: SnapshotId): void =>
    setChosen((now) => (now.includes(id) ? now.filter((other) => other !== id) : [...now, id].slice(-2)));
  return (
    <>
      <ScreenHeader
        title="Snapshots"
        subtitle="Versions of the dataset that never change. Training takes one."
      >
        <Button
          variant="default"
          leftSection={<IconArrowsDiff size={14} aria-hidden />}
          disabled={before === undefined || after === undefined}
          onClick={() => {
            if (before !== undefined && after !== undefined)
              navigate({
                screen: 'snapshots',
                place: { kind: 'compare', before: before.id, after: after.id },
              });
          }}
        >
          Compare two
        </Button>
        <Button
          leftSection={<IconCamera size={14} aria-hidden />}
          onClick={() => navigate({ screen: 'snapshots', place: NEW_SNAPSHOT })}
        >
          Take a snapshot
        </Button>
      </ScreenHeader>
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      {data === undefined ? null : snapshots.length === 0 ? (
        <EmptyState
          icon={<IconStack2 size={40} stroke={1.2} />}
          title="No snapshots yet"
          actions={
            <Button variant="default" onClick={() => navigate({ screen: 'snapshots', place: NEW_SNAPSHOT })}>
              Take a snapshot
            </Button>
          }
        >
          A snapshot keeps samples with their splits, accepted answers and corrected trajectories as they are
          now. Edits that come later leave it alone, and its hash says whether two are the same.
        </EmptyState>
      ) : (
        // The keyboard scrolls what it can reach.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <section className={classes['scroller']} aria-label="Snapshots" tabIndex={0}>
          <SnapshotTable snapshots={snapshots} chosen={chosen} onToggle={toggle} />
        </section>
      )}
      <TakeSnapshot
        filter={taking}
        onClose={() => navigate({ screen: 'snapshots', place: SNAPSHOT_LIST }, { replace: true })}
      />
    </>
  );
}

function SnapshotTable(props: {
  snapshots: readonly Snapshot[];
  chosen: readonly SnapshotId[];
  onToggle: (id: SnapshotId) => void;
}) {
  const { reviewers } = useReviewers();
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th className={classes['box']}>
            <span className="only-read">Compare</span>
          </Table.Th>
          <Table.Th>Name</Table.Th>
          <Table.Th>Taken</Table.Th>
          <Table.Th className={classes['number']}>Samples</Table.Th>
          <Table.Th className={classes['number']}>Train / validation / test</Table.Th>
          <Table.Th className={classes['number']}>Demonstrations</Table.Th>
          <Table.Th className={classes['number']}>Accepted runs</Table.Th>
          <Table.Th>Hash</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {props.snapshots.map(({ id, name, note, createdAt, by, counts, hash }) => {
          const { train, validation, test } = counts.splits;
          const place = { screen: 'snapshots', place: { kind: 'one', id } } as const;
          const who = reviewers.find((one) => one.id === by)?.name;
          return (
            <Table.Tr key={id}>
              <Table.Td>
                <Checkbox
                  size="xs"
                  aria-label={`Compare ${name}`}
                  checked={props.chosen.includes(id)}
                  onChange={() => props.onToggle(id)}
                />
              </Table.Td>
              <Table.Td className={classes['name']}>
                <a href={formatRoute(place)}>{name}</a>
                {note === '' ? null : (
                  <div className={classes['note']} title={note}>
                    {note}
                  </div>
                )}
              </Table.Td>
              <Table.Td>
                {formatTime(createdAt)}
                {who === undefined ? null : <div className={classes['note']}>{who}</div>}
              </Table.Td>
              <Table.Td className={classes['number']}>{formatCount(counts.samples)}</Table.Td>
              <Table.Td className={classes['number']}>
                {[train, validation, test].map(formatCount).join(' / ')}
              </Table.Td>
              <Table.Td className={classes['number']}>{formatCount(counts.demonstrations)}</Table.Td>
              <Table.Td className={classes['number']}>{formatCount(counts.acceptedRuns)}</Table.Td>
              <Table.Td>
                <code title={hash}>{hash.slice(0, 10)}</code>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
