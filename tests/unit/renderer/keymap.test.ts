import { describe, expect, it } from 'vitest';
import { findConflicts, type KeyScope } from '../../../renderer/state/keys.ts';
import {
  conflictsOf,
  DEFAULT_KEYMAP,
  keyProfile,
  type Keymap,
  keysOf,
  namedBindings,
  planChange,
  refusalOf,
  remapped,
} from '../../../renderer/state/keymap.ts';
import { allScopes } from '../../../renderer/key-catalog.ts';

const scopes: readonly KeyScope[] = [
  {
    name: 'global',
    title: 'Everywhere',
    bindings: [{ keys: 'Ctrl+K', label: 'Find', run: () => undefined }],
  },
  {
    name: 'review',
    title: 'Review',
    bindings: ['D', 'A'].map((keys) => ({ keys, label: keys, run: () => undefined })),
  },
  { name: 'watch', title: 'Watch', bindings: [{ keys: 'D', label: 'Next', run: () => undefined }] },
];

describe('the map of keys', () => {
  it('is the app’s own, then the profile’s, then what a person changed', () => {
    const cvat: Keymap = { profile: 'cvat', changed: {} };
    expect(keysOf(DEFAULT_KEYMAP, 'review', 'D')).toBe('D');
    expect(keysOf(cvat, 'review', 'D')).toBe('F');
    expect(keysOf({ ...cvat, changed: { 'review/d': 'Ctrl+ArrowRight' } }, 'review', 'D')).toBe(
      'Ctrl+ArrowRight',
    );
    expect(remapped(cvat, scopes)[1]?.bindings.map(({ keys }) => keys)).toEqual(['F', 'D']);
  });

  it('finds who else would answer: of the same scope and of everywhere, not of another screen', () => {
    const all = namedBindings(DEFAULT_KEYMAP, scopes);
    const wanting = (name: string, keys: string) => {
      const binding = all.find((one) => one.name === name);
      if (binding === undefined) throw new Error('no such binding');
      return conflictsOf(all, { ...binding, keys }).map((one) => one.name);
    };
    expect(wanting('review/d', 'a')).toEqual(['review/a']);
    expect(wanting('review/d', 'ctrl+k')).toEqual(['global/ctrl+k']);
    expect(wanting('watch/d', 'A')).toEqual([]);
    expect(wanting('global/ctrl+k', 'D')).toEqual(['review/d', 'watch/d']);
    expect(wanting('review/d', 'D')).toEqual([]);
  });

  it('swaps keys with who has them, unless that would leave two on the same ones', () => {
    const all = namedBindings(DEFAULT_KEYMAP, scopes);
    const named = (name: string) => all.find((one) => one.name === name) ?? all[0];
    const plan = (name: string, keys: string) => {
      const binding = named(name);
      if (binding === undefined) throw new Error('no such binding');
      return planChange(all, binding, keys);
    };
    expect(plan('review/d', 'A')).toMatchObject({
      refusal: null,
      changes: { 'review/d': 'A', 'review/a': 'D' },
    });
    expect(plan('review/d', 'G')).toMatchObject({ refusal: null, others: [], changes: { 'review/d': 'G' } });
    // Ctrl+K works everywhere; on D it would stand in the way of Watch.
    expect(plan('review/d', 'Ctrl+K').refusal).toMatch(/“Find” and “Next” would both have D/);
  });

  it('refuses keys that can’t work', () => {
    expect(refusalOf('Shift', {})).not.toBeNull();
    expect(refusalOf('Tab', {})).not.toBeNull();
    expect(refusalOf('Enter', {})).not.toBeNull();
    expect(refusalOf('Ctrl+Enter', {})).toBeNull();
    expect(refusalOf('G', {})).toBeNull();
    expect(refusalOf('G', { whileTyping: true })).not.toBeNull();
    expect(refusalOf('Alt+G', { whileTyping: true })).toBeNull();
  });

  it.each(keyProfile.options)('has no two bindings on the same keys in profile %s', (profile) => {
    const all = allScopes();
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['global', 'watch', 'review']));
    expect(findConflicts(remapped({ profile, changed: {} }, all))).toEqual([]);
  });
});
