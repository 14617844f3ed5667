import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { StudioError } from '../../../../shared/contract/errors.ts';
import { experimentScale, planOf } from '../../../../shared/model/experiment.ts';
import type { ExperimentName } from '../../../../shared/model/experiment.ts';
import { createExperimentsService } from '../../../../main/services/training/experiments-service.ts';
import type { ExperimentsService } from '../../../../main/services/training/experiments-service.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type {
  ToolOptions,
  ToolOutcome,
  TrainerTools,
} from '../../../../main/trainer-control/trainer-commands.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { until } from '../../../helpers/until.ts';

const figure = (mean: number) => ({ mean, sd: 0.01 });

/** As the trainer writes it after each run. */
function report(name: ExperimentName, seedsOfArms: readonly number[]): string {
  const arms = planOf(name).arms.flatMap((arm, index) => {
    const seeds = seedsOfArms[index] ?? 0;
    const result = (seed: number) => ({
      seed,
      after: { calls: 2 + seed },
      curve: [1, 2].map((step) => ({ step, accuracy: 0.5 + seed / 10, tool_rate: step / 4 })),
    });
    const summary = {
      ...{ accuracy_before: figure(0.5), accuracy_after: figure(0.9), tool_rate_before: figure(0.3) },
      ...{ tool_rate_after: figure(1), training_seconds: { mean: 60, most: 61 } },
    };
    return seeds === 0
      ? []
      : [{ name: arm, settings: {}, summary, results: Array.from({ length: seeds }, (_, at) => result(at)) }];
  });
  return JSON.stringify({ hardware: '1 thread of a machine', arms });
}

