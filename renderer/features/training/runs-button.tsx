import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { goTo } from './go.ts';

/** Back to the list of runs, from every place in the training screen. */
export function RunsButton() {
  return (
    <Button
      variant="default"
      leftSection={<IconArrowLeft size={14} aria-hidden />}
      onClick={() => goTo({ kind: 'list' })}
    >
      Runs
    </Button>
  );
}
