import { Button, Checkbox, Popover, Stack } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { DEFAULT_COLUMNS, sampleColumn } from '../../../shared/model/saved-view.ts';
import { chooseColumns, useColumns } from '../../state/sample-columns.ts';
import { COLUMNS } from './sample-cells.tsx';

/** Which columns the table has. */
export function ColumnsMenu() {
  const columns = useColumns();
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} aria-hidden />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={6} role="group" aria-label="Columns">
          {sampleColumn.options.map((column) => (
            <Checkbox
              key={column}
              size="xs"
              label={COLUMNS[column].title}
              checked={columns.includes(column)}
              onChange={(event) =>
                chooseColumns(
                  event.currentTarget.checked
                    ? [...columns, column]
                    : columns.filter((other) => other !== column),
                )
              }
            />
          ))}
          <Button variant="subtle" onClick={() => chooseColumns(DEFAULT_COLUMNS)}>
            As at first
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
