import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useState } from 'react';
import { placeIn, rememberPlace } from '../../state/list-places.ts';
import {
  choose,
  chooseAll,
  clearChosen,
  type ListShape,
  NOTHING_CHOSEN,
  type Selection,
  targetOfKey,
} from '../../state/selection.ts';

export interface ListSelection {
  readonly selection: Selection;
  readonly clear: () => void;
  readonly toggle: (index: number) => void;
  /** Entering the list with the keyboard gives it to the first row. */
  readonly onFocus: () => void;
  readonly onRowClick: (event: MouseEvent, index: number) => void;
  readonly onRowDoubleClick: (event: MouseEvent, index: number) => void;
  /** Keys of the list itself: movement, choosing, opening, deleting. */
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** Boxes and buttons in a row answer for themselves. */
function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest('input,button,a,label') !== null;
}

/** Choosing with mouse and keys in a list that has one tab stop. `key` names the list; another one starts over. */
export function useListSelection(options: {
  readonly listKey: string;
  readonly shape: ListShape;
  readonly loaded: number;
  readonly idAt: (index: number) => string | undefined;
  readonly scrollTo: (index: number) => void;
  readonly onOpen: (index: number) => void;
  readonly onDelete: () => void;
}): ListSelection {
  const { listKey, shape, loaded, idAt, scrollTo, onOpen, onDelete } = options;
  const [kept, setKept] = useState({
    listKey,
    selection: { ...NOTHING_CHOSEN, active: placeIn(listKey).active },
  });
  const selection = kept.listKey === listKey ? kept.selection : NOTHING_CHOSEN;
  const setSelection = useCallback(
    (change: (now: Selection) => Selection) =>
      setKept((now) => ({
        listKey,
        selection: change(now.listKey === listKey ? now.selection : NOTHING_CHOSEN),
      })),
    [listKey],
  );
  useEffect(() => rememberPlace(listKey, { active: selection.active }), [listKey, selection.active]);
  const clear = useCallback(() => setSelection(clearChosen), [setSelection]);

  const onRowClick = (event: MouseEvent, index: number): void => {
    if (isControl(event.target)) return;
    const how = event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'toggle' : 'only';
    setSelection((now) => choose(now, index, how, idAt));
  };
  const onFocus = (): void => {
    setSelection((now) => (now.active < 0 && shape.count > 0 ? { ...now, active: 0 } : now));
  };
  const toggle = (index: number): void => setSelection((now) => choose(now, index, 'toggle', idAt));

  const onRowDoubleClick = (event: MouseEvent, index: number): void => {
    if (!isControl(event.target)) onOpen(index);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    const target = targetOfKey(event.key, selection.active, shape);
    if (target !== null) {
      event.preventDefault();
      setSelection((now) =>
        control ? { ...now, active: target } : choose(now, target, event.shiftKey ? 'range' : 'only', idAt),
      );
      scrollTo(target);
      return;
    }
    if (control && event.key.toLowerCase() === 'a') {
      event.preventDefault();
      setSelection((now) => chooseAll(now, loaded, idAt));
    } else if (event.key === ' ' && selection.active >= 0) {
      event.preventDefault();
      toggle(selection.active);
    } else if (event.key === 'Enter' && !control && selection.active >= 0) {
      event.preventDefault();
      onOpen(selection.active);
    } else if ((event.key === 'Delete' || event.key === 'Backspace') && selection.chosen.size > 0) {
      event.preventDefault();
      onDelete();
    } else if (event.key === 'Escape' && selection.chosen.size > 0) {
      event.preventDefault();
      clear();
    }
  };
  return { selection, clear, toggle, onFocus, onRowClick, onRowDoubleClick, onKeyDown };
}
