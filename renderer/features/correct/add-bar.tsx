import { Button } from '@mantine/core';
import { IconArrowBackUp, IconMessage2, IconZoomIn } from '@tabler/icons-react';
import classes from './correct.module.css';

/** Steps that a person adds: the rest of a trajectory is written with these. */
export function AddBar(props: {
  readonly disabled: boolean;
  readonly onAdd: (act: 'zoom_in' | 'look_back' | 'answer') => void;
}) {
  return (
    <div className={classes['add']} role="toolbar" aria-label="Add a step">
      <span className={classes['quiet']}>Add:</span>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconZoomIn size={14} aria-hidden />}
        disabled={props.disabled}
        onClick={() => props.onAdd('zoom_in')}
      >
        Zoom in
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconArrowBackUp size={14} aria-hidden />}
        disabled={props.disabled}
        onClick={() => props.onAdd('look_back')}
      >
        Look back
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconMessage2 size={14} aria-hidden />}
        disabled={props.disabled}
        onClick={() => props.onAdd('answer')}
      >
        Answer
      </Button>
    </div>
  );
}
