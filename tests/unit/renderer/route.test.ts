import { describe, expect, it } from 'vitest';
import { formatRoute, HOME, parseRoute, type Route } from '../../../renderer/state/route.ts';
import { episodeId, sampleId } from '../../../shared/model/ids.ts';

const sample = sampleId.parse('smp_0123456789abcdef');
const episode = episodeId.parse('eps_0123456789abcdef');

describe('places in the address', () => {
  it.each<Route>([
    HOME,
    { screen: 'library', tab: 'samples', search: 'red star? & more', kind: 'look_back' },
    { screen: 'library', tab: 'images', search: 'Фото 12' },
    { screen: 'watch', sampleId: null, episodeId: null },
    { screen: 'watch', sampleId: sample, episodeId: null },
    { screen: 'watch', sampleId: sample, episodeId: episode },
    { screen: 'agents' },
    { screen: 'settings' },
  ])('come back as they were: %o', (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it.each(['', '#', '#/', '#/nowhere', '#token=abc'])('that are not known lead home: "%s"', (hash) => {
    expect(parseRoute(hash)).toEqual(HOME);
  });

  it('with an id that is none open no sample', () => {
    expect(parseRoute('#/watch/<script>?episode=eps_x')).toEqual({
      screen: 'watch',
      sampleId: null,
      episodeId: null,
    });
  });
});
