import type { KeyBinding } from '../../state/keys.ts';
import { placeBindings } from './places.ts';

/** What the keys do that work everywhere. */
export interface GlobalKeyActions {
  readonly help: () => void;
  readonly palette: () => void;
  readonly guide: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

export const PALETTE_LABEL = 'Find a command';

export function globalBindings(actions: GlobalKeyActions): readonly KeyBinding[] {
  return [
    { keys: '?', label: 'Show the keys', run: actions.help },
    { keys: 'Ctrl+K', label: PALETTE_LABEL, whileTyping: true, run: actions.palette },
    // Not while typing: a text field has an undo of its own.
    { keys: 'Ctrl+Z', label: 'Undo', run: actions.undo },
    { keys: 'Ctrl+Shift+Z', label: 'Redo', run: actions.redo },
    { keys: 'Ctrl+Y', label: 'Redo', run: actions.redo },
    { keys: 'Alt+G', label: 'Show or hide the first steps', run: actions.guide },
    ...placeBindings(),
  ];
}
