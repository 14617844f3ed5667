/** Where a person was in a list: coming back from a sample finds the same rows on show. */
export interface ListPlace {
  /** Pixels scrolled. */
  readonly offset: number;
  /** Row that had the keyboard; -1 when none. */
  readonly active: number;
}

const TOP: ListPlace = { offset: 0, active: -1 };
const places = new Map<string, ListPlace>();

/** `list` names the list and what it is filtered by. */
export function placeIn(list: string): ListPlace {
  return places.get(list) ?? TOP;
}

export function rememberPlace(list: string, part: Partial<ListPlace>): void {
  places.set(list, { ...placeIn(list), ...part });
}
