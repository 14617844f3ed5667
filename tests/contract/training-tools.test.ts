import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { REVIEWS_WANTED } from '../../shared/model/guide.ts';
import { experimentScale } from '../../shared/model/experiment.ts';
import type { Experiment } from '../../shared/model/experiment.ts';
import type { ExperimentId } from '../../shared/model/ids.ts';
import type { JudgeSettings } from '../../shared/trainer-protocol/config-parts.ts';
import type { JudgeTest } from '../../shared/contract/judge.ts';
import { ROOT } from '../helpers/project.ts';
import { noProcessIsLeft, standInTools } from '../helpers/stand-in.ts';
import type { ToolWords } from '../helpers/stand-in.ts';
import { importColours, makeSample } from '../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { connect, refusalOf, startTestHost, WIRES } from '../helpers/test-host.ts';
import type { Connected, TestHost } from '../helpers/test-host.ts';
import { until } from '../helpers/until.ts';

// On a busy machine starting processes takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const reason = process.platform === 'linux' ? null : 'processes are looked up in /proc';

describe.skipIf(reason !== null).each(WIRES)('what stands around runs, over a %s', (wire) => {
  let folder: string;
  let host: TestHost;
  let connected: Connected;
  let words: ToolWords;
  let isReady: boolean;

  beforeEach(() => {
    folder = makeTempFolder('tools');
    words = null;
    isReady = true;
  });
  afterEach(async () => {
    await connected.close();
    await host.close();
    await noProcessIsLeft();
    removeFolder(folder);
  });

  async function open(): Promise<void> {
    const python = standInTools(() => words);
    host = await startTestHost({
      folder,
      python: { ...python, isReady: () => isReady },
      script: ['<answer>yes</answer>'],
    });
    connected = await connect(host, wire);
  }

  describe('an experiment', () => {
    const ASKED = { name: 'tool-gain', seeds: [0, 1], scale: experimentScale.parse({ steps: 2 }) } as const;
    const NO_EXPERIMENT = `exp_${'0'.repeat(24)}` as ExperimentId;

    const now = async (id: ExperimentId): Promise<Experiment | undefined> =>
      (await connected.client.experiments.list.query()).find((one) => one.id === id);

    it('is started, stopped, goes on and is removed, and every client sees the same', async () => {
      await open();
      const { client } = connected;
      const other = await connect(host, wire);
      try {
        const heard: string[] = [];
        let listens = false;
        const subscription = other.client.app.activity.subscribe(undefined, {
          onStarted: () => {
            listens = true;
          },
          onData: ({ topic }) => heard.push(topic),
        });
        await until(() => listens, 'the other client listens');
        const { id, folder: place, state, total } = await client.experiments.start.mutate(ASKED);
        expect([state.kind, total]).toEqual(['working', 8]);
        await until(() => heard.includes('experiments'), 'the other client hears of it');
        expect(await other.client.experiments.list.query()).toEqual(await client.experiments.list.query());
        expect(await refusalOf(client.experiments.start.mutate(ASKED))).toMatchObject({ code: 'conflict' });
        expect(await refusalOf(client.experiments.resume.mutate({ id }))).toMatchObject({ code: 'conflict' });
        expect(await refusalOf(client.experiments.remove.mutate({ id }))).toMatchObject({ code: 'conflict' });

        expect((await client.experiments.stop.mutate({ id })).state).toEqual({ kind: 'stopped' });
        await noProcessIsLeft();
        expect((await client.experiments.resume.mutate({ id })).state.kind).toBe('working');
        expect((await other.client.experiments.stop.mutate({ id })).state).toEqual({ kind: 'stopped' });
        await client.experiments.remove.mutate({ id });
        expect(await other.client.experiments.list.query()).toEqual([]);
        expect(existsSync(place)).toBe(false);
        subscription.unsubscribe();
      } finally {
        await other.close();
      }
    });

    it('that fails says why, and one run or experiment trains at a time', async () => {
      await open();
      const { client } = connected;
      words = { output: '', errors: 'noise\nThe disk is full. Free some and go on.\n', code: 1 };
      const { id } = await client.experiments.start.mutate(ASKED);
      await until(async () => (await now(id))?.state.kind === 'failed', 'it has failed');
      expect((await now(id))?.state).toMatchObject({
        message: expect.stringContaining('The disk is full. Free some and go on.'),
      });

      await importColours(host, join(folder, 'pictures'), ['red']);
      await makeSample(host);
      const agent = await client.agents.add.mutate({
        source: { kind: 'folder', folder: join(folder, 'agent') },
      });
      const run = await client.runs.create.mutate({
        source: { kind: 'samples' },
        agentVersionId: agent.id,
        knobs: { max_steps: 100_000 },
      });
      words = null;
      await client.experiments.resume.mutate({ id });
      expect(await refusalOf(client.runs.start.mutate({ id: run.id }))).toMatchObject({ code: 'conflict' });
      await client.experiments.stop.mutate({ id });
      await client.runs.start.mutate({ id: run.id });
      expect(await refusalOf(client.experiments.resume.mutate({ id }))).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining(run.name),
      });
      await until(
        async () => (await client.runs.get.query({ id: run.id })).run.state.kind === 'running',
        'the run trains',
      );
      await client.runs.kill.mutate({ id: run.id });
    });

    it('that is not there, or is none, is refused by name', async () => {
      await open();
      const { experiments } = connected.client;
      for (const call of [experiments.resume, experiments.stop, experiments.remove]) {
        expect(await refusalOf(call.mutate({ id: NO_EXPERIMENT }))).toMatchObject({ code: 'not_found' });
      }
      for (const broken of [
        { ...ASKED, seeds: [1, 1] },
        { ...ASKED, seeds: [] },
        { ...ASKED, scale: { ...ASKED.scale, steps: 0 } },
      ]) {
        expect(await refusalOf(experiments.start.mutate(broken))).toMatchObject({ code: 'bad_input' });
      }
      isReady = false;
      expect(await refusalOf(experiments.start.mutate(ASKED))).toMatchObject({ code: 'trainer_missing' });
      expect(await experiments.list.query()).toEqual([]);
    });
  });

  describe('the test of a judge', () => {
    const SETTINGS: JudgeSettings = {
      base_url: 'http://127.0.0.1:9/v1',
      model: 'any',
      answer_kinds: ['text'],
      timeout_seconds: 1,
      max_retries: 0,
      api_key_env: null,
    };
    const FOUND: JudgeTest = {
      seconds: 0.2,
      cases: [
        { question: 'Q?', reference: 'a', answer: 'a', wanted: true, said: true, problem: null },
        { question: 'Q?', reference: 'a', answer: 'b', wanted: false, said: null, problem: 'It is away.' },
      ],
    };

    it('crosses as the trainer said it, whatever else was printed', async () => {
      await open();
      words = { output: `a library's words\n${JSON.stringify(FOUND)}\n`, errors: 'a warning', code: 0 };
      expect(await connected.client.trainer.testJudge.mutate(SETTINGS)).toEqual(FOUND);
      words = { output: 'nothing of use\n', errors: '', code: 1 };
      expect(await refusalOf(connected.client.trainer.testJudge.mutate(SETTINGS))).toMatchObject({
        code: 'internal',
      });
    });

    it('asks no address but a web address, with no secret but one that is meant for it', async () => {
      await open();
      words = { output: JSON.stringify(FOUND), errors: '', code: 0 };
      const { testJudge } = connected.client.trainer;
      for (const broken of [
        { base_url: 'file:///etc/passwd' },
        { base_url: 'ftp://127.0.0.1/v1' },
        { base_url: '127.0.0.1:8000' },
        { base_url: 'http://me:sesame@127.0.0.1/v1' },
        { base_url: 'http://127.0.0.1/v1?key=sesame' },
        { model: '' },
        { answer_kinds: [] },
        { api_key_env: 'AWS_SECRET_ACCESS_KEY' },
        { api_key_env: 'sk-0123456789' },
      ]) {
        const refusal = await refusalOf(testJudge.mutate({ ...SETTINGS, ...broken }));
        expect([broken, refusal]).toMatchObject([broken, { code: 'bad_input' }]);
        expect(refusal.message).toContain(Object.keys(broken)[0]);
      }
      isReady = false;
      expect(await refusalOf(testJudge.mutate(SETTINGS))).toMatchObject({ code: 'trainer_missing' });
    });
  });

  describe('the guide', () => {
    it('is followed from the first runs to the snapshot, and put away', async () => {
      cpSync(join(ROOT, 'assets'), join(folder, 'assets'), { recursive: true });
      await open();
      const { client } = connected;
      const begun = await client.guide.get.query();
      expect(begun).toMatchObject({ exists: true, shown: true, facts: { episodes: 0, snapshot: null } });
      expect((await client.guide.play.mutate()).jobId).not.toBeNull();
      expect((await client.guide.get.query()).facts).toMatchObject({ episodes: REVIEWS_WANTED, reviewed: 0 });
      expect((await client.guide.play.mutate()).jobId).toBeNull();

      const [one, two] = await Promise.all([
        client.guide.prepare.mutate({}),
        client.guide.prepare.mutate({}),
      ]);
      expect(two).toEqual(one);
      expect((await client.guide.get.query()).facts?.snapshot).toBe(one.snapshotId);

      await client.guide.show.mutate({ shown: false });
      expect(await client.guide.get.query()).toMatchObject({ exists: true, shown: false, facts: null });
      await client.guide.show.mutate({ shown: true });
      expect(await client.guide.get.query()).toMatchObject({ shown: true, beginner: begun.beginner });
    });

    it('is not there where the demo is not', async () => {
      await open();
      expect(await connected.client.guide.get.query()).toMatchObject({ exists: false, shown: false });
    });
  });
});
