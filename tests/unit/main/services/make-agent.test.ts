import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runEpisode } from '../../../../main/agent/loop.ts';
import { createMakeAgentService } from '../../../../main/services/training/make-agent-service.ts';
import type {
  MakeAgentDeps,
  MakeAgentService,
} from '../../../../main/services/training/make-agent-service.ts';
import { samplesSameTokens } from '../../../../main/services/training/same-tokens.ts';
import { newId } from '../../../../main/store/new-id.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { ToolOutcome, TrainerTools } from '../../../../main/trainer-control/trainer-commands.ts';
import type { AgentVersion } from '../../../../shared/model/agent-version.ts';
import type { RunId } from '../../../../shared/model/ids.ts';
import type { Run } from '../../../../shared/model/run.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';
import { trainConfig } from '../../../../shared/trainer-protocol/config.ts';
import { scriptedBackend } from '../../../helpers/scripted-backend.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { until } from '../../../helpers/until.ts';

const ANSWER = '<think>I see it.</think>\n<answer>red</answer>';
const SAMPLES = 10;
const DONE: ToolOutcome = { code: 0, output: '', errors: '' };

const row = (id: number) => ({
  id: `s${id}`,
  kind: 'read',
  images: ['images/a.png'],
  question: 'What colour?',
  choices: null,
  answers: ['red'],
  answer_kind: 'text',
});
const asked = { question: 'What colour?', choices: null, images: ['/data/images/a.png'], drawn: false };
const views = [{ origin: 'input', rootImage: 0, rootBox: [0, 0, 112, 112] }];

/** The ids that the scripted agent samples for its answer. */
async function idsOfAnswer(): Promise<readonly number[]> {
  const ids: number[] = [];
  const image = { path: '/data/images/a.png', key: 'a', width: 112, height: 112 };
  const input = { images: [image], question: 'What colour?', choices: null, reference: null };
  const settings = { withTools: true, sampling: GREEDY, limits: DEFAULT_LIMITS };
  const events = runEpisode(scriptedBackend([ANSWER]), input, settings, new AbortController().signal);
  for await (const event of events)
    if (event.type === 'tokens') ids.push(...event.tokens.map((one) => one.id));
  return ids;
}

