import { describe, expect, it } from 'vitest';
import { fuzzyFind, fuzzyScore } from '../../../renderer/state/fuzzy.ts';

function find(all: readonly string[], typed: string): readonly string[] {
  return fuzzyFind(all, typed, (one) => one);
}

describe('finding a command by a few letters', () => {
  it('wants every letter, in order', () => {
    expect(fuzzyScore('Next step', 'stp')).not.toBeNull();
    expect(fuzzyScore('Next step', 'pts')).toBeNull();
    expect(fuzzyScore('Next step', 'steps')).toBeNull();
  });

  it('puts beginnings of words and letters in a row first', () => {
    expect(find(['Manual', 'Unsure', 'Next unreviewed'], 'nu')[0]).toBe('Next unreviewed');
    expect(find(['Zoom to the image', 'Undo'], 'un')).toEqual(['Undo']);
    expect(find(['Previous item', 'Reject', 'Redo'], 're')[0]).toBe('Redo');
  });

  it('shows everything in its order while nothing is typed', () => {
    expect(find(['b', 'a'], '  ')).toEqual(['b', 'a']);
  });
});
