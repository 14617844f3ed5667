import { describe, expect, it } from 'vitest';
import { placeIn, rememberPlace } from '../../../renderer/state/list-places.ts';

describe('the place in a list', () => {
  it('is kept for each list by itself, its parts too', () => {
    rememberPlace('samples a', { offset: 400 });
    rememberPlace('samples a', { active: 7 });
    rememberPlace('images', { offset: 20 });
    expect(placeIn('samples a')).toEqual({ offset: 400, active: 7 });
    expect(placeIn('images')).toEqual({ offset: 20, active: -1 });
    expect(placeIn('samples b')).toEqual({ offset: 0, active: -1 });
  });
});
