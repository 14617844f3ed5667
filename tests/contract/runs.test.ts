import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentVersionId, EvaluationId, RunId, SampleId } from '../../shared/model/ids.ts';
import type { Run } from '../../shared/model/run.ts';
import { ROOT } from '../helpers/project.ts';
import { scriptedBackend } from '../helpers/scripted-backend.ts';
import { noProcessIsLeft, scriptStandIn, standInPython } from '../helpers/stand-in.ts';
import type { StandInScript } from '../helpers/stand-in.ts';
import { importColours, makeSample } from '../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { connect, refusalOf, startTestHost, WIRES } from '../helpers/test-host.ts';
import type { Connected, TestHost } from '../helpers/test-host.ts';
import { until } from '../helpers/until.ts';

// On a busy machine starting processes takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const ZOOM =
  '<think>Look.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}\n</tool_call>';
const RIGHT = '<think>Red.</think>\n<answer>red</answer>';
const WRONG = '<think>Blue.</think>\n<answer>blue</answer>';
const NO_RUN = 'run_0123456789abcdef01234567' as RunId;

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';

describe.skipIf(reason !== null).each(WIRES)('runs over a %s', (wire) => {
  let folder: string;
  let host: TestHost;
  let connected: Connected;
  let sampleId: SampleId;
  let agents: Readonly<Record<'early' | 'late', AgentVersionId>>;

  beforeEach(async () => {
    folder = makeTempFolder('runs');
    host = await startTestHost({
      folder,
      python: standInPython(),
      openAgent: async (source) =>
        scriptedBackend(source.kind === 'folder' && source.folder.endsWith('late') ? [ZOOM, RIGHT] : [WRONG]),
    });
    await importColours(host, join(folder, 'pictures'), ['red', 'blue']);
    sampleId = await makeSample(host);
    connected = await connect(host, wire);
    const add = async (name: string): Promise<AgentVersionId> =>
      (
        await connected.client.agents.add.mutate({
          source: { kind: 'folder', folder: join(folder, name) },
        })
      ).id;
    agents = { early: await add('early'), late: await add('late') };
  });
  afterEach(async () => {
    for (const { id, state } of host.services.training.list()) {
      if (state.kind === 'running' || state.kind === 'starting') host.services.training.kill(id);
    }
    await connected.close();
    await host.close();
    await noProcessIsLeft();
    removeFolder(folder);
  });

  async function makeRun(script: StandInScript): Promise<RunId> {
    const { id, state } = await connected.client.runs.create.mutate({
      source: { kind: 'samples' },
      agentVersionId: agents.early,
      knobs: { max_steps: 12, save_every: 5 },
    });
    expect(state.kind).toBe('created');
    scriptStandIn(host.services.training.folderOf(id), script);
    return id;
  }

  const now = async (id: RunId): Promise<Run> => (await connected.client.runs.get.query({ id })).run;
  const reaches = (id: RunId, what: string, isSo: (run: Run) => boolean) =>
    until(async () => isSo(await now(id)), `the run ${what}`);
  const phaseOf = ({ state }: Run): string => (state.kind === 'running' ? state.phase : state.kind);

  /** Hears which lists change, as a page does: a notice says what to read again. */
  function listen(): { readonly topics: string[]; readonly starts: () => number; readonly stop: () => void } {
    const topics: string[] = [];
    let starts = 0;
    const subscription = connected.client.app.activity.subscribe(undefined, {
      onStarted: () => {
        starts += 1;
      },
      onData: ({ topic }) => topics.push(topic),
    });
    return { topics, starts: () => starts, stop: () => subscription.unsubscribe() };
  }

  it('is started, paused, goes on, is stopped and goes on from its checkpoint to the end', async () => {
    const { client } = connected;
    const id = await makeRun({ steps: 3 });
    await client.runs.start.mutate({ id });
    await reaches(id, 'has done three steps', ({ step }) => step === 3);
    expect(await refusalOf(client.runs.start.mutate({ id }))).toMatchObject({ code: 'conflict' });

    const asked = await client.runs.pause.mutate({ id });
    expect(asked.id).toBe(id);
    await reaches(id, 'is paused', (run) => phaseOf(run) === 'paused');
    scriptStandIn(host.services.training.folderOf(id), { steps: 7 });
    await client.runs.resume.mutate({ id });
    await reaches(id, 'has done seven steps', ({ step }) => step === 7);
    await client.runs.stop.mutate({ id });
    await reaches(id, 'is stopped', ({ state }) => state.kind === 'stopped');

    scriptStandIn(host.services.training.folderOf(id), {});
    await client.runs.start.mutate({ id });
    await reaches(id, 'is finished', ({ state }) => state.kind === 'finished');
    expect(await now(id)).toMatchObject({ step: 12, attempt: 2, maxSteps: 12, badLines: 0 });
    const { series, last } = await client.charts.series.query({ id, names: ['accuracy'], buckets: 100 });
    expect(last).toBe(12);
    expect(series[0]?.step).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const { checkpoints } = await client.runs.get.query({ id });
    expect(checkpoints.map(({ step, whole }) => [step, whole])).toContainEqual([10, true]);
    const log = await client.runs.log.query({ id });
    expect(log.filter(({ kind }) => kind === 'start')).toHaveLength(2);
    expect((await client.runs.list.query()).map((run) => run.id)).toEqual([id]);
  });

  it('is killed at once, says so, and is removed only when nothing trains', async () => {
    const { client } = connected;
    const id = await makeRun({ steps: 2, child: true });
    await client.runs.start.mutate({ id });
    await reaches(id, 'has done two steps', ({ step }) => step === 2);
    expect(await refusalOf(client.runs.remove.mutate({ id }))).toMatchObject({ code: 'conflict' });
    await client.runs.kill.mutate({ id });
    await reaches(id, 'is over', ({ state }) => state.kind !== 'running' && state.kind !== 'starting');
    await noProcessIsLeft();
    await client.runs.remove.mutate({ id });
    expect(await client.runs.list.query()).toEqual([]);
    expect(await refusalOf(client.runs.get.query({ id }))).toMatchObject({ code: 'not_found' });
  });

  it('a failure crosses with its code and what to do', async () => {
    const message = 'The GPU has no memory left. Lower rollout_batch_size.';
    const id = await makeRun({ failAt: 2, code: 'out_of_memory', message });
    await connected.client.runs.start.mutate({ id });
    await reaches(id, 'has failed', ({ state }) => state.kind === 'failed');
    expect((await now(id)).state).toMatchObject({ failure: { code: 'out_of_memory', message } });
  });

  it('every client hears of each step, and reads the same', async () => {
    const other = await connect(host, wire);
    const heard = listen();
    try {
      await until(() => heard.starts() === 1, 'the stream has begun');
      const id = await makeRun({ steps: 1 });
      await connected.client.runs.start.mutate({ id });
      await reaches(id, 'has done a step', ({ step }) => step === 1);
      await until(() => heard.topics.includes('runs'), 'the step is heard of');
      await connected.client.runs.pause.mutate({ id });
      await reaches(id, 'is paused', (run) => phaseOf(run) === 'paused');
      const [mine, theirs] = [await now(id), (await other.client.runs.get.query({ id })).run];
      expect(theirs).toEqual(mine);
    } finally {
      heard.stop();
      await other.close();
    }
  });

  it('after a lost connection the notices come again, and no step of the time between is missing', async () => {
    const heard = listen();
    await until(() => heard.starts() === 1, 'the stream has begun');
    const id = await makeRun({ steps: 2 });
    await connected.client.runs.start.mutate({ id });
    await reaches(id, 'has done two steps', ({ step }) => step === 2);
    connected.cut();
    scriptStandIn(host.services.training.folderOf(id), { steps: 6 });
    await until(() => heard.starts() === 2, 'the stream has begun again, by itself');
    await reaches(id, 'has done six steps', ({ step }) => step === 6);
    heard.topics.length = 0;
    scriptStandIn(host.services.training.folderOf(id), { steps: 8 });
    await until(() => heard.topics.includes('runs'), 'a later step is heard of');
    await reaches(id, 'has done eight steps', ({ step }) => step === 8);
    const { series } = await connected.client.charts.series.query({ id, names: ['reward'], buckets: 100 });
    expect(series[0]?.step).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    heard.stop();
  });

  it('the rollouts of a step are listed, and one opens as it was, with its mask', async () => {
    const { client } = connected;
    const fixture = join(ROOT, 'tests', 'fixtures', 'training', 'rollout.jsonl');
    const recorded = JSON.parse(readFileSync(fixture, 'utf8'));
    const rollout = JSON.stringify({
      ...recorded,
      sample_id: sampleId,
      advantage: -0.5,
      mask: { dropped: true, reason: 'too_long' },
    });
    const id = await makeRun({ steps: 2, rollout });
    await client.runs.start.mutate({ id });
    await reaches(id, 'has done two steps', ({ step }) => step === 2);
    expect((await client.runs.get.query({ id })).rolloutSpan).toEqual({ first: 1, last: 2 });
    const [summary, ...more] = await client.runs.rollouts.query({ id, step: 2 });
    expect(more).toEqual([]);
    expect(summary).toMatchObject({
      line: 0,
      question: 'What colour?',
      answer: 'purple circle',
      masked: 'too_long',
      turns: 4,
      calls: 3,
      lookBacks: 1,
      advantage: -0.5,
    });
    const view = await client.runs.rollout.query({ id, step: 2, line: 0 });
    expect(view).toMatchObject({ step: 2, count: 1, advantage: -0.5, mask: { dropped: true } });
    expect(view.episode.steps.map(({ action }) => action?.kind)).toEqual([
      'zoom_in',
      'look_back',
      'zoom_in',
      'answer',
    ]);
    expect(view.images).toHaveLength(2);
    expect(JSON.stringify(view)).not.toContain(folder);
    for (const missing of [
      () => client.runs.rollouts.query({ id, step: 9 }),
      () => client.runs.rollout.query({ id, step: 2, line: 5 }),
    ]) {
      expect(await refusalOf(missing())).toMatchObject({ code: 'not_found' });
    }
  });

  it('two agents are evaluated on the same samples and compared, with the flip and both episodes', async () => {
    const { client } = connected;
    const evaluate = async (agentVersionId: AgentVersionId): Promise<EvaluationId> =>
      (await client.evaluations.start.mutate({ agentVersionId })).evaluationId;
    const [a, b] = [await evaluate(agents.early), await evaluate(agents.late)];
    await until(
      async () => (await client.evaluations.list.query()).filter(({ finished }) => finished).length === 2,
      'both evaluations are done',
    );
    const comparison = await client.evaluations.compare.query({ a, b });
    expect(comparison).toMatchObject({
      a: { id: a, agentVersionId: agents.early },
      countsA: { episodes: 1, scored: 1, right: 0, usedTool: 0 },
      countsB: { episodes: 1, scored: 1, right: 1, usedTool: 1 },
      kinds: [{ bothRight: 0, gained: 1, lost: 0, bothWrong: 0 }],
    });
    const { items, total } = await client.evaluations.pairs.query({ a, b, which: 'flips' });
    expect(total).toBe(1);
    expect(items[0]).toMatchObject({ sampleId, a: { answer: 'blue' }, b: { answer: 'red' } });
    for (const [side, steps] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const episodeId = items[0]?.[side].episodeId;
      if (episodeId === undefined) throw new Error('no episode');
      expect((await client.episodes.get.query({ id: episodeId })).steps).toHaveLength(steps);
    }
    expect((await client.evaluations.pairs.query({ a, b, which: 'lost' })).total).toBe(0);
  });

  it('what is not there, or is no run, is refused by name', async () => {
    const { client } = connected;
    const missing = { id: NO_RUN };
    for (const call of [
      () => client.runs.get.query(missing),
      () => client.runs.start.mutate(missing),
      () => client.runs.pause.mutate(missing),
      () => client.runs.resume.mutate(missing),
      () => client.runs.stop.mutate(missing),
      () => client.runs.kill.mutate(missing),
      () => client.runs.remove.mutate(missing),
      () => client.charts.series.query({ ...missing, names: ['reward'] }),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ code: 'not_found' });
    }
    expect(await refusalOf(client.runs.get.query({ id: '../x' as RunId }))).toMatchObject({
      code: 'bad_input',
    });
    const unstarted = await makeRun({});
    expect(await refusalOf(client.runs.pause.mutate({ id: unstarted }))).toMatchObject({ code: 'conflict' });
    const make = client.runs.create.mutate({
      source: { kind: 'samples' },
      agentVersionId: agents.early,
      knobs: { max_steps: 0 },
    });
    expect(await refusalOf(make)).toMatchObject({ code: 'bad_input' });
  });
});
