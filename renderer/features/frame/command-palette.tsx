import { Modal, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { fuzzyFind } from '../../state/fuzzy.ts';
import { remapped, useKeymap } from '../../state/keymap.ts';
import { targetOfKey } from '../../state/selection.ts';
import { useStore } from '../../state/store.ts';
import { activeKeyScopes } from '../../state/use-keys.ts';
import { Kbd } from '../../ui/parts.tsx';
import classes from './command-palette.module.css';
import { PALETTE_LABEL } from './global-keys.ts';

interface Command {
  readonly id: string;
  readonly label: string;
  readonly place: string;
  readonly keys: string;
  readonly run: () => void;
}

/** Everything that a key can do now, found by a few letters of its name. */
export function CommandPalette({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      size="lg"
      padding={0}
      attributes={{ content: { 'aria-label': 'Commands' } }}
      // What a command opens or focuses must not lose the focus again to where it was before.
      returnFocus={false}
    >
      {opened ? <Commands onClose={onClose} /> : null}
    </Modal>
  );
}

function useCommands(): readonly Command[] {
  const scopes = useStore(activeKeyScopes, (all) => all);
  const map = useKeymap();
  const seen = new Set<string>();
  // The newest scope first: what a screen offers stands before what works everywhere.
  return remapped(map, scopes)
    .toReversed()
    .flatMap(({ name, title, bindings }) =>
      bindings.map(({ keys, label, run }) => ({
        id: `${name}/${label}/${keys}`,
        label,
        place: title,
        keys,
        run,
      })),
    )
    .filter(({ label, place }) => {
      const line = `${place}/${label}`;
      if (label === PALETTE_LABEL || seen.has(line)) return false;
      seen.add(line);
      return true;
    });
}

function Commands({ onClose }: { readonly onClose: () => void }) {
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const found = fuzzyFind(useCommands(), typed, ({ label }) => label);
  const at = Math.min(active, found.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const choose = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    // The dialog has to be gone before what it covers is focused or asked anything.
    window.requestAnimationFrame(() => command.run());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault();
      choose(found[at]);
      return;
    }
    if (event.key === 'Home' || event.key === 'End') return;
    const target = targetOfKey(event.key, at, { count: found.length, columns: 1, pageLines: 8 });
    if (target === null) return;
    event.preventDefault();
    setActive(target);
  };

  return (
    <div className={classes['palette']}>
      <TextInput
        size="md"
        leftSection={<IconSearch size={16} aria-hidden />}
        placeholder="What do you want to do?"
        aria-label={PALETTE_LABEL}
        role="combobox"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={found.length === 0 ? undefined : `${listId}-${at}`}
        data-autofocus
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={classes['commands']} id={listId} ref={list} role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          // The text field above has the keyboard, as in every combobox.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={command.id}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === at}
            // The keyboard is the text field's.
            tabIndex={-1}
            className={classes['command']}
            onClick={() => choose(command)}
            onMouseMove={() => setActive(index)}
          >
            <span className={classes['label']}>{command.label}</span>
            <span className={classes['place']}>{command.place}</span>
            <Kbd keys={command.keys} />
          </div>
        ))}
      </div>
      {found.length === 0 ? (
        <p className={classes['nothing']} role="status">
          No command has these letters in this order.
        </p>
      ) : null}
    </div>
  );
}
