import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunId } from '../../../../shared/model/ids.ts';
import type { Run } from '../../../../shared/model/run.ts';
import { scriptedBackend } from '../../../helpers/scripted-backend.ts';
import { ANSWERS_RED, startTestHost } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';
import { noProcessIsLeft, scriptStandIn, standInPython } from '../../../helpers/stand-in.ts';
import type { StandInScript } from '../../../helpers/stand-in.ts';
import { importColours, makeSample } from '../../../helpers/studio-acts.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { until } from '../../../helpers/until.ts';

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';

describe.skipIf(reason !== null)(`training${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let host: TestHost;
  afterEach(async () => {
    for (const run of host.services.training.list()) {
      if (run.state.kind === 'running' || run.state.kind === 'starting') host.services.training.kill(run.id);
    }
    await host.close();
    await noProcessIsLeft();
  });

  /** Agents whose memory is held now. */
  let held = 0;
  async function open(folder: string): Promise<void> {
    held = 0;
    const openAgent = async () => {
      const agent = scriptedBackend(ANSWERS_RED);
      held += 1;
      const close = async (): Promise<void> => {
        held -= 1;
        await agent.close();
      };
      return { ...agent, close };
    };
    host = await startTestHost({ folder, python: standInPython(), openAgent });
  }

  async function playEpisode(): Promise<void> {
    const [row] = host.services.library.listSamples({ limit: 1 }).items;
    if (row === undefined) throw new Error('no sample');
    const { id } = await host.services.episodes.start({ sampleId: row.sample.id });
    await until(() => host.services.episodes.get(id).state.kind === 'ended', 'the episode has ended');
  }

  /** A workspace with one sample and an agent, and a run of it. */
  async function makeRun(script: StandInScript, knobs: Record<string, unknown> = {}): Promise<RunId> {
    const folder = tempFolder('training');
    await open(folder);
    await importColours(host, join(folder, 'images'), ['red', 'blue']);
    await makeSample(host);
    const agent = await host.services.agents.add({
      source: { kind: 'folder', folder: join(folder, 'agent') },
    });
    const run = await host.services.training.create({
      source: { kind: 'samples' },
      agentVersionId: agent.id,
      knobs: { max_steps: 12, save_every: 5, ...knobs },
    });
    scriptStandIn(folderOf(run.id), script);
    return run.id;
  }

  const folderOf = (id: RunId): string => host.services.training.folderOf(id);
  const now = (id: RunId): Run => host.services.training.get(id).run;
  const reaches = (id: RunId, what: string, isSo: (run: Run) => boolean) =>
    until(() => isSo(now(id)), `the run ${what}, and not ${JSON.stringify(now(id).state)}`);
  const ends = (id: RunId, kind: Run['state']['kind']) =>
    reaches(id, `is ${kind}`, ({ state }) => state.kind === kind);
  const isGone = (id: RunId) => until(() => !existsTrainer(id), 'its process is gone');
  function existsTrainer(id: RunId): boolean {
    const { pid } = JSON.parse(readFileSync(join(folderOf(id), 'launched.json'), 'utf8'));
    return existsSync(`/proc/${pid}`);
  }

  it('writes a folder that a trainer can work from, with the images as links', async () => {
    const id = await makeRun({}, { lora: { rank: 4 } });
    const folder = folderOf(id);
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(config).toMatchObject({ format: 1, run_id: id, max_steps: 12, lora: { rank: 4, alpha: 32 } });
    const [row] = readFileSync(join(folder, 'data', 'train.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const sample = JSON.parse(row ?? '');
    expect(sample).toMatchObject({ question: 'What colour?', answers: ['red'] });
    expect(sample.images).toHaveLength(2);
    for (const image of sample.images) expect(statSync(join(folder, 'data', image)).nlink).toBe(2);
  });

  it('refuses what the schema of the configuration refuses, and leaves nothing', async () => {
    const id = await makeRun({});
    const { agentVersionId } = now(id);
    const make = (knobs: Record<string, unknown>) =>
      host.services.training.create({ source: { kind: 'samples' }, agentVersionId, knobs });
    await expect(make({ max_steps: 0 })).rejects.toMatchObject({ code: 'bad_input' });
    await expect(make({ nonsense: 1 })).rejects.toMatchObject({ code: 'bad_input' });
    expect(host.services.training.list()).toHaveLength(1);
    expect(readdirSync(join(host.workspacePath, 'runs'))).toEqual([id]);
  });

  it('trains to the end, with every step in its figures', async () => {
    const id = await makeRun({});
    await host.services.training.start(id);
    await ends(id, 'finished');
    expect(now(id)).toMatchObject({ step: 12, attempt: 1, maxSteps: 12, badLines: 0 });
    const { series, first, last } = host.services.training.series(
      id,
      ['accuracy', 'masked_by.too_long'],
      100,
    );
    expect([first, last]).toEqual([0, 12]);
    expect(series[0]?.step).toHaveLength(12);
    expect(series[1]?.mean[0]).toBeCloseTo(0.06);
    await expect(host.services.training.start(id)).rejects.toMatchObject({ code: 'conflict' });
    expect(host.services.training.get(id).whole).toEqual({});
  });

  it('tells the whole of a long run beside its newest steps', async () => {
    const id = await makeRun({}, { max_steps: 120, save_every: 50 });
    await host.services.training.start(id);
    await ends(id, 'finished');
    const { recent, whole, rolloutSpan } = host.services.training.get(id);
    const accuracy = (step: number): number => Math.min(1, 0.2 + step / 100);
    expect(recent['accuracy']).toHaveLength(40);
    expect(recent['accuracy']?.[0]).toBeCloseTo(accuracy(81));
    expect(whole['accuracy']).toHaveLength(40);
    expect(whole['accuracy']?.[0]).toBeCloseTo(accuracy(2));
    expect(whole['accuracy']?.[39]).toBeCloseTo(1);
    expect(rolloutSpan).toBeNull();
  });

  it('has the memory of the engine while it trains, which takes it again with the next episode', async () => {
    const id = await makeRun({ steps: 2 });
    await playEpisode();
    expect(held).toBe(1);
    await host.services.training.start(id);
    expect(held).toBe(0);
    await reaches(id, 'has done two steps', ({ step }) => step === 2);
    expect(held).toBe(0);
    scriptStandIn(folderOf(id), {});
    await ends(id, 'finished');
    await playEpisode();
    expect(held).toBe(1);
  });

  it('pauses, goes on and stops, as it is asked', async () => {
    const id = await makeRun({ steps: 3 });
    await host.services.training.start(id);
    await reaches(id, 'has done three steps', ({ step }) => step === 3);
    host.services.training.ask(id, 'pause');
    await reaches(id, 'is paused', ({ state }) => state.kind === 'running' && state.phase === 'paused');
    scriptStandIn(folderOf(id), { steps: 6 });
    host.services.training.ask(id, 'resume');
    await reaches(id, 'has done six steps', ({ step }) => step === 6);
    host.services.training.ask(id, 'stop');
    await ends(id, 'stopped');
  });

  it('goes on when the host is closed, and is found again by the next one', async () => {
    const id = await makeRun({ steps: 2 });
    await host.services.training.start(id);
    await reaches(id, 'has done two steps', ({ step }) => step === 2);
    const { pid } = JSON.parse(readFileSync(join(folderOf(id), 'launched.json'), 'utf8'));
    const folder = join(host.workspacePath, '..');
    await host.close();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    scriptStandIn(join(folder, 'workspace', 'runs', id), { steps: 7 });
    await open(folder);
    await reaches(id, 'has done seven steps', ({ step }) => step === 7);
    expect(now(id)).toMatchObject({ attempt: 1, state: { kind: 'running' } });
    expect(host.services.training.series(id, ['reward'], 100).series[0]?.step).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('that was killed is interrupted, and goes on from its last whole checkpoint without its lost steps', async () => {
    const id = await makeRun({ steps: 8 });
    await host.services.training.start(id);
    await reaches(id, 'has done eight steps', ({ step }) => step === 8);
    host.services.training.kill(id);
    await ends(id, 'interrupted');
    expect(host.services.training.get(id).checkpoints).toMatchObject([{ step: 5, whole: true }]);
    scriptStandIn(folderOf(id), { steps: 6 });
    await host.services.training.start(id);
    await reaches(id, 'has done step six again', ({ step, attempt }) => step === 6 && attempt === 2);
    expect(host.services.training.series(id, ['reward'], 100).series[0]?.step).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('that dies while no host is there is found as interrupted', async () => {
    const id = await makeRun({ steps: 2 });
    await host.services.training.start(id);
    await reaches(id, 'has done two steps', ({ step }) => step === 2);
    const folder = join(host.workspacePath, '..');
    await host.close();
    scriptStandIn(join(folder, 'workspace', 'runs', id), { dieAt: 2 });
    await noProcessIsLeft();
    await open(folder);
    expect(now(id).state.kind).toBe('interrupted');
  });

  it.each([
    ['disk_full', 'The disk is full. Free some space.'],
    ['out_of_memory', 'Not enough memory.'],
    ['not_finite', 'The loss is not a number.'],
  ])('that fails with %s says so, and can go on with other settings', async (code, message) => {
    const id = await makeRun({ failAt: 6, code, message });
    await host.services.training.start(id);
    await ends(id, 'failed');
    expect(now(id).state).toMatchObject({ failure: { code, message } });
    await isGone(id);
    scriptStandIn(folderOf(id), {});
    await host.services.training.start(id, { per_device_train_batch_size: 2, num_generations: 4 });
    await ends(id, 'finished');
    expect(host.services.training.config(id)).toMatchObject({
      per_device_train_batch_size: 2,
      num_generations: 4,
    });
    expect(now(id)).toMatchObject({ attempt: 2, step: 12 });
  });

  it('whose process says nothing but on stderr has failed, in the words that help', async () => {
    const id = await makeRun({ silent: "ModuleNotFoundError: No module named 'peft'" });
    await host.services.training.start(id);
    await ends(id, 'failed');
    expect(now(id).state).toMatchObject({
      failure: { code: 'launch', message: expect.stringContaining('lacks peft') },
    });
  });

  it('is one, however often it is started; and a second run waits for it', async () => {
    const id = await makeRun({ steps: 1 });
    const starts = await Promise.allSettled([1, 2, 3].map(() => host.services.training.start(id)));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await reaches(id, 'has done a step', ({ step }) => step === 1);
    const { agentVersionId } = now(id);
    const other = await host.services.training.create({
      source: { kind: 'samples' },
      agentVersionId,
      knobs: {},
    });
    await expect(host.services.training.start(other.id)).rejects.toMatchObject({ code: 'conflict' });
    expect(() => host.services.training.remove(id)).toThrow(/Stop it first/);
  });

  it('counts the lines of its events that can not be read, and reads the others', async () => {
    const id = await makeRun({ raw: ['{"type":"step_finished","seq":2,"loss":NaN}\n', 'half a li\n', '\n'] });
    await host.services.training.start(id);
    await ends(id, 'finished');
    expect(now(id)).toMatchObject({ badLines: 2, step: 12 });
    const said = host.services.training.log(id, 100).filter(({ kind }) => kind === 'unreadable');
    expect(said.map(({ message }) => message)).toEqual([
      'A line of events.jsonl was passed over: not JSON.',
      'A line of events.jsonl was passed over: a number that is not finite.',
    ]);
  });
});
