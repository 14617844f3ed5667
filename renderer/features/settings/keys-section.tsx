import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import { fuzzyFind } from '../../state/fuzzy.ts';
import {
  bindingName,
  changeKeys,
  chooseProfile,
  keyProfile,
  type NamedBinding,
  namedBindings,
  resetKeys,
  useKeymap,
} from '../../state/keymap.ts';
import type { KeyBinding, KeyScope } from '../../state/keys.ts';
import { type KnownScope, knownScopes } from '../../state/known-keys.ts';
import { useStore } from '../../state/store.ts';
import { Kbd } from '../../ui/parts.tsx';
import { KeyCatcher } from './key-catcher.tsx';
import classes from './keys-section.module.css';

interface Row extends NamedBinding {
  readonly changed: boolean;
}

function asScopes(known: readonly KnownScope[]): readonly KeyScope[] {
  return known.map((scope) => ({
    ...scope,
    bindings: scope.bindings.map((binding): KeyBinding => ({ ...binding, run: () => undefined })),
  }));
}

/** Every key of every screen, each of which can be another one. */
export function KeysSection() {
  const map = useKeymap();
  const known = useStore(knownScopes, (all) => all);
  const [typed, setTyped] = useState('');
  const [asking, setAsking] = useState<Row | null>(null);
  const all = namedBindings(map, asScopes(known));
  const changed = Object.keys(map.changed).length;
  const rowsOf = (scope: KnownScope): readonly Row[] =>
    fuzzyFind(
      scope.bindings.map(({ keys, label, whileTyping }): Row => {
        const name = bindingName(scope.name, keys);
        return {
          name,
          scope: scope.name,
          label,
          keys: all.find((one) => one.name === name)?.keys ?? keys,
          changed: name in map.changed,
          ...(whileTyping === undefined ? {} : { whileTyping }),
        };
      }),
      typed,
      ({ label }) => label,
    );
  return (
    <>
      <div className={classes['tools']}>
        <SegmentedControl
          aria-label="Key profile"
          value={map.profile}
          onChange={(profile) => chooseProfile(keyProfile.parse(profile))}
          data={[
            { value: 'default', label: 'IMAgent Studio' },
            { value: 'cvat', label: 'CVAT' },
          ]}
        />
        <TextInput
          className={classes['find'] ?? ''}
          aria-label="Find a key"
          placeholder="Find what a key does"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button variant="default" disabled={changed === 0} onClick={resetKeys}>
          {changed === 0 ? 'Nothing changed' : `Take back ${changed} ${changed === 1 ? 'change' : 'changes'}`}
        </Button>
      </div>
      {known.map((scope) => {
        const rows = rowsOf(scope);
        return rows.length === 0 ? null : (
          <table key={scope.name} className={classes['keys']} aria-label={`Keys: ${scope.title}`}>
            <thead>
              <tr>
                <th scope="col">{scope.title}</th>
                <th scope="col">Keys</th>
                <th scope="col">
                  <span className="only-read">Change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.name}>
                  <td>{row.label}</td>
                  <td>
                    <Kbd keys={row.keys} />
                  </td>
                  <td className={classes['acts']}>
                    {row.changed ? (
                      <Button
                        variant="subtle"
                        size="compact-xs"
                        aria-label={`Take back the keys of: ${row.label}`}
                        onClick={() => changeKeys({ [row.name]: null })}
                      >
                        Take back
                      </Button>
                    ) : null}
                    <Button
                      variant="default"
                      size="compact-xs"
                      aria-label={`Change the keys of: ${row.label}`}
                      onClick={() => setAsking(row)}
                    >
                      Change
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
      {asking === null ? null : (
        <KeyCatcher
          binding={asking}
          all={all}
          titleOf={(name) => titleOf(known, name)}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}

function titleOf(known: readonly KnownScope[], name: string): string {
  return known.find((scope) => scope.name === name)?.title ?? name;
}
