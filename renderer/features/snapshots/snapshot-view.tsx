import { Button, SegmentedControl } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { Snapshot } from '../../../shared/model/snapshot.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { useReviewer, useReviewers } from '../../state/reviewer.ts';
import { navigate } from '../../state/route.ts';
import { SNAPSHOT_LIST } from '../../state/snapshots-route.ts';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { SnapshotCheckPane } from './snapshot-check.tsx';
import { DemonstrationRows, SampleRows } from './snapshot-rows.tsx';
import classes from './snapshots.module.css';

type Tab = 'check' | 'samples' | 'demonstrations';

/** One snapshot: what is in it and what training could not use of it. */
export function SnapshotView({ id }: { id: SnapshotId }) {
  const { data: snapshot, error, refetch } = useCall('snapshots.get', { id });
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  return snapshot === undefined ? null : <Loaded snapshot={snapshot} />;
}

function Loaded({ snapshot }: { snapshot: Snapshot }) {
  const { id, name, note, createdAt, by, counts, hash } = snapshot;
  const { reviewers } = useReviewers();
  const as = useReviewer();
  const [tab, setTab] = useState<Tab>('check');
  const toList = (): void => navigate({ screen: 'snapshots', place: SNAPSHOT_LIST });
  const remove = useMutation('snapshots.remove', {
    onSuccess: () => {
      notify(`Snapshot "${name}" removed. Undo brings it back.`);
      toList();
    },
    onFailure: (failure) => notifyFailure(failure),
  });
  const who = reviewers.find((one) => one.id === by)?.name;
  const { train, validation, test, none } = counts.splits;
  const facts: readonly (readonly [string, string])[] = [
    ['Samples', formatCount(counts.samples)],
    ['Train', formatCount(train)],
    ['Validation', formatCount(validation)],
    ['Test', formatCount(test)],
    ['No split', formatCount(none)],
    ['Images', formatCount(counts.images)],
    ['Demonstrations', formatCount(counts.demonstrations)],
    ['Accepted runs', formatCount(counts.acceptedRuns)],
  ];
  return (
    <>
      <ScreenHeader title={name} subtitle={`${formatTime(createdAt)}${who === undefined ? '' : `, ${who}`}`}>
        <Button variant="default" onClick={toList}>
          All snapshots
        </Button>
        <Button
          variant="light"
          color="red"
          leftSection={<IconTrash size={14} aria-hidden />}
          loading={remove.isPending}
          onClick={() => remove.mutate({ ...as, id })}
        >
          Remove
        </Button>
      </ScreenHeader>
      <div className={classes['head']}>
        {note === '' ? null : <p className={classes['noteText']}>{note}</p>}
        <dl className={classes['facts']}>
          {facts.map(([term, value]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <div className={classes['hash']}>
          Hash <code>{hash}</code>
        </div>
        <SegmentedControl
          aria-label="What to show"
          value={tab}
          onChange={(value) => setTab(value as Tab)}
          data={[
            { value: 'check', label: 'Check' },
            { value: 'samples', label: formatPlural(counts.samples, 'sample') },
            { value: 'demonstrations', label: formatPlural(counts.demonstrations, 'demonstration') },
          ]}
        />
      </div>
      {/* The keyboard scrolls what it can reach. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={classes['scroller']} aria-label="Content of the snapshot" tabIndex={0}>
        {tab === 'check' ? <SnapshotCheckPane id={id} /> : null}
        {tab === 'samples' ? <SampleRows id={id} total={counts.samples} /> : null}
        {tab === 'demonstrations' ? <DemonstrationRows id={id} total={counts.demonstrations} /> : null}
      </section>
    </>
  );
}
