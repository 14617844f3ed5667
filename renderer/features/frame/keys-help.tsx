import { Modal } from '@mantine/core';
import { activeKeyScopes } from '../../state/use-keys.ts';
import { remapped, useKeymap } from '../../state/keymap.ts';
import { findConflicts } from '../../state/keys.ts';
import { useStore } from '../../state/store.ts';
import { Kbd } from '../../ui/parts.tsx';
import classes from './app-frame.module.css';

/** Every key that works now, by scope. */
export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const map = useKeymap();
  const scopes = remapped(
    map,
    useStore(activeKeyScopes, (all) => all),
  );
  const own = scopes.filter((scope) => scope.name !== 'global');
  const everywhere = scopes.filter((scope) => scope.name === 'global');
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title="Keys">
      <div className={classes['helpScopes']} data-conflicts={findConflicts(scopes).length}>
        {[...own, ...everywhere].map((scope) => (
          <section key={scope.name} className={classes['helpScope']} aria-label={scope.title}>
            <h3>{scope.title}</h3>
            {scope.bindings.map((binding) => (
              <div key={`${binding.keys} ${binding.label}`} className={classes['helpRow']}>
                <span>{binding.label}</span>
                <Kbd keys={binding.keys} />
              </div>
            ))}
          </section>
        ))}
      </div>
    </Modal>
  );
}
