import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useKeyName } from '../../state/keymap.ts';
import { useReviewer } from '../../state/reviewer.ts';
import type { Undo } from '../../state/undo.ts';
import classes from './app-frame.module.css';

/** How long a toast offers to take the last action back, in milliseconds. */
const TOAST_MS = 6000;

export function UndoButtons({ undo }: { readonly undo: Undo }) {
  const { state } = undo;
  return (
    <span className={classes['undo']}>
      <Way
        what="Undo"
        label={state?.undo?.label ?? null}
        keys={useKeyName('global', 'Ctrl+Z')}
        onClick={undo.undo}
        icon={<IconArrowBackUp size={18} stroke={1.6} />}
      />
      <Way
        what="Redo"
        label={state?.redo?.label ?? null}
        keys={useKeyName('global', 'Ctrl+Shift+Z')}
        onClick={undo.redo}
        icon={<IconArrowForwardUp size={18} stroke={1.6} />}
      />
    </span>
  );
}

function Way(props: {
  readonly what: string;
  readonly label: string | null;
  readonly keys: string;
  readonly onClick: () => void;
  readonly icon: ReactNode;
}) {
  const { what, label, keys } = props;
  const words = label === null ? `Nothing to ${what.toLowerCase()}` : `${what}: ${label}`;
  return (
    <Tooltip label={`${words} (${keys})`}>
      <ActionIcon
        aria-label={words}
        // Not `disabled`: the focus of who undoes by keyboard must not fall off the button with the last action.
        aria-disabled={label === null}
        data-disabled={label === null}
        onClick={() => label !== null && props.onClick()}
      >
        {props.icon}
      </ActionIcon>
    </Tooltip>
  );
}

/** Says what was just done, with a button that takes it back. */
export function useUndoToast({ state, undo }: Undo): void {
  const { by } = useReviewer();
  const seen = useRef<{ readonly by: string | undefined; readonly number: number } | null>(null);
  const shown = useRef<string | null>(null);
  const latest = useRef(undo);
  useEffect(() => {
    latest.current = undo;
  });
  useEffect(() => {
    if (state === null) return;
    const newest = Math.max(state.undo?.number ?? 0, state.redo?.number ?? 0);
    const before = seen.current;
    seen.current = { by, number: Math.max(newest, before !== null && before.by === by ? before.number : 0) };
    if (shown.current !== null) notifications.hide(shown.current);
    shown.current = null;
    // The first answer tells of what was done before, and a reviewer who was chosen just now did nothing yet.
    if (before === null || before.by !== by || newest <= before.number) return;
    if (state.undo?.number !== newest) return;
    const id = `undo-${newest}`;
    shown.current = id;
    notifications.show({
      id,
      message: (
        <span className={classes['toast']}>
          {state.undo.label}
          <Button
            variant="default"
            size="compact-xs"
            onClick={() => {
              notifications.hide(id);
              latest.current();
            }}
          >
            Undo
          </Button>
        </span>
      ),
      autoClose: TOAST_MS,
      withBorder: true,
    });
  }, [state, by]);
}
