import { describe, expect, it } from 'vitest';
import {
  choose,
  chooseAll,
  clearChosen,
  NOTHING_CHOSEN,
  targetOfKey,
} from '../../../renderer/state/selection.ts';

const ids = ['a', 'b', 'c', 'd', 'e'];
const idAt = (index: number): string | undefined => ids[index];
const chosen = (selection: { chosen: ReadonlySet<string> }): readonly string[] => [...selection.chosen];

describe('choosing rows', () => {
  it('keeps the order in which they were chosen', () => {
    let selection = choose(NOTHING_CHOSEN, 3, 'only', idAt);
    selection = choose(selection, 0, 'toggle', idAt);
    selection = choose(selection, 2, 'toggle', idAt);
    expect(chosen(selection)).toEqual(['d', 'a', 'c']);
  });

  it('takes a toggled row away again and leaves the others in order', () => {
    let selection = choose(NOTHING_CHOSEN, 3, 'only', idAt);
    selection = choose(selection, 0, 'toggle', idAt);
    selection = choose(selection, 3, 'toggle', idAt);
    expect(chosen(selection)).toEqual(['a']);
  });

  it('goes from the anchor in either direction, and again from the same anchor', () => {
    let selection = choose(NOTHING_CHOSEN, 2, 'only', idAt);
    selection = choose(selection, 4, 'range', idAt);
    expect(chosen(selection)).toEqual(['c', 'd', 'e']);
    selection = choose(selection, 0, 'range', idAt);
    expect(chosen(selection)).toEqual(['c', 'b', 'a']);
  });

  it('chooses nothing where a row is not loaded, and still moves there', () => {
    const selection = choose(NOTHING_CHOSEN, 9, 'only', idAt);
    expect(chosen(selection)).toEqual([]);
    expect(selection.active).toBe(9);
  });

  it('chooses all that is loaded, and clears without losing its place', () => {
    const all = chooseAll(choose(NOTHING_CHOSEN, 2, 'only', idAt), 5, idAt);
    expect(chosen(all)).toEqual(ids);
    expect(clearChosen(all)).toMatchObject({ active: 2 });
    expect(chosen(clearChosen(all))).toEqual([]);
    expect(chosen(chooseAll(NOTHING_CHOSEN, 0, idAt))).toEqual([]);
  });
});

describe('moving with keys', () => {
  const grid = { count: 10, columns: 4, pageLines: 2 };
  it.each([
    ['ArrowDown', -1, 0],
    ['ArrowDown', 1, 5],
    ['ArrowDown', 8, 9],
    ['ArrowUp', 5, 1],
    ['ArrowUp', 1, 0],
    ['ArrowRight', 9, 9],
    ['ArrowLeft', 4, 3],
    ['PageDown', 0, 8],
    ['PageUp', 9, 1],
    ['Home', 7, 0],
    ['End', 0, 9],
  ])('%s leads from %i to %i', (key, from, to) => {
    expect(targetOfKey(key, from, grid)).toBe(to);
  });

  it('leaves left and right alone in a list of one column, and every key in an empty one', () => {
    expect(targetOfKey('ArrowRight', 0, { ...grid, columns: 1 })).toBeNull();
    expect(targetOfKey('ArrowDown', 0, { ...grid, count: 0 })).toBeNull();
    expect(targetOfKey('x', 0, grid)).toBeNull();
  });
});
