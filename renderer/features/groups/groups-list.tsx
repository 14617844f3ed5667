import { Button, Select } from '@mantine/core';
import { IconArrowsSort, IconLayoutRows, IconPlayerPlay } from '@tabler/icons-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import type { GroupOrder, GroupPage, GroupRow } from '../../../shared/contract/groups.ts';
import { groupOrder } from '../../../shared/contract/groups.ts';
import type { JobId } from '../../../shared/model/ids.ts';
import { useCall, useClient } from '../../client/hooks.ts';
import { askToRunGroups } from '../../state/rollout-jobs.ts';
import { GROUPS, navigate } from '../../state/route.ts';
import { targetOfKey } from '../../state/selection.ts';
import { usePagedList } from '../../state/use-paged-list.ts';
import { formatPlural } from '../../ui/format.ts';
import { EmptyState, ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { RowGrid, useGridRows } from '../../ui/row-grid.tsx';
import { GroupColumns, GroupLine, GroupLinePlaceholder } from './group-line.tsx';
import classes from './groups.module.css';
import { jobWords, ORDER_WORDS } from './words.ts';

const LINE_HEIGHT = 56;
const PLACEHOLDERS = 10;

/** Every group of the workspace, of any number, in a chosen order. */
export function GroupsList({ order, jobId }: { order: GroupOrder; jobId: JobId | null }) {
  const client = useClient();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const jobs = useCall('jobs.list', undefined).data ?? [];
  const rows = usePagedList<GroupRow, GroupPage>(
    `groups ${order} ${jobId ?? ''}`,
    (cursor, limit, signal) =>
      client.query('groups.list', { cursor, limit, order, ...(jobId === null ? {} : { jobId }) }, signal),
    ['groups', 'samples'],
  );
  const count = rows.total ?? 0;
  const grid = useGridRows({
    scroller,
    count: rows.total ?? PLACEHOLDERS,
    rowHeight: LINE_HEIGHT,
    show: rows.show,
  });

  const open = (index: number): void => {
    const row = rows.rowAt(index);
    if (row !== undefined) navigate({ screen: 'groups', id: row.group.id, order, jobId });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 'Enter' && active >= 0) {
      event.preventDefault();
      return open(active);
    }
    const target = targetOfKey(event.key, active, { count, columns: 1, pageLines: grid.pageRows() });
    if (target === null) return;
    event.preventDefault();
    setActive(target);
    grid.scrollTo(target);
  };
  const others = jobs.filter((job) => job.evaluationId === null);
  return (
    <div className={classes['screen']}>
      <ScreenHeader title="Groups" subtitle={rows.total === null ? '' : formatPlural(count, 'group')}>
        <Select
          className={classes['jobSelect'] ?? ''}
          aria-label="Which job"
          placeholder="All jobs"
          clearable
          clearButtonProps={{ 'aria-label': 'All jobs' }}
          data={others.map((job) => ({ value: job.id, label: jobWords(job) }))}
          value={jobId}
          onChange={(value) =>
            navigate({
              screen: 'groups',
              id: null,
              order,
              jobId: others.find(({ id }) => id === value)?.id ?? null,
            })
          }
        />
        <Select
          className={classes['orderSelect'] ?? ''}
          aria-label="Order"
          leftSection={<IconArrowsSort size={14} aria-hidden />}
          data={groupOrder.options.map((value) => ({ value, label: ORDER_WORDS[value] }))}
          value={order}
          allowDeselect={false}
          onChange={(value) =>
            navigate({
              screen: 'groups',
              id: null,
              order: groupOrder.safeParse(value).data ?? 'newest',
              jobId,
            })
          }
        />
        <Button
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => askToRunGroups({ kind: 'filter', filter: {} })}
        >
          Run groups…
        </Button>
      </ScreenHeader>
      {rows.failure === null ? null : <ErrorNotice failure={rows.failure} onRetry={rows.retry} />}
      {rows.total === 0 ? (
        <NoGroups order={order} jobId={jobId} />
      ) : (
        <RowGrid
          label="Groups"
          scroller={scroller}
          rows={grid}
          total={rows.total}
          active={active}
          heads={<GroupColumns />}
          rowClassName={classes['line']}
          onFocus={() => setActive((now) => Math.max(0, now))}
          onKeyDown={onKeyDown}
          onRowClick={(_, index) => open(index)}
        >
          {(index) => {
            const row = rows.rowAt(index);
            return row === undefined ? <GroupLinePlaceholder /> : <GroupLine row={row} />;
          }}
        </RowGrid>
      )}
    </div>
  );
}

function NoGroups({ order, jobId }: { order: GroupOrder; jobId: JobId | null }) {
  if (order === 'gain' || order === 'loss') {
    return (
      <EmptyState
        title="No group has been run without tools"
        actions={
          <Button variant="default" onClick={() => navigate({ ...GROUPS, jobId })}>
            Show the newest
          </Button>
        }
      >
        The gain is the accuracy with tools minus the accuracy without. Run groups with some rollouts without
        tools to see it.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconLayoutRows size={40} stroke={1.2} />}
      title="No groups yet"
      actions={
        <Button
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => askToRunGroups({ kind: 'filter', filter: {} })}
        >
          Run groups…
        </Button>
      }
    >
      A group is several rollouts of one sample. GRPO compares their rewards with each other, so a group shows
      what training would learn from the sample: which rollouts it would make more likely, which less, and
      whether there is anything to learn at all.
    </EmptyState>
  );
}
