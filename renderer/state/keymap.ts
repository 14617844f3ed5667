import { z } from 'zod';
import { type KeyBinding, type KeyScope, normaliseKeys } from './keys.ts';
import { createStore, type Store, useStore } from './store.ts';

/**
 * What a person made of the keys. A binding is named by its scope and the keys that the app gives it
 * (`review/ctrl+enter`), so that screens declare their keys and know nothing of this.
 */
export const keyProfile = z.enum(['default', 'cvat']);
export type KeyProfile = z.infer<typeof keyProfile>;

const keymap = z
  .object({ profile: keyProfile, changed: z.record(z.string(), z.string().min(1).max(40)).readonly() })
  .readonly();
export type Keymap = z.infer<typeof keymap>;

export const DEFAULT_KEYMAP: Keymap = { profile: 'default', changed: {} };

/** As CVAT has it: F and D go through the items, C and V through what is inside one, N draws. */
const CVAT: Readonly<Record<string, string>> = {
  'watch/d': 'F',
  'watch/a': 'D',
  'watch/j': 'V',
  'watch/k': 'C',
  'review/d': 'F',
  'review/a': 'D',
  'review/ctrl+shift+d': 'Ctrl+Shift+F',
  'review/ctrl+shift+a': 'Ctrl+Shift+D',
  'review/j': 'V',
  'review/k': 'C',
  'correct/c': 'Shift+C',
  'correct/d': 'F',
  'correct/a': 'D',
  'correct/j': 'V',
  'correct/k': 'C',
  'correct/r': 'N',
  'correct/shift+r': 'Shift+N',
  'correct/v': 'Shift+V',
};

const PROFILES: Readonly<Record<KeyProfile, Readonly<Record<string, string>>>> = { default: {}, cvat: CVAT };

export function bindingName(scope: string, keys: string): string {
  return `${scope}/${normaliseKeys(keys)}`;
}

/** The keys that a binding answers to. */
export function keysOf(map: Keymap, scope: string, keys: string): string {
  const name = bindingName(scope, keys);
  return map.changed[name] ?? PROFILES[map.profile][name] ?? keys;
}

export function remapped(map: Keymap, scopes: readonly KeyScope[]): readonly KeyScope[] {
  return scopes.map((scope) => ({
    ...scope,
    bindings: scope.bindings.map((binding) => ({ ...binding, keys: keysOf(map, scope.name, binding.keys) })),
  }));
}

/** A binding with the name that it has whatever its keys are. */
export interface NamedBinding {
  readonly name: string;
  readonly scope: string;
  readonly label: string;
  readonly keys: string;
  readonly whileTyping?: boolean;
}

export function namedBindings(map: Keymap, scopes: readonly KeyScope[]): readonly NamedBinding[] {
  return scopes.flatMap((scope) =>
    scope.bindings.map(({ keys, label, whileTyping }) => ({
      name: bindingName(scope.name, keys),
      scope: scope.name,
      label,
      keys: keysOf(map, scope.name, keys),
      ...(whileTyping === undefined ? {} : { whileTyping }),
    })),
  );
}

/** The bindings that would answer the same keys at the same time: those of one scope, and those of everywhere. */
export function conflictsOf(all: readonly NamedBinding[], wanted: NamedBinding): readonly NamedBinding[] {
  const keys = normaliseKeys(wanted.keys);
  return all.filter(
    (other) =>
      other.name !== wanted.name &&
      normaliseKeys(other.keys) === keys &&
      (other.scope === wanted.scope || other.scope === 'global' || wanted.scope === 'global'),
  );
}

/** Why keys can't be given to a binding; null where they can. */
export function refusalOf(keys: string, binding: Pick<KeyBinding, 'whileTyping'>): string | null {
  const parts = normaliseKeys(keys).split('+');
  const key = parts.at(-1) ?? '';
  if (['control', 'shift', 'alt', 'meta', 'altgraph', 'capslock', 'dead', 'process'].includes(key))
    return 'Press a key together with it.';
  if (key === 'tab') return 'Tab moves the focus and stays what it is.';
  if ((key === 'enter' || key === 'space') && parts.length === 1)
    return 'Enter and Space alone belong to the button that has the focus.';
  const combined = parts.includes('ctrl') || parts.includes('alt') || key === 'escape' || /^f\d+$/.test(key);
  if (binding.whileTyping === true && !combined)
    return 'This works while you type, so it needs Ctrl or Alt, or an F key.';
  return null;
}

/** What giving keys to a binding comes to: who has them gets those that it had, so that nothing is left without. */
export interface KeyChange {
  readonly others: readonly NamedBinding[];
  readonly changes: Readonly<Record<string, string>>;
  /** Why it can't be done; null where it can. */
  readonly refusal: string | null;
}

export function planChange(all: readonly NamedBinding[], binding: NamedBinding, keys: string): KeyChange {
  const others = conflictsOf(all, { ...binding, keys });
  const swapped = others.map((other) => ({ ...other, keys: binding.keys }));
  const given = [{ ...binding, keys }, ...swapped];
  const after = all.map((one) => given.find(({ name }) => name === one.name) ?? one);
  const refused = given
    .map((one) => ({ one, why: refusalOf(one.keys, one) }))
    .find(({ why }) => why !== null);
  const clash = given.flatMap((one) => conflictsOf(after, one).map((other) => [one, other] as const))[0];
  return {
    others,
    changes: Object.fromEntries(given.map((one) => [one.name, one.keys])),
    refusal:
      refused !== undefined
        ? `${refused.one.name === binding.name ? '' : `“${refused.one.label}” would get ${binding.keys}. `}${refused.why}`
        : clash === undefined
          ? null
          : `“${clash[0].label}” and “${clash[1].label}” would both have ${clash[0].keys}. Change one of them first.`,
  };
}

const PLACE = 'imagent.keys';

function remembered(): Keymap {
  if (typeof window === 'undefined') return DEFAULT_KEYMAP;
  try {
    const parsed = keymap.safeParse(JSON.parse(window.localStorage.getItem(PLACE) ?? 'null'));
    return parsed.success ? parsed.data : DEFAULT_KEYMAP;
  } catch {
    return DEFAULT_KEYMAP;
  }
}

const store = createStore<Keymap>(remembered());

/** Hands differ, and so do keyboards: this is the page's own, and not the workspace's. */
export const currentKeymap: Store<Keymap> = store;

function save(next: Keymap): void {
  store.set(() => next);
  window.localStorage.setItem(PLACE, JSON.stringify(next));
}

export function chooseProfile(profile: KeyProfile): void {
  save({ ...store.get(), profile });
}

/** Null gives a binding back the keys of the profile. */
export function changeKeys(changes: Readonly<Record<string, string | null>>): void {
  const map = store.get();
  const changed = { ...map.changed, ...changes };
  save({
    ...map,
    changed: Object.fromEntries(
      Object.entries(changed).flatMap(([name, keys]) => (keys === null ? [] : [[name, keys] as const])),
    ),
  });
}

export function resetKeys(): void {
  save({ ...store.get(), changed: {} });
}

export function useKeymap(): Keymap {
  return useStore(store, (map) => map);
}

/** What to press for something now, for a tooltip or a button. */
export function useKeyName(scope: string, keys: string): string {
  return keysOf(useKeymap(), scope, keys);
}
