import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import { judgeTest } from '../../../shared/contract/judge.ts';
import type { JudgeTest } from '../../../shared/contract/judge.ts';
import type { CreateRunInput } from '../../../shared/contract/runs.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import type { DoctorCheck, TrainerSetup } from '../../../shared/model/trainer-setup.ts';
import { defaultsFor } from '../../../shared/model/training-defaults.ts';
import type { TrainingDefaults } from '../../../shared/model/training-defaults.ts';
import type { JudgeSettings } from '../../../shared/trainer-protocol/config-parts.ts';
import { probeReport, RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';
import type { ProbeReport } from '../../../shared/trainer-protocol/run-folder.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { examine } from '../../trainer-control/doctor.ts';
import type { PythonEnvironment } from '../../trainer-control/python-environment.ts';
import { replaceJson } from '../../trainer-control/run-files.ts';
import type { TrainerTools } from '../../trainer-control/trainer-commands.ts';
import { countWeights } from '../../trainer-control/weights.ts';
import { writeDataFolder } from './data-folder.ts';
import { makeConfig } from './run-config.ts';
import { readRunData } from './run-data.ts';
import type { ReadSnapshot } from './run-data.ts';

export interface SetupDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly python: PythonEnvironment;
  readonly tools: TrainerTools;
  readonly examine: typeof examine;
  readonly chooseAgent: (id: AgentVersionId | undefined) => Promise<StoredAgent>;
  readonly readSnapshot: ReadSnapshot;
  readonly releaseEngine: () => Promise<void>;
}

/** What stands before a run: the trainer's Python, what this machine has, what a run would cost. */
export interface SetupService {
  state(): TrainerSetup;
  /** Begins, or goes on where an earlier try ended; it does not end with the page. */
  begin(): TrainerSetup;
  stop(): void;
  doctor(agent: AgentVersionId | undefined): Promise<readonly DoctorCheck[]>;
  /** What a run of this agent should begin with. @throws StudioError not_found */
  defaults(agent: AgentVersionId): Promise<TrainingDefaults>;
  /** Plays and trains a little, and says what the whole would take. @throws StudioError trainer_missing, cancelled */
  estimate(input: CreateRunInput): Promise<ProbeReport>;
  cancelEstimate(): void;
  /** Asks a judge two easy cases, by the trainer's own code. @throws StudioError trainer_missing */
  testJudge(settings: JudgeSettings): Promise<JudgeTest>;
  close(): Promise<void>;
}

export function createSetupService(deps: SetupDeps): SetupService {
  const { workspace, now, notify, python } = deps;
  let state: TrainerSetup | null = null;
  let work: { readonly abort: AbortController; readonly done: Promise<void> } | null = null;
  let probing: AbortController | null = null;
  const closing = new AbortController();

  function change(next: TrainerSetup | null): void {
    state = next;
    notify('runs');
  }

  const current = (): TrainerSetup => state ?? { kind: python.isReady() ? 'ready' : 'missing' };

  async function setUp(signal: AbortSignal): Promise<void> {
    const since = now();
    let packages = 0;
    let told = 0;
    const message = await python.setUp((line) => {
      if (/^\s*Collecting /.test(line)) packages += 1;
      // What pip warns of is for its own people.
      if (/^\s*(WARNING|DEPRECATION|NOTICE)\b/.test(line)) return;
      // Pip says several things a millisecond; a page is told what a person could read.
      if (now() - told < 200) return;
      told = now();
      change({ kind: 'working', since, line: line.trim().slice(0, 300), packages });
    }, signal);
    work = null;
    // Who stops it has not failed: it is as it was, and goes on from there.
    change(message === null || signal.aborted ? null : { kind: 'failed', message });
  }

  async function probe(input: CreateRunInput, signal: AbortSignal): Promise<ProbeReport> {
    const agent = await deps.chooseAgent(input.agentVersionId);
    if (agent.source.kind !== 'folder') {
      throw new StudioError('bad_input', `${agent.name} runs on a server and can't be trained here.`);
    }
    const id = newId.run();
    const folder = join(workspace.temporaryFolder, `probe-${id}`);
    mkdirSync(folder, { recursive: true });
    try {
      writeDataFolder(folder, readRunData(workspace, input.source, deps.readSnapshot));
      const facts = { run_id: id, created_at: now(), agent_folder: agent.source.folder };
      const lineage = { parent_agent: agent.id, snapshot: null };
      const config = join(folder, RUN_FILES.config);
      replaceJson(config, makeConfig({ ...facts, lineage }, input.knobs));
      await deps.releaseEngine();
      const { output, errors } = await deps.tools.run(['probe', config], { signal });
      return readLine(probeReport, output, errors, 'The probe');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  return {
    state: current,
    begin: () => {
      if (work === null) {
        const abort = new AbortController();
        change({ kind: 'working', since: now(), line: 'Looking for Python', packages: 0 });
        work = { abort, done: setUp(abort.signal) };
      }
      return current();
    },
    stop: () => work?.abort.abort(),
    doctor: async (id) => {
      const agent = await deps.chooseAgent(id).catch(() => null);
      return await deps.examine({
        workspace: workspace.folder,
        agent:
          agent === null
            ? null
            : {
                name: agent.name,
                folder: agent.source.kind === 'folder' ? agent.source.folder : null,
              },
        signal: closing.signal,
      });
    },
    defaults: async (id) => {
      const { source } = await deps.chooseAgent(id);
      return defaultsFor({ parameters: source.kind === 'folder' ? countWeights(source.folder) : null });
    },
    estimate: async (input) => {
      if (!python.isReady()) throw missing();
      if (probing !== null) throw new StudioError('conflict', 'A probe runs already.');
      const abort = new AbortController();
      probing = abort;
      try {
        return await probe(input, abort.signal);
      } finally {
        probing = null;
      }
    },
    cancelEstimate: () => probing?.abort(),
    testJudge: async (settings) => {
      if (!python.isReady()) throw missing();
      const { output, errors } = await deps.tools.run(['judge', JSON.stringify(settings)], {
        signal: closing.signal,
      });
      return readLine(judgeTest, output, errors, 'The test of the judge');
    },
    close: async () => {
      closing.abort();
      probing?.abort();
      work?.abort.abort();
      await work?.done;
    },
  };
}

export function missing(): StudioError {
  return new StudioError('trainer_missing', "The trainer's Python is not set up on this machine yet.");
}

/** What a command says for programs: its last line that is one. */
function readLine<Schema extends z.ZodType>(
  schema: Schema,
  output: string,
  errors: string,
  what: string,
): z.infer<Schema> {
  for (const line of output.trim().split('\n').toReversed()) {
    try {
      const parsed = schema.safeParse(JSON.parse(line));
      if (parsed.success) return parsed.data;
    } catch {
      // What a library printed.
    }
  }
  const reason = errors.trim().split('\n').slice(-3).join('\n');
  throw new StudioError('internal', `${what} did not say how it ended.${reason === '' ? '' : `\n${reason}`}`);
}
