import { describe, expect, it } from 'vitest';
import {
  bindingFor,
  findConflicts,
  type KeyBinding,
  type KeyPress,
  keysOfPress,
  type KeyScope,
  normaliseKeys,
} from '../../../renderer/state/keys.ts';

function press(key: string, modifiers: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers };
}

function binding(keys: string, part: Partial<KeyBinding> = {}): KeyBinding {
  return { keys, label: keys, run: () => undefined, ...part };
}

function scope(name: string, ...bindings: readonly KeyBinding[]): KeyScope {
  return { name, title: name, bindings };
}

describe('keys', () => {
  it.each([
    ['J', press('j')],
    ['?', press('?', { shiftKey: true })],
    ['Ctrl+Enter', press('Enter', { ctrlKey: true })],
    ['Ctrl+Enter', press('Enter', { metaKey: true })],
    ['Shift+ArrowDown', press('ArrowDown', { shiftKey: true })],
    ['Ctrl+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true })],
    ['Space', press(' ')],
    [',', press(',')],
    ['Ctrl++', press('+', { ctrlKey: true })],
    ['+', press('+')],
    ['Ctrl+-', press('-', { ctrlKey: true })],
  ])('%s is what a person presses', (keys, pressed) => {
    expect(keysOfPress(pressed)).toBe(normaliseKeys(keys));
  });

  it('tell a letter with Shift from one without', () => {
    expect(normaliseKeys('Shift+R')).not.toBe(normaliseKeys('R'));
  });

  it('of the newest scope win', () => {
    const old = binding('J');
    const newer = binding('J');
    expect(bindingFor([scope('old', old), scope('newer', newer)], press('j'), false)).toBe(newer);
  });

  it('do nothing while a person types, unless they say so', () => {
    const bare = scope('a', binding('J'), binding('Ctrl+F', { whileTyping: true }));
    expect(bindingFor([bare], press('j'), true)).toBeNull();
    expect(bindingFor([bare], press('f', { ctrlKey: true }), true)?.keys).toBe('Ctrl+F');
  });

  it('that nobody bound do nothing', () => {
    expect(bindingFor([scope('a', binding('J'))], press('j', { ctrlKey: true }), false)).toBeNull();
  });

  it('that two bindings of a scope share are a conflict, also in another spelling', () => {
    expect(findConflicts([scope('a', binding('Ctrl+R'), binding('Cmd+r'))])).toHaveLength(1);
  });

  it('that a scope shares with the global one are a conflict, with a sibling they are not', () => {
    const scopes = [
      scope('global', binding('?')),
      scope('a', binding('?')),
      scope('b', binding('J')),
      scope('c', binding('J')),
    ];
    expect(findConflicts(scopes)).toHaveLength(1);
  });
});