describe('experiments from the page', () => {
  const opened: { service: ExperimentsService; workspace: Workspace }[] = [];
  afterEach(async () => {
    for (const { service, workspace } of opened.splice(0)) {
      await service.close();
      workspace.close();
    }
  });

  function open(
    run: TrainerTools['run'],
    options: { folder?: string; other?: string; ready?: boolean } = {},
  ) {
    const folder = options.folder ?? join(tempFolder('experiments'), 'workspace');
    const workspace = openWorkspace(folder, 1);
    let notices = 0;
    const service = createExperimentsService({
      ...{ workspace, tools: { run }, demoFolder: '/demo', log: { info: () => {}, error: () => {} } },
      now: () => 5,
      isReady: () => options.ready ?? true,
      otherTraining: () => options.other ?? null,
      notify: () => {
        notices += 1;
      },
    });
    opened.push({ service, workspace });
    return { service, folder, notices: () => notices };
  }

  /** Tools that do what the test says, when it says so. */
  function held() {
    const calls: { args: readonly string[]; options: ToolOptions; end: (outcome: ToolOutcome) => void }[] =
      [];
    const run: TrainerTools['run'] = (args, options = {}) =>
      new Promise((resolve, reject) => {
        calls.push({ args, options, end: resolve });
        options.signal?.addEventListener('abort', () => reject(new StudioError('cancelled', 'Stopped.')));
      });
    return { calls, run };
  }

  const ASKED = { name: 'tool-gain', seeds: [0, 1], scale: experimentScale.parse({ steps: 2 }) } as const;
  const GONE: ToolOutcome = { code: 0, output: '', errors: '' };

  it('tell how far they are, with their table and curves as they come', async () => {
    const { calls, run } = held();
    const { service, notices } = open(run);
    const { id, folder, command, total } = service.start(ASKED);
    expect([total, command]).toEqual([
      8,
      `npm run -s imagent -- experiment tool-gain --out ${folder} --seeds 0,1 --steps 2 --prompts 8 --group 8 --test-samples 300 --weak-steps 120 --threads 1`,
    ]);
    await until(() => calls.length === 1, 'the trainer is asked');
    expect(calls[0]?.args.slice(0, 4)).toEqual(['experiment', 'tool-gain', '--out', folder]);
    expect(calls[0]?.args.slice(-2)).toEqual(['--model', '/demo']);
    expect(service.list()[0]?.state).toEqual({ kind: 'working', doing: 'Starting', step: null });

    const before = notices();
    calls[0]?.options.onLine?.('Loading weights: 100%');
    calls[0]?.options.onLine?.('tool gain 0.5, seed 1: training');
    expect(notices()).toBe(before + 1);
    const runFolder = join(folder, 'tool-gain', 'tool-gain-0.5', 'seed-1');
    mkdirSync(runFolder, { recursive: true });
    writeFileSync(join(runFolder, 'events.jsonl'), '{"type":"phase"}\n{"type":"step_finished","step":1}\n');
    writeFileSync(join(folder, 'tool-gain.json'), report('tool-gain', [2, 1]));
    const [now] = service.list();
    expect(now).toMatchObject({
      ...{ done: 3, total: 8, hardware: '1 thread of a machine' },
      state: { kind: 'working', doing: 'tool gain 0.5, seed 1: training', step: 1 },
    });
    expect(now?.arms[0]).toMatchObject({
      ...{ name: 'tool gain 0', seeds: 2, callsAfter: 2.5, seconds: 60 },
      accuracy: { step: [1, 2], min: [0.5, 0.5], max: [0.6, 0.6], mean: [0.55, 0.55] },
      toolRate: { step: [1, 2], mean: [0.25, 0.5] },
    });

    writeFileSync(join(folder, 'tool-gain.json'), report('tool-gain', [2, 2, 2, 2]));
    calls[0]?.end(GONE);
    await until(() => service.list()[0]?.state.kind === 'done', 'it is done');
    service.remove(id);
    expect(service.list()).toEqual([]);
  });

  it('are one at a time, and none beside a run', async () => {
    const { calls, run } = held();
    const { service } = open(run);
    const { id } = service.start(ASKED);
    expect(service.working()).toBe('The experiment "Tool gain" works now.');
    expect(() => service.start(ASKED)).toThrow(/works now/);
    expect(() => service.resume(id)).toThrow(/works now/);
    expect(() => service.remove(id)).toThrow(/Stop it first/);
    expect(service.list()).toHaveLength(1);
    await until(() => calls.length === 1, 'the trainer is asked');

    const beside = open(run, { other: '"A run" trains now.' });
    expect(() => beside.service.start(ASKED)).toThrow(/"A run" trains now/);
    expect(beside.service.list()).toEqual([]);
    expect(() => open(run, { ready: false }).service.start(ASKED)).toThrow(/not set up/);
  });

  it('go on where they were stopped, also after the app was closed', async () => {
    const { calls, run } = held();
    const { service, folder } = open(run);
    const { id } = service.start(ASKED);
    await until(() => calls.length === 1, 'the trainer is asked');
    expect((await service.stop(id)).state).toEqual({ kind: 'stopped' });
    expect(service.working()).toBeNull();
    service.resume(id);
    await until(() => calls.length === 2, 'the trainer is asked again');
    expect(calls[1]?.args).toEqual(calls[0]?.args);
    const [first] = opened.splice(0);
    await first?.service.close();
    first?.workspace.close();

    const again = open(run, { folder });
    expect(again.service.list()).toMatchObject([{ id, state: { kind: 'stopped' } }]);
    again.service.resume(id);
    await until(() => calls.length === 3, 'the trainer is asked a third time');
  });

  it('say why they ended before they were done, until they go on', async () => {
    const { calls, run } = held();
    const { service, folder } = open(run);
    const { id } = service.start(ASKED);
    await until(() => calls.length === 1, 'the trainer is asked');
    calls[0]?.end({ code: 1, output: '', errors: 'noise\nThe experiment stopped: The disk is full.' });
    await until(() => service.working() === null, 'it has ended');
    const failed = { kind: 'failed', message: 'noise\nThe experiment stopped: The disk is full.' };
    expect(service.list()[0]?.state).toEqual(failed);
    const [first] = opened.splice(0);
    first?.workspace.close();
    const again = open(run, { folder }).service;
    expect(again.list()[0]?.state).toEqual(failed);
    expect(again.resume(id).state.kind).toBe('working');
  });

  it('a report that is not one counts as none', () => {
    const { run } = held();
    const { service } = open(run);
    const { folder } = service.start(ASKED);
    writeFileSync(join(folder, 'tool-gain.json'), '{"arms": 3}');
    expect(service.list()[0]).toMatchObject({ done: 0, arms: [], hardware: null });
    writeFileSync(join(folder, 'tool-gain.json'), '{"ar');
    expect(service.list()[0]).toMatchObject({ done: 0, arms: [] });
  });
});
