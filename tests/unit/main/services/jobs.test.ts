import { describe, expect, it } from 'vitest';
import type { JobsService } from '../../../../main/services/groups/jobs-service.ts';
import { newId } from '../../../../main/store/new-id.ts';
import { placeInBatch } from '../../../../main/store/repositories/page.ts';
import type { StartJobInput } from '../../../../shared/contract/groups.ts';
import { rolloutSeed } from '../../../../shared/model/group.ts';
import type { RolloutJob } from '../../../../shared/model/rollout-job.ts';
import { GOOD, jobsSetting } from '../../../helpers/jobs-setting.ts';
import { addAgent, addSample } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { until } from '../../../helpers/until.ts';

const INPUT: StartJobInput = { scope: { kind: 'filter', filter: {} }, size: 2, sizeWithout: 1, capMs: null };

async function start(jobs: JobsService, input: StartJobInput): Promise<RolloutJob> {
  return (await jobs.start(input)).job;
}

describe('jobs of rollouts', () => {
  it('play every sample of a filter in the order of the list, each rollout with its own seed', async () => {
    const { workspace, jobs, played, ended } = jobsSetting(tempFolder());
    const [b, a] = [addSample(workspace, { split: 'test' }), addSample(workspace, { split: 'test' })];
    addSample(workspace, { split: 'train' });
    const { id } = await start(jobs, { ...INPUT, scope: { kind: 'filter', filter: { splits: ['test'] } } });
    await ended(id);
    expect(played.map(({ sampleId, withTools, sampling }) => [sampleId, withTools, sampling.seed])).toEqual(
      [a, b].flatMap(({ id: sample }) =>
        [0, 1, 2].map((number) => [sample, number < 2, rolloutSeed(0, sample, number)]),
      ),
    );
    expect(jobs.get(id)).toMatchObject({
      state: 'finished',
      sampleTotal: 2,
      samplesDone: 2,
      episodesDone: 6,
      episodesRight: 6,
      spentMs: 60,
    });
    expect(workspace.groups.list({ order: 'newest', limit: 9 }).items).toMatchObject([
      { group: { sampleId: b.id, statistics: { done: 2, doneWithout: 1, allEqual: true, gain: 0 } } },
      { group: { sampleId: a.id } },
    ]);
    workspace.close();
  });

  it('chosen samples in their order; one that was removed meanwhile is passed over', async () => {
    const { workspace, jobs, played, ended } = jobsSetting(
      tempFolder(),
      () => GOOD,
      (_, index) => {
        if (index === 0) workspace.samples.remove([gone.id], 5);
      },
    );
    const [last, gone, first] = [addSample(workspace), addSample(workspace), addSample(workspace)];
    const scope = { kind: 'samples', ids: [first.id, gone.id, last.id] } as const;
    const { id } = await start(jobs, { ...INPUT, size: 1, sizeWithout: 0, scope });
    await ended(id);
    expect(played.map(({ sampleId }) => sampleId)).toEqual([first.id, last.id]);
    expect(jobs.get(id)).toMatchObject({ state: 'finished', scope: { kind: 'samples', count: 3 } });
    workspace.close();
  });

  it('samples that come in behind it while it runs are played too, and counted', async () => {
    const { workspace, jobs, ended } = jobsSetting(
      tempFolder(),
      () => GOOD,
      (_, index) => {
        // Newest first: one of an older batch comes after what is played now.
        if (index === 0) workspace.samples.add(draft, placeInBatch(0, 5), 3);
      },
    );
    const { createdAt: _at, id: _id, revision: _revision, ...draft } = addSample(workspace);
    const { id } = await start(jobs, { ...INPUT, size: 1, sizeWithout: 0 });
    await ended(id);
    expect(jobs.get(id)).toMatchObject({ samplesDone: 2, sampleTotal: 2, episodesDone: 2 });
    workspace.close();
  });

  it('paused, the rollout that runs is played to its end; resumed, none is played twice', async () => {
    const { workspace, jobs, played, ended } = jobsSetting(
      tempFolder(),
      () => GOOD,
      (service, index) => {
        if (index === 1) service.pause(service.list()[0]?.id ?? newId.job());
      },
    );
    addSample(workspace);
    const { id } = await start(jobs, INPUT);
    await ended(id);
    expect(jobs.get(id)).toMatchObject({ state: 'paused', episodesDone: 2, reason: null });
    jobs.resume(id);
    await ended(id);
    expect(jobs.get(id)).toMatchObject({ state: 'finished', episodesDone: 3 });
    expect(new Set(played.map(({ sampling }) => sampling.seed)).size).toBe(3);
    workspace.close();
  });

  it('closed in its middle and opened again: what was broken off is played again, the rest is not', async () => {
    const folder = tempFolder();
    const before = jobsSetting(folder, (_, index) => ({ ...GOOD, hang: index === 1 }));
    addSample(before.workspace);
    const { id } = await start(before.jobs, INPUT);
    await until(() => before.played.length === 2, 'the second rollout runs');
    await before.jobs.close();
    expect(before.jobs.get(id)).toMatchObject({ state: 'active', episodesDone: 1 });
    before.workspace.close();

    const after = jobsSetting(folder);
    after.jobs.begin();
    await after.ended(id);
    const seeds = after.played.map(({ sampling }) => sampling.seed);
    expect(seeds[0]).toBe(before.played[1]?.sampling.seed);
    expect(seeds).toHaveLength(2);
    expect(after.jobs.get(id)).toMatchObject({ state: 'finished', episodesDone: 3 });
    after.workspace.close();
  });

  it('a job that was paused stays so over a restart', async () => {
    const folder = tempFolder();
    const before = jobsSetting(
      folder,
      () => GOOD,
      (service, index) => {
        if (index === 0) service.pause(service.list()[0]?.id ?? newId.job());
      },
    );
    addSample(before.workspace);
    const { id } = await start(before.jobs, INPUT);
    await before.ended(id);
    await before.jobs.close();
    before.workspace.close();
    const after = jobsSetting(folder);
    after.jobs.begin();
    await after.jobs.close();
    expect(after.jobs.get(id)).toMatchObject({ state: 'paused', episodesDone: 1 });
    expect(after.played).toEqual([]);
    after.workspace.close();
  });

  it('an engine that crashes costs that rollout only; one that does nothing else pauses the job', async () => {
    const { workspace, jobs, played, ended } = jobsSetting(tempFolder(), (_, index) =>
      index === 1 || index >= 3 ? { status: 'failed' } : GOOD,
    );
    addSample(workspace);
    const { id } = await start(jobs, { ...INPUT, size: 9, sizeWithout: 0 });
    await ended(id);
    expect(played).toHaveLength(6);
    expect(jobs.get(id)).toMatchObject({ state: 'paused', episodesDone: 6, episodesFailed: 4 });
    expect(jobs.get(id).reason).toContain('the engine ended');
    workspace.close();
  });

  it('cancelled, the rollout that runs is stopped and not counted', async () => {
    const { workspace, jobs, played } = jobsSetting(tempFolder(), (_, index) => ({
      ...GOOD,
      hang: index === 1,
    }));
    const sample = addSample(workspace);
    const { id } = await start(jobs, INPUT);
    await until(() => played.length === 2, 'the second rollout runs');
    jobs.cancel(id);
    await until(() => !jobs.get(id).running, 'it has stopped');
    expect(jobs.get(id)).toMatchObject({ state: 'cancelled', episodesDone: 1 });
    expect(workspace.rolloutJobs.rollouts(id, sample.id)).toHaveLength(1);
    jobs.resume(id);
    expect(jobs.get(id).state).toBe('cancelled');
    workspace.close();
  });

  it('at its cap on time it pauses and says so; resumed, it gets the same time again', async () => {
    const { workspace, jobs, ended } = jobsSetting(tempFolder(), () => ({ ...GOOD, time: 600 }));
    addSample(workspace);
    const { id } = await start(jobs, { ...INPUT, size: 3, sizeWithout: 0, capMs: 1000 });
    await ended(id);
    expect(jobs.get(id)).toMatchObject({ state: 'paused', episodesDone: 2 });
    expect(jobs.get(id).reason).toContain('time is up');
    jobs.resume(id);
    await ended(id);
    expect(jobs.get(id)).toMatchObject({ state: 'finished', episodesDone: 3, reason: null });
    workspace.close();
  });

  it('one job after another, each with its agent', async () => {
    const { workspace, jobs, played, agent, ended } = jobsSetting(tempFolder(), (_, index) => ({
      ...GOOD,
      hang: index === 0,
    }));
    const other = addAgent(workspace);
    addSample(workspace);
    const one = { ...INPUT, size: 1, sizeWithout: 0 };
    const first = await start(jobs, one);
    await until(() => played.length === 1, 'the first job runs');
    const second = await start(jobs, { ...one, agentVersionId: other.id });
    expect(jobs.list().map(({ id, running }) => [id, running])).toEqual([
      [second.id, false],
      [first.id, true],
    ]);
    jobs.cancel(first.id);
    await ended(second.id);
    expect(played.map(({ agentVersionId }) => agentVersionId)).toEqual([agent.id, other.id]);
    workspace.agents.remove(agent.id, 3);
    const third = await start(jobs, { ...one, agentVersionId: other.id });
    await ended(third.id);
    expect(jobs.get(third.id).state).toBe('finished');
    workspace.agents.remove(other.id, 3);
    await expect(jobs.start({ ...one, agentVersionId: other.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    workspace.close();
  });

  it('an agent that was removed pauses its own job, and the next one has its turn', async () => {
    const { workspace, jobs, agent, played, ended } = jobsSetting(tempFolder(), (_, index) => ({
      ...GOOD,
      hang: index === 0,
    }));
    const other = addAgent(workspace);
    addSample(workspace);
    const one = { ...INPUT, size: 1, sizeWithout: 0 };
    const first = await start(jobs, one);
    const [second, third] = [await start(jobs, one), await start(jobs, { ...one, agentVersionId: other.id })];
    await until(() => played.length === 1, 'the first job runs');
    workspace.agents.remove(agent.id, 3);
    jobs.cancel(first.id);
    await ended(third.id);
    expect(jobs.get(second.id)).toMatchObject({ state: 'paused', reason: 'There is no agent to run.' });
    expect(jobs.get(third.id).state).toBe('finished');
    workspace.close();
  });

  it('a choice without a sample is refused', async () => {
    const { workspace, jobs } = jobsSetting(tempFolder());
    await expect(
      jobs.start({ ...INPUT, scope: { kind: 'filter', filter: { search: 'nothing' } } }),
    ).rejects.toMatchObject({
      code: 'bad_input',
    });
    workspace.close();
  });

  it('a watcher is told of the jobs at once and again when one moves on', async () => {
    const { workspace, jobs } = jobsSetting(tempFolder());
    addSample(workspace);
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const all of jobs.watch(stop.signal)) {
      seen.push(all[0]?.episodesDone ?? -1);
      if (seen.length === 1) await jobs.start(INPUT);
      if (all[0]?.state === 'finished') stop.abort();
    }
    expect(seen[0]).toBe(-1);
    expect(seen.at(-1)).toBe(3);
    workspace.close();
  });
});
