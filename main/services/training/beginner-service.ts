import { join } from 'node:path';
import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { AddAgentInput, ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { Beginner } from '../../../shared/contract/runs.ts';
import type { AgentVersion } from '../../../shared/model/agent-version.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import { toStoreError } from '../../store/store-error.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { TrainerTools } from '../../trainer-control/trainer-commands.ts';
import { missing } from './setup-service.ts';

export interface BeginnerDeps {
  readonly workspace: Workspace;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly tools: TrainerTools;
  readonly isReady: () => boolean;
  /** Folder of the demo agent, which is only read. */
  readonly demoFolder: string;
  readonly addAgent: (input: AddAgentInput) => Promise<AgentVersion>;
}

/**
 * Makes an agent that is weak on purpose: the demo agent knows its world already, so a first run on it would show
 * nothing. Nothing of it is kept over a restart of the app but the agent.
 */
export interface BeginnerService {
  /** @throws StudioError trainer_missing */
  start(): Beginner;
  state(): Beginner;
  close(): Promise<void>;
}

/** Steps of `weaken`, as trainer/imagent_trainer/train/weak.py has them. */
const STEPS = 120;

export function createBeginnerService(deps: BeginnerDeps): BeginnerService {
  const closing = new AbortController();
  let state: Beginner = { kind: 'none' };
  let work: Promise<void> = Promise.resolve();

  function change(next: Beginner): void {
    state = next;
    deps.notify('runs');
  }

  async function run(args: readonly string[], onLine?: (line: string) => void): Promise<void> {
    const { code, errors } = await deps.tools.run(args, {
      signal: closing.signal,
      ...(onLine === undefined ? {} : { onLine }),
    });
    if (code === 0) return;
    const reason = errors.trim().split('\n').slice(-3).join('\n');
    throw new StudioError('internal', `The beginner could not be made.\n${reason}`);
  }

  async function make(): Promise<void> {
    const folder = join(deps.workspace.folder, 'agents', `beginner-${newId.agent()}`);
    const weaken = ['weaken', '--model', deps.demoFolder, '--out', folder, '--check', '0'];
    await run(weaken, (line) => {
      const done = /^\{"step": (\d+),/.exec(line)?.[1];
      if (done !== undefined) change({ kind: 'working', stage: 'weaken', done: Number(done), total: STEPS });
    });
    change({ kind: 'working', stage: 'export', done: STEPS, total: STEPS });
    await run(['export', '--model', folder]);
    const agent = await deps.addAgent({ name: 'Beginner', source: { kind: 'folder', folder } });
    change({ kind: 'done', agentVersionId: agent.id });
  }

  function fail(error: unknown): void {
    if (closing.signal.aborted) return;
    const known = toStoreError(error);
    if (!isStudioError(known)) deps.log.error('the beginner could not be made', known);
    const message = isStudioError(known) ? known.message : 'Something went wrong inside the app.';
    change({ kind: 'failed', message });
  }

  return {
    state: () => state,
    start: () => {
      if (state.kind === 'working') return state;
      if (!deps.isReady()) throw missing();
      change({ kind: 'working', stage: 'weaken', done: 0, total: STEPS });
      work = make().catch(fail);
      return state;
    },
    close: async () => {
      closing.abort();
      await work;
    },
  };
}
