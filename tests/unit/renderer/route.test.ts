import { describe, expect, it } from 'vitest';
import { formatRoute, HOME, parseRoute, type Route } from '../../../renderer/state/route.ts';
import {
  agentVersionId,
  correctionId,
  episodeId,
  evaluationId,
  groupId,
  jobId,
  sampleId,
} from '../../../shared/model/ids.ts';

const sample = sampleId.parse('smp_0123456789abcdef');
const episode = episodeId.parse('eps_0123456789abcdef');

describe('places in the address', () => {
  it.each<Route>([
    HOME,
    {
      screen: 'library',
      tab: 'samples',
      filter: {
        search: 'red star? & more',
        status: ['unreviewed', 'reviewed'],
        tags: ['small, text', 'a&b'],
        kinds: ['look_back'],
        accuracy: { from: 0.25, to: 0.75 },
        imageCount: { to: 3 },
        createdAt: { from: 1_700_000_000_000 },
      },
      sort: { key: 'accuracy', descending: true },
    },
    { screen: 'library', tab: 'images', search: 'Фото 12' },
    { screen: 'watch', sampleId: null, episodeId: null },
    { screen: 'watch', sampleId: sample, episodeId: null },
    { screen: 'watch', sampleId: sample, episodeId: episode },
    { screen: 'groups', id: null, order: 'newest', jobId: null },
    { screen: 'groups', id: null, order: 'gain', jobId: jobId.parse('job_0123456789abcdef') },
    { screen: 'groups', id: groupId.parse('grp_0123456789abcdef'), order: 'variance', jobId: null },
    { screen: 'correct', episodeId: episode, correctionId: null },
    { screen: 'correct', episodeId: episode, correctionId: correctionId.parse('cor_0123456789abcdef') },
    { screen: 'compare', a: null, b: null, sampleId: null },
    {
      screen: 'compare',
      a: evaluationId.parse('evl_0123456789abcdef'),
      b: agentVersionId.parse('agt_0123456789abcdef'),
      sampleId: sample,
    },
    { screen: 'mask', id: episode },
    { screen: 'mask', id: correctionId.parse('cor_0123456789abcdef') },
    { screen: 'agents' },
    { screen: 'settings' },
  ])('come back as they were: %o', (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it.each(['', '#', '#/', '#/nowhere', '#token=abc'])('that are not known lead home: "%s"', (hash) => {
    expect(parseRoute(hash)).toEqual(HOME);
  });

  it('leave out a part of a filter that makes no sense, and keep the rest', () => {
    const odd =
      '#/library/samples?status=happy&accuracy=2..x&images=1..2..3&episodes=..&kind=read&sort=-nothing';
    expect(parseRoute(odd)).toEqual({ ...HOME, filter: { kinds: ['read'] } });
  });

  it('with an id that is none open no sample', () => {
    expect(parseRoute('#/watch/<script>?episode=eps_x')).toEqual({
      screen: 'watch',
      sampleId: null,
      episodeId: null,
    });
  });
});