describe('an agent of a checkpoint', () => {
  let workspace: Workspace;
  let folder: string;
  let service: MakeAgentService | null = null;
  const id = newId.run();
  const calls: string[][] = [];
  const measured: string[][] = [];

  beforeEach(() => {
    folder = tempFolder('make-agent');
    workspace = openWorkspace(join(folder, 'workspace'), 1);
    calls.length = 0;
    measured.length = 0;
    const parent = storeAgent('Parent');
    workspace.runs.add({
      ...{ id, name: 'A run', source: { kind: 'samples' }, sourceName: 'samples', createdAt: 1 },
      ...{ agentVersionId: parent.id, agentName: 'Parent', state: { kind: 'stopped', at: 1 } },
      ...{ step: 5, maxSteps: 9, attempt: 1, machine: null, reward: null, accuracy: null, toolRate: null },
      ...{ evaluation: null, badLines: 0 },
    } as Run);
    mkdirSync(join(runFolder(), 'data'), { recursive: true });
    const rows = Array.from({ length: SAMPLES }, (_, index) => `${JSON.stringify(row(index))}\n`);
    writeFileSync(join(runFolder(), 'data', 'train.jsonl'), rows.join(''));
    const checkpoint = join(runFolder(), 'checkpoints', 'step-000005');
    mkdirSync(checkpoint, { recursive: true });
    writeFileSync(
      join(checkpoint, 'manifest.json'),
      JSON.stringify({
        ...{ format: 1, run_id: id, step: 5, created_at: 1, kind: 'lora', accuracy: null, files: [] },
      }),
    );
  });
  afterEach(async () => {
    await service?.close();
    workspace.close();
  });

  const runFolder = () => join(folder, 'workspace', 'runs', id);

  function storeAgent(name: string): AgentVersion {
    const agent = {
      ...{ id: newId.agent(), name, description: '', source: { kind: 'folder', folder: '/agent' } as const },
      ...{
        isDemo: false,
        sizing: { factor: 28, minPixels: 1, maxPixels: 1, cropMinPixels: 1 },
        limits: DEFAULT_LIMITS,
      },
      ...{ sampling: GREEDY, addedAt: 1 },
    };
    workspace.agents.add(agent);
    return { ...agent, problem: null };
  }

  /** `verify` writes what PyTorch would have sampled; the rest only says that it worked. */
  function tools(verified: (sample: number) => readonly number[], fails?: string): TrainerTools {
    return {
      run: async (args) => {
        calls.push([...args]);
        if (args[0] === fails) return { code: 1, output: '', errors: 'Traceback\nOSError: no space' };
        if (args[0] === 'verify') {
          const lines = Array.from({ length: SAMPLES }, (_, sample) =>
            JSON.stringify({
              ...asked,
              drawn: sample === 9,
              turns: [{ token_ids: verified(sample) }],
              views,
            }),
          );
          const out = args[2] ?? '';
          mkdirSync(out, { recursive: true });
          writeFileSync(join(out, 'episodes.jsonl'), `${lines.join('\n')}\n`);
        }
        return DONE;
      },
    };
  }

  function start(some: TrainerTools, more: Partial<MakeAgentDeps> = {}): MakeAgentService {
    service = createMakeAgentService({
      workspace,
      now: () => 1,
      notify: () => {},
      log: { info: () => {}, error: () => {} },
      tools: some,
      training: {
        folderOf: runFolder,
        config: () => trainConfig.parse({ format: 1, run_id: id, created_at: 1, agent_folder: '/agent' }),
        get: () => ({ run: workspace.runs.get(id)! }) as never,
      },
      addAgent: async ({ name }) => storeAgent(name ?? ''),
      evaluate: async (agents) => void measured.push([...agents]),
      withAgent: async (_source, _signal, work) => await work(scriptedBackend([ANSWER])),
      ...more,
    });
    return service;
  }

  const state = (of: RunId = id) => service?.jobs().find(({ runId }) => runId === of)?.state;
  const ends = () =>
    until(() => state()?.kind !== 'working', `the job ends, and not ${JSON.stringify(state())}`);

  it('is merged, exported, compared token for token and registered with its lineage', async () => {
    const ids = await idsOfAnswer();
    start(tools(() => ids)).start({ id, step: 5, name: 'Better', evaluate: true });
    await ends();
    expect(state()).toMatchObject({ kind: 'done' });
    expect(calls.map(([name]) => name)).toEqual(['merge', 'export', 'verify']);
    const [lineage] = service!.lineages();
    expect(lineage).toMatchObject({
      ...{ runId: id, runName: 'A run', step: 5, check: { samples: SAMPLES, equal: SAMPLES, drawn: 1 } },
      parentId: workspace.runs.get(id)?.agentVersionId,
    });
    expect(workspace.agents.get(lineage!.agentVersionId)?.name).toBe('Better');
    await until(() => measured.length > 0, 'both are measured');
    expect(measured).toEqual([[lineage!.parentId, lineage!.agentVersionId]]);
  });

  it('that samples other tokens than PyTorch is not registered', async () => {
    const ids = await idsOfAnswer();
    start(tools((sample) => (sample < 2 ? [...ids, 1] : ids))).start({ id, step: 5, evaluate: false });
    await ends();
    expect(state()).toMatchObject({ kind: 'failed', message: expect.stringContaining('only 8 of 10') });
    expect(workspace.agents.list().map(({ name }) => name)).toEqual(['Parent']);
  });

  it('may differ in a tie here and there, and says so', async () => {
    const ids = await idsOfAnswer();
    start(tools((sample) => (sample === 0 ? ids.slice(1) : ids))).start({ id, step: 5, evaluate: false });
    await ends();
    expect(service!.lineages()[0]?.check).toEqual({ samples: SAMPLES, equal: SAMPLES - 1, drawn: 1 });
    await service?.close();
    expect(measured).toEqual([]);
  });

  it('says what did not work, with the last words of the command', async () => {
    start(tools(() => [], 'export')).start({ id, step: 5, evaluate: false });
    await ends();
    expect(state()).toEqual({
      kind: 'failed',
      message: 'The export to ONNX did not work.',
      detail: 'Traceback\nOSError: no space',
    });
  });

  it('is begun anew by the next host where the app was closed in the middle', async () => {
    const ids = await idsOfAnswer();
    const hanging: TrainerTools = {
      run: (_args, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('ended')));
        }),
    };
    start(hanging).start({ id, step: 5, name: 'Better', evaluate: true });
    await until(() => state()?.kind === 'working', 'it works');
    await service?.close();
    start(tools(() => ids));
    await ends();
    expect(state()?.kind).toBe('done');
  });

  it('needs a whole checkpoint', () => {
    expect(() => start(tools(() => [])).start({ id, step: 4, evaluate: false })).toThrow(
      /no whole checkpoint of step 4/,
    );
  });

  it('is compared turn by turn', async () => {
    const ids = await idsOfAnswer();
    const same = (turns: readonly (readonly number[])[]) =>
      samplesSameTokens(
        scriptedBackend([ANSWER]),
        { ...asked, turns: turns.map((token_ids) => ({ token_ids: [...token_ids] })), views: views as never },
        { limits: DEFAULT_LIMITS, signal: new AbortController().signal },
      );
    expect(await same([ids])).toBe(true);
    expect(await same([ids.slice(0, 3), ids.slice(3)])).toBe(false);
    expect(await same([])).toBe(false);
  });
});
