import { useEffect, useRef } from 'react';
import { currentKeymap, remapped } from './keymap.ts';
import { bindingFor, findConflicts, isTypingTarget, type KeyScope } from './keys.ts';
import { knowScopes } from './known-keys.ts';
import { createStore, type Store } from './store.ts';

const scopes = createStore<readonly KeyScope[]>([]);

/** The scopes that are active now, oldest first, with the keys that the app gives them. */
export const activeKeyScopes: Store<readonly KeyScope[]> = scopes;

/**
 * Makes a scope's keys work while the calling component is mounted and `enabled`. Its bindings may change from
 * render to render; the names of keys should not. An open dialog silences the scopes below it: they listen on
 * the page, and a dialog is a page of its own.
 */
export function useKeys(scope: KeyScope, enabled = true): void {
  const latest = useRef(scope);
  useEffect(() => {
    latest.current = scope;
  });
  const { name, title } = scope;
  useEffect(() => {
    if (!enabled) return undefined;
    const live: KeyScope = {
      name,
      title,
      get bindings() {
        return latest.current.bindings;
      },
    };
    scopes.set((all) => [...all, live]);
    knowScopes([live]);
    if (import.meta.env.DEV) {
      const conflicts = findConflicts(scopes.get());
      if (conflicts.length > 0) throw new Error(`key conflict: ${conflicts.join('; ')}`);
    }
    return () => scopes.set((all) => all.filter((one) => one !== live));
  }, [name, title, enabled]);
}

function insideDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="dialog"],[role="menu"]') !== null;
}

/** Enter and Space belong to the button or link that has the focus. */
function belongsToControl(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' && event.key !== ' ') return false;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return (
    event.target instanceof Element && event.target.closest('button,a,input,summary,[role="tab"]') !== null
  );
}

/**
 * Listens for keys. Call once, at the root. On the document and not on the window: a tooltip that closes on Escape
 * lets the key get no further, and a person who has just pressed Run stands on one.
 * @returns the function that stops it.
 */
export function startKeys(): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    if (insideDialog(event.target) || belongsToControl(event)) return;
    const binding = bindingFor(
      remapped(currentKeymap.get(), scopes.get()),
      event,
      isTypingTarget(event.target),
    );
    if (binding === null) return;
    event.preventDefault();
    binding.run();
  };
  document.addEventListener('keydown', listener);
  return () => document.removeEventListener('keydown', listener);
}
