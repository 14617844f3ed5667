import { describe, expect, it } from 'vitest';
import { withKept } from '../../../renderer/ui/windowed-list.tsx';

describe('what of a long list is on the page', () => {
  it('is what is in sight, and in their places the item at the cursor and the one with the focus', () => {
    expect(withKept([10, 11, 12], [3, 400], 500)).toEqual([3, 10, 11, 12, 400]);
    expect(withKept([10, 11, 12], [11, null], 500)).toEqual([10, 11, 12]);
  });

  it('leaves out what the list no longer has', () => {
    expect(withKept([0, 1], [2, -1], 2)).toEqual([0, 1]);
  });
});
