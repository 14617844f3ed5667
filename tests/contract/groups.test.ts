import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RolloutJob } from '../../shared/model/rollout-job.ts';
import type { SampleId } from '../../shared/model/ids.ts';
import { importColours, makeSample } from '../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import {
  type Connected,
  connect,
  refusalOf,
  startTestHost,
  type TestHost,
  WIRES,
} from '../helpers/test-host.ts';
import { join } from 'node:path';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ZOOM =
  '<think>Look.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}\n</tool_call>';

describe.each(WIRES)('groups over a %s', (wire) => {
  let folder: string;
  let host: TestHost;
  let connected: Connected;
  let sampleId: SampleId;

  beforeEach(async () => {
    folder = makeTempFolder('groups');
    host = await startTestHost({ folder, script: [ZOOM, '<think>Red.</think>\n<answer>red</answer>'] });
    await importColours(host, join(folder, 'pictures'), ['red', 'blue']);
    sampleId = await makeSample(host);
    connected = await connect(host, wire);
  });
  afterEach(async () => {
    await connected.close();
    await host.close();
    removeFolder(folder);
  });

  /** Watches the jobs until the newest has ended. */
  async function jobEnds(): Promise<readonly RolloutJob[]> {
    return await new Promise((resolve, reject) => {
      const subscription = connected.client.jobs.watch.subscribe(undefined, {
        onData: (jobs) => {
          if (jobs[0]?.state !== 'finished') return;
          subscription.unsubscribe();
          resolve(jobs);
        },
        onError: reject,
      });
    });
  }

  it('a group is run, seen with what each rollout did, and its best is picked', async () => {
    const { client } = connected;
    const { job, groupId } = await client.jobs.start.mutate({
      scope: { kind: 'samples', ids: [sampleId] },
      size: 2,
      sizeWithout: 1,
    });
    if (groupId === null) throw new Error('no group');
    const [ended] = await jobEnds();
    expect(ended).toMatchObject({ id: job.id, episodesDone: 3, episodesFailed: 0, samplesDone: 1 });

    const detail = await client.groups.get.query({ id: groupId });
    expect(detail.members.map(({ rollout }) => rollout)).toMatchObject([
      { number: 0, withTools: true, validCalls: 1, stepCount: 2, answer: 'red', verdict: 'right' },
      { number: 1, withTools: true, reward: { accuracy: 1, toolFactor: 1.5, total: 2 } },
      { number: 2, withTools: false },
    ]);
    expect(detail.members[0]?.rollout.calls).toEqual([{ step: 0, kind: 'zoom_in', image: 1, resultView: 3 }]);
    expect(detail.members[0]?.views).toHaveLength(3);
    expect(detail.members[0]?.rollout.sampledTokens).toBeGreaterThan(5);

    const [first] = detail.members;
    await client.groups.pick.mutate({ id: groupId, episodeId: first?.rollout.episodeId ?? null });
    const page = await client.groups.list.query({ order: 'variance', limit: 10 });
    expect(page).toMatchObject({
      total: 1,
      items: [
        { group: { id: groupId, demonstration: first?.rollout.episodeId, statistics: { allEqual: true } } },
      ],
    });
    await client.journal.undo.mutate({});
    expect((await client.groups.get.query({ id: groupId })).group.demonstration).toBeNull();
  });

  it('what is not there is refused by name', async () => {
    const { client } = connected;
    expect(await refusalOf(client.groups.get.query({ id: 'grp_0123456789abcdef' as never }))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(client.jobs.pause.mutate({ id: 'job_0123456789abcdef' as never }))).toMatchObject({
      code: 'not_found',
    });
    expect(
      await refusalOf(
        client.jobs.start.mutate({ scope: { kind: 'filter', filter: { search: 'nothing like it' } } }),
      ),
    ).toMatchObject({ code: 'bad_input' });
    expect(await refusalOf(client.groups.list.query({ order: 'gain', limit: 5, cursor: 'x' }))).toMatchObject(
      { code: 'bad_input' },
    );
  });
});
