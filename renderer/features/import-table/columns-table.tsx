import { Table } from '@mantine/core';
import type { TableColumn } from '../../../shared/model/table-import.ts';
import classes from './import-table.module.css';

/** What is in the table, a line a column. */
export function ColumnsTable({ columns }: { columns: readonly TableColumn[] }) {
  return (
    <section className={classes['section']} aria-label="Columns of the table">
      <h2>In the table</h2>
      <div
        className={classes['columns']}
        // A region that scrolls must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        role="group"
        aria-label="Columns and their first cells"
      >
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Column</Table.Th>
              <Table.Th>Holds</Table.Th>
              <Table.Th>First cells</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {columns.map(({ path, type, examples }) => (
              <Table.Tr key={path}>
                <Table.Td className={classes['columnName']}>{path}</Table.Td>
                <Table.Td className={classes['quiet']}>{type}</Table.Td>
                <Table.Td className={classes['examples']} title={examples.join('\n')}>
                  {examples.slice(0, 3).join(' · ')}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}
