import { type RefObject, type UIEvent, useEffect, useRef } from 'react';
import { placeIn, rememberPlace } from '../../state/list-places.ts';

/**
 * Puts a list back to where it was when it is opened again, with the keyboard on the row that had it.
 * `ready` is true once the list knows how long it is. @returns the listener for its scrolling.
 */
export function useKeptPlace(
  listKey: string,
  scroller: RefObject<HTMLElement | null>,
  ready: boolean,
): (event: UIEvent<HTMLElement>) => void {
  const restored = useRef<string | null>(null);
  useEffect(() => {
    if (!ready || restored.current === listKey) return;
    restored.current = listKey;
    const { offset, active } = placeIn(listKey);
    const list = scroller.current;
    if (list === null) return;
    list.scrollTo({ top: offset });
    if (active >= 0 && document.activeElement === document.body) list.focus({ preventScroll: true });
  }, [listKey, ready, scroller]);
  return (event) => {
    if (restored.current === listKey) rememberPlace(listKey, { offset: event.currentTarget.scrollTop });
  };
}
