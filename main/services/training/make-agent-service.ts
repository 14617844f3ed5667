import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { MakeAgentInput } from '../../../shared/contract/runs.ts';
import type { AddAgentInput, ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { AgentSource, AgentVersion } from '../../../shared/model/agent-version.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import { snapshotId } from '../../../shared/model/ids.ts';
import type { AgentLineage, MakeAgentJob, MakeAgentStage } from '../../../shared/model/run.ts';
import { RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';
import type { AgentBackend } from '../../agent/backend.ts';
import type { Log } from '../../log.ts';
import { toStoreError } from '../../store/store-error.ts';
import type { Workspace } from '../../store/workspace.ts';
import { checkpointFolder, listCheckpoints } from '../../trainer-control/checkpoints.ts';
import type { TrainerTools } from '../../trainer-control/trainer-commands.ts';
import { samplesSameTokens, verifiedEpisode } from './same-tokens.ts';
import type { VerifiedEpisode } from './same-tokens.ts';
import type { TrainingService } from './training-service.ts';

export interface MakeAgentDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly tools: TrainerTools;
  readonly training: Pick<TrainingService, 'folderOf' | 'config' | 'get'>;
  readonly addAgent: (input: AddAgentInput) => Promise<AgentVersion>;
  /** Begins to measure agents on held-out samples; it does not wait for the end. */
  readonly evaluate: (agents: readonly AgentVersionId[]) => Promise<void>;
  /** The app's engine with an agent in it, behind whatever runs there. */
  readonly withAgent: (
    source: AgentSource,
    signal: AbortSignal,
    work: (backend: AgentBackend) => Promise<void>,
  ) => Promise<void>;
}

/** Makes agents of checkpoints. A job goes on when the page is left, and begins anew when the app was closed in it. */
export interface MakeAgentService {
  /** @throws StudioError not_found, conflict */
  start(input: MakeAgentInput): MakeAgentJob;
  jobs(): readonly MakeAgentJob[];
  lineages(): readonly AgentLineage[];
  close(): Promise<void>;
}

/** Greedy episodes that are compared, and the share of them that may differ by a tie of two tokens. */
const SAMPLES = 20;
const MOST_DIFFERENT = 0.1;

export function createMakeAgentService(deps: MakeAgentDeps): MakeAgentService {
  const { workspace, now, notify, log, tools, training } = deps;
  const { runs } = workspace;
  const closing = new AbortController();
  /** One after the other: each takes the memory of a whole model. */
  let tail: Promise<void> = Promise.resolve();

  function save(job: MakeAgentJob): void {
    runs.saveJob(job);
    notify('runs');
  }

  function stage(job: MakeAgentJob, name: MakeAgentStage, done = 0, total = 0): void {
    save({ ...job, state: { kind: 'working', stage: name, done, total } });
  }

  async function run(args: readonly string[], what: string): Promise<void> {
    const { code, errors, output } = await tools.run(args, { signal: closing.signal });
    if (code === 0) return;
    const reason = `${errors}\n${output}`.trim().split('\n').slice(-12).join('\n');
    throw new StudioError('internal', `${what} did not work.\n${reason}`);
  }

  /** How many of the greedy episodes sample the same tokens in PyTorch and in the app. */
  async function compare(job: MakeAgentJob, folder: string): Promise<AgentLineage['check']> {
    const runFolder = training.folderOf(job.runId);
    const samples = [RUN_FILES.validation, RUN_FILES.train]
      .map((name) => join(runFolder, name))
      .filter((path) => existsSync(path));
    const out = join(workspace.temporaryFolder, `verify-${job.runId}-${job.step}`);
    stage(job, 'verify');
    try {
      const wanted = ['--limit', String(SAMPLES), '--samples', ...samples];
      await run(['verify', folder, out, ...wanted], 'Playing it with PyTorch');
      const verified = readVerified(await readFile(join(out, 'episodes.jsonl'), 'utf8'));
      return await compareWith(verified, job, folder);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }

  async function compareWith(
    verified: readonly VerifiedEpisode[],
    job: MakeAgentJob,
    folder: string,
  ): Promise<AgentLineage['check']> {
    let equal = 0;
    await deps.withAgent({ kind: 'folder', folder }, closing.signal, async (backend) => {
      const options = { limits: backend.description.limits, signal: closing.signal };
      for (const [index, one] of verified.entries()) {
        stage(job, 'compare', index, verified.length);
        if (await samplesSameTokens(backend, one, options)) equal += 1;
        if (closing.signal.aborted) throw new StudioError('cancelled', 'The app is closing.');
      }
    });
    if (equal < verified.length * (1 - MOST_DIFFERENT)) {
      throw new StudioError(
        'internal',
        `The exported agent is not the trained one: only ${equal} of ${verified.length} greedy episodes have the same tokens in the app as in PyTorch. Nothing was registered.`,
      );
    }
    return { samples: verified.length, equal, drawn: verified.filter(({ drawn }) => drawn).length };
  }

  async function make(job: MakeAgentJob): Promise<void> {
    const { runId, step, name } = job;
    const runFolder = training.folderOf(runId);
    const config = training.config(runId);
    const { run: trained } = training.get(runId);
    const folder = join(workspace.folder, 'agents', `${runId}-step-${String(step).padStart(6, '0')}`);
    stage(job, 'merge');
    await run(['merge', checkpointFolder(runFolder, step), folder], 'Merging the checkpoint');
    stage(job, 'export');
    await run(['export', '--model', folder], 'The export to ONNX');
    const check = await compare(job, folder);
    stage(job, 'register');
    const agent = await deps.addAgent({ name, source: { kind: 'folder', folder } });
    workspace.write(() => {
      workspace.lineage.add({
        agentVersionId: agent.id,
        parentId: trained.agentVersionId,
        runId,
        runName: trained.name,
        snapshotId: snapshotId.safeParse(config.lineage.snapshot).data ?? null,
        step,
        config,
        check,
      });
      save({ ...job, state: { kind: 'done', agentVersionId: agent.id } });
    });
    notify('agents');
    if (job.evaluate) await measure(trained.agentVersionId, agent.id);
  }

  /** The agent is there by now: what goes wrong here does not undo it, and can be started by hand. */
  async function measure(parent: AgentVersionId, agent: AgentVersionId): Promise<void> {
    try {
      await deps.evaluate([parent, agent]);
    } catch (error) {
      log.error('the new agent could not be measured', error);
    }
  }

  function begin(job: MakeAgentJob): void {
    stage(job, 'queued');
    tail = tail.then(async () => {
      if (closing.signal.aborted) return;
      try {
        await make(job);
      } catch (error) {
        end(job, toStoreError(error));
      }
    });
  }

  function end(job: MakeAgentJob, error: unknown): void {
    // It stays as it is: the next start of the app begins it anew.
    if (closing.signal.aborted) return;
    if (!isStudioError(error)) log.error('an agent could not be made of a checkpoint', error);
    const text = isStudioError(error)
      ? error.message
      : 'Something went wrong inside the app. Its log has the details.';
    const [message = text, ...detail] = text.split('\n');
    save({
      ...job,
      state: { kind: 'failed', message, detail: detail.length === 0 ? null : detail.join('\n') },
    });
  }

  for (const job of runs.jobs()) if (job.state.kind === 'working') begin(job);

  return {
    start: ({ id, step, name, evaluate }) => {
      const { run: trained } = training.get(id);
      const checkpoint = listCheckpoints(training.folderOf(id)).find((one) => one.step === step);
      if (checkpoint === undefined || !checkpoint.whole) {
        throw new StudioError('not_found', `There is no whole checkpoint of step ${step} any more.`);
      }
      const known = runs.jobs().find((one) => one.runId === id && one.step === step);
      if (known?.state.kind === 'working') return known;
      const job: MakeAgentJob = {
        runId: id,
        step,
        name: name ?? `${trained.agentName}, step ${step} of ${trained.name}`.slice(0, 200),
        evaluate,
        startedAt: now(),
        state: { kind: 'working', stage: 'queued', done: 0, total: 0 },
      };
      begin(job);
      return job;
    },
    jobs: () => runs.jobs(),
    lineages: () => workspace.lineage.list(),
    close: async () => {
      closing.abort();
      await tail;
    },
  };
}

function readVerified(text: string): readonly VerifiedEpisode[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => verifiedEpisode.parse(JSON.parse(line)));
}
