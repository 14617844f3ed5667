import { Table } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { CheckedRow } from '../../../shared/model/table-import.ts';
import { ANSWER_KIND_WORDS } from '../../ui/format.ts';
import classes from './import-table.module.css';

/** Rows as samples, or with what is wrong with them. */
export function CheckedRows({ rows }: { rows: readonly CheckedRow[] }) {
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Row</Table.Th>
          <Table.Th>Question</Table.Th>
          <Table.Th>Images</Table.Th>
          <Table.Th>Choices</Table.Th>
          <Table.Th>Answer</Table.Th>
          <Table.Th>Kind · split</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) =>
          row.ok ? <GoodRow key={row.row} row={row} /> : <BadRow key={row.row} row={row} />,
        )}
      </Table.Tbody>
    </Table>
  );
}

function GoodRow({ row }: { row: Extract<CheckedRow, { ok: true }> }) {
  return (
    <Table.Tr>
      <Table.Td className={classes['quiet']}>{row.row}</Table.Td>
      <Table.Td className={classes['question']} title={row.question}>
        {row.question}
      </Table.Td>
      <Table.Td className={classes['examples']} title={row.images.join('\n')}>
        {row.images.join(', ')}
      </Table.Td>
      <Table.Td className={classes['examples']}>{row.choices?.join(' | ') ?? '–'}</Table.Td>
      <Table.Td title={ANSWER_KIND_WORDS[row.answerKind]}>
        {row.answers.length === 0 ? <span className={classes['quiet']}>none</span> : row.answers.join(' or ')}
      </Table.Td>
      <Table.Td className={classes['quiet']}>
        {row.kind} · {row.split}
      </Table.Td>
    </Table.Tr>
  );
}

function BadRow({ row }: { row: Extract<CheckedRow, { ok: false }> }) {
  return (
    <Table.Tr>
      <Table.Td className={classes['quiet']}>{row.row}</Table.Td>
      <Table.Td colSpan={5}>
        <span className={classes['bad']}>
          <IconAlertTriangle size={14} aria-hidden />
          Will be left out: {row.message}
        </span>
      </Table.Td>
    </Table.Tr>
  );
}
