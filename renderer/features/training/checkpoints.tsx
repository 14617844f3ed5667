import { Table } from '@mantine/core';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatBytes, formatCount, formatTime } from '../../ui/format.ts';
import { EmptyState } from '../../ui/parts.tsx';
import classes from './training.module.css';
import { percentWords } from './words.ts';

/** What the run has saved, newest first. */
export function Checkpoints({ detail }: { readonly detail: RunDetail }) {
  const { checkpoints, config } = detail;
  if (checkpoints.length === 0) {
    return (
      <EmptyState title="No checkpoint yet">
        One is saved every {formatCount(config.save_every)} steps, at the end, and when the run is stopped.
      </EmptyState>
    );
  }
  return (
    <Table className={classes['table'] ?? ''} aria-label="Checkpoints">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Step</Table.Th>
          <Table.Th>Validation</Table.Th>
          <Table.Th>Size</Table.Th>
          <Table.Th>Weights</Table.Th>
          <Table.Th>Saved</Table.Th>
          <Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {checkpoints.map((one) => (
          <Table.Tr key={one.step}>
            <Table.Td>{formatCount(one.step)}</Table.Td>
            <Table.Td>{percentWords(one.accuracy)}</Table.Td>
            <Table.Td>{formatBytes(one.bytes)}</Table.Td>
            <Table.Td>{one.kind === 'lora' ? 'LoRA' : 'All'}</Table.Td>
            <Table.Td className={classes['quiet'] ?? ''}>{formatTime(one.createdAt)}</Table.Td>
            <Table.Td>{one.whole ? null : <Tag tone="bad">Files are missing</Tag>}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
