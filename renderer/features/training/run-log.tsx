import { Button, Table } from '@mantine/core';
import { useState } from 'react';
import type { RunId } from '../../../shared/model/ids.ts';
import type { RunLogEntry } from '../../../shared/model/run.ts';
import { useCall } from '../../client/hooks.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './training.module.css';

const KINDS: Readonly<
  Record<
    RunLogEntry['kind'],
    { readonly label: string; readonly tone: 'good' | 'bad' | 'warn' | 'quiet' | 'accent' }
  >
> = {
  start: { label: 'Start', tone: 'accent' },
  evaluation: { label: 'Evaluation', tone: 'good' },
  checkpoint: { label: 'Checkpoint', tone: 'quiet' },
  warning: { label: 'Warning', tone: 'warn' },
  failure: { label: 'Failure', tone: 'bad' },
  end: { label: 'End', tone: 'accent' },
  unreadable: { label: 'Not readable', tone: 'warn' },
};

/** What happened in a run, newest first, and what its process printed. */
export function RunLog({ id, badLines }: { readonly id: RunId; readonly badLines: number }) {
  const { data, error, refetch } = useCall('runs.log', { id, limit: 500 });
  const [wantsOutput, setWantsOutput] = useState(false);
  const output = useCall('runs.output', { id }, { enabled: wantsOutput }).data;
  return (
    <div className={classes['configuration']}>
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      {badLines === 0 ? null : (
        <p className={classes['quiet']}>
          {formatPlural(badLines, 'line')} of its events could not be read and{' '}
          {badLines === 1 ? 'was' : 'were'} passed over.
        </p>
      )}
      <Table aria-label="Events" className={classes['table'] ?? ''}>
        <Table.Tbody>
          {(data ?? []).map(({ seq, time, step, kind, message }) => (
            <Table.Tr key={seq}>
              <Table.Td className={classes['when'] ?? ''}>{formatTime(time)}</Table.Td>
              <Table.Td className={classes['when'] ?? ''}>
                {step === null ? '' : `step ${formatCount(step)}`}
              </Table.Td>
              <Table.Td className={classes['when'] ?? ''}>
                <Tag tone={KINDS[kind].tone}>{KINDS[kind].label}</Tag>
              </Table.Td>
              <Table.Td className={classes['message'] ?? ''}>{message}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <div>
        <Button variant="default" onClick={() => setWantsOutput(!wantsOutput)} aria-expanded={wantsOutput}>
          {wantsOutput ? 'Hide what it printed' : 'Show what it printed'}
        </Button>
      </div>
      {wantsOutput ? (
        <pre className={classes['output']} aria-label="Output of the trainer">
          {output?.text === '' ? 'Nothing yet.' : (output?.text ?? '')}
        </pre>
      ) : null}
    </div>
  );
}
