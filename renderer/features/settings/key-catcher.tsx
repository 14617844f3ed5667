import { Button, Modal } from '@mantine/core';
import { type KeyboardEvent, useState } from 'react';
import { changeKeys, type NamedBinding, planChange } from '../../state/keymap.ts';
import { keysOfPress } from '../../state/keys.ts';
import { Kbd } from '../../ui/parts.tsx';
import classes from './keys-section.module.css';

/** `ctrl+shift+d` as the app writes it: `Ctrl+Shift+D`. */
function written(keys: string): string {
  const parts =
    keys === '+' || keys.endsWith('++') ? [...keys.slice(0, -2).split('+'), '+'] : keys.split('+');
  return parts
    .filter((part) => part !== '')
    .map(
      (part) =>
        NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : `${part[0]?.toUpperCase()}${part.slice(1)}`),
    )
    .join('+');
}

const NAMES: Readonly<Record<string, string>> = {
  arrowup: 'ArrowUp',
  arrowdown: 'ArrowDown',
  arrowleft: 'ArrowLeft',
  arrowright: 'ArrowRight',
  pageup: 'PageUp',
  pagedown: 'PageDown',
};

/** Waits for the keys that a binding shall answer to, and says who has them already. */
export function KeyCatcher(props: {
  readonly binding: NamedBinding;
  readonly all: readonly NamedBinding[];
  readonly titleOf: (scope: string) => string;
  readonly onClose: () => void;
}) {
  const { binding, all } = props;
  const [keys, setKeys] = useState<string | null>(null);
  const plan = keys === null ? null : planChange(all, binding, keys);

  const onKeyDown = (event: KeyboardEvent): void => {
    // Tab and Escape stay what they are: without them nobody would get out of here by keyboard.
    if (event.key === 'Tab' || event.key === 'Escape') return;
    if (
      event.target instanceof HTMLButtonElement &&
      (event.key === 'Enter' || event.key === ' ') &&
      !event.ctrlKey
    )
      return;
    event.preventDefault();
    event.stopPropagation();
    if (['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return;
    setKeys(written(keysOfPress(event)));
  };
  const save = (): void => {
    if (plan === null || plan.refusal !== null) return;
    changeKeys(plan.changes);
    props.onClose();
  };

  return (
    <Modal opened onClose={props.onClose} size="md" title={`Keys of: ${binding.label}`}>
      {/* The dialog listens, whatever in it has the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className={classes['catcher']} onKeyDown={onKeyDown}>
        <div
          className={classes['caught']}
          // What waits for a key has to be where the keyboard is.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          role="group"
          aria-label="Press the keys"
          data-autofocus
        >
          {keys === null ? (
            <span>
              Press the keys. Now: <Kbd keys={binding.keys} />
            </span>
          ) : (
            <Kbd keys={keys} />
          )}
        </div>
        <p role="status" className={classes['verdict']}>
          {plan?.refusal ??
            plan?.others
              .map(
                ({ label, scope }) =>
                  `These are the keys of “${label}” (${props.titleOf(scope)}). It gets ${binding.keys} instead.`,
              )
              .join(' ')}
        </p>
        <div className={classes['settle']}>
          <Button variant="default" onClick={props.onClose}>
            Cancel
          </Button>
          <Button disabled={plan === null || plan.refusal !== null} onClick={save}>
            {plan === null || plan.others.length === 0 ? 'Use these keys' : 'Swap the keys'}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
