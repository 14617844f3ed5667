/**
 * Choosing among the rows of a list, as file managers do it. `chosen` keeps the order of choosing, which is the
 * order of images in a new sample.
 */
export interface Selection {
  readonly chosen: ReadonlySet<string>;
  /** Row that has the keyboard; -1 when the list was not entered yet. */
  readonly active: number;
  /** Where a range begins. */
  readonly anchor: number;
}

export const NOTHING_CHOSEN: Selection = { chosen: new Set(), active: -1, anchor: -1 };

type IdAt = (index: number) => string | undefined;

function idsBetween(from: number, to: number, idAt: IdAt): readonly string[] {
  const step = from <= to ? 1 : -1;
  const ids: string[] = [];
  for (let index = from; index !== to + step; index += step) {
    const id = idAt(index);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

/** 'only' chooses this row alone, 'toggle' adds or takes it away, 'range' goes from the anchor to it. */
export function choose(
  selection: Selection,
  index: number,
  how: 'only' | 'toggle' | 'range',
  idAt: IdAt,
): Selection {
  const id = idAt(index);
  if (how === 'range' && selection.anchor >= 0) {
    return {
      chosen: new Set(idsBetween(selection.anchor, index, idAt)),
      active: index,
      anchor: selection.anchor,
    };
  }
  if (id === undefined) return { ...selection, active: index };
  if (how === 'toggle') {
    const chosen = new Set(selection.chosen);
    if (!chosen.delete(id)) chosen.add(id);
    return { chosen, active: index, anchor: index };
  }
  return { chosen: new Set([id]), active: index, anchor: index };
}

export function chooseAll(selection: Selection, count: number, idAt: IdAt): Selection {
  return { ...selection, chosen: new Set(count === 0 ? [] : idsBetween(0, count - 1, idAt)) };
}

export function clearChosen(selection: Selection): Selection {
  return { ...selection, chosen: new Set() };
}

export interface ListShape {
  readonly count: number;
  /** Rows beside each other; 1 for a list. */
  readonly columns: number;
  /** Lines that a page key moves by. */
  readonly pageLines: number;
}

/** Where a key leads from row `active`; null when it is not a key of movement. */
export function targetOfKey(key: string, active: number, shape: ListShape): number | null {
  const { count, columns, pageLines } = shape;
  if (count === 0) return null;
  const from = Math.max(0, active);
  const clamp = (index: number): number => Math.min(count - 1, Math.max(0, index));
  switch (key) {
    case 'ArrowDown':
      return active < 0 ? 0 : clamp(from + columns);
    case 'ArrowUp':
      return clamp(from - columns);
    case 'ArrowRight':
      return columns > 1 ? clamp(from + 1) : null;
    case 'ArrowLeft':
      return columns > 1 ? clamp(from - 1) : null;
    case 'PageDown':
      return clamp(from + columns * pageLines);
    case 'PageUp':
      return clamp(from - columns * pageLines);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
