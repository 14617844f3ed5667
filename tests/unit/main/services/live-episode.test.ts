import { expect, it } from 'vitest';
import { createLiveEpisode } from '../../../../main/services/live-episode.ts';
import type { EpisodeEvent } from '../../../../shared/model/episode-event.ts';
import type { Episode } from '../../../../shared/model/episode.ts';
import type { AgentVersionId, EpisodeId, SampleId } from '../../../../shared/model/ids.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';

const EPISODE: Episode = {
  id: 'eps_1' as EpisodeId,
  sampleId: 'smp_1' as SampleId,
  agentVersionId: 'agt_1' as AgentVersionId,
  startedAt: 1,
  withTools: true,
  sampling: GREEDY,
  limits: DEFAULT_LIMITS,
  state: { kind: 'running', phase: 'queued' },
  views: [],
  steps: [],
  answer: null,
  verdict: 'unknown',
  reward: null,
  flags: [],
  error: null,
};

const END: EpisodeEvent = {
  type: 'finished',
  status: 'answered',
  answer: 'red',
  verdict: 'unknown',
  reward: null,
  flags: [],
  error: null,
  endedAt: 2,
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('the end of an episode is told to nobody before the disk has it', async () => {
  let reachDisk = (): void => undefined;
  const live = createLiveEpisode(EPISODE, {
    save: (_, event) =>
      event.type === 'finished' ? new Promise<void>((resolve) => (reachDisk = resolve)) : undefined,
  });
  const told: string[] = [];
  const watching = (async () => {
    for await (const { message } of live.watch(0, new AbortController().signal)) {
      if (message.type === 'event') told.push(message.event.type);
    }
  })();
  await live.apply({ type: 'phase', phase: 'prefill' });
  const ending = live.apply(END);
  await turn();
  expect([live.current().state.kind, told]).toEqual(['running', ['phase']]);
  reachDisk();
  await ending;
  await watching;
  expect([live.current().state.kind, told]).toEqual(['ended', ['phase', 'finished']]);
});

it('an end that the disk refused has not happened', async () => {
  const live = createLiveEpisode(EPISODE, { save: () => Promise.reject(new Error('no disk')) });
  await expect(live.apply(END)).rejects.toThrow('no disk');
  expect(live.current().state.kind).toBe('running');
  live.endUnsaved(END);
  expect(live.current().state.kind).toBe('ended');
});
