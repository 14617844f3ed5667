import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AddAgentInput } from '../../../shared/contract/procedures.ts';
import type { AgentVersion } from '../../../shared/model/agent-version.ts';
import type { ImportId } from '../../../shared/model/ids.ts';
import type { ImportJob } from '../../../shared/model/import-job.ts';
import { AGENT_MARK, BEGINNER_MARK, SET_MARK } from '../../../shared/model/demo.ts';
import type { Log } from '../../log.ts';
import type { Workspace } from '../../store/workspace.ts';
import { makeBeginnerFolder } from './beginner-folder.ts';

export interface DemoDeps {
  readonly workspace: Workspace;
  readonly assetsPath: string;
  readonly log: Log;
  readonly addAgent: () => Promise<boolean>;
  readonly addFolder: (input: AddAgentInput) => Promise<AgentVersion>;
  readonly importPaths: (paths: readonly string[]) => ImportJob;
  readonly importSettled: (id: ImportId) => Promise<ImportJob>;
}

const DEMO_SET = 'demo-set/samples.jsonl';

/**
 * Puts the demo set and the demo agent into a workspace that has nothing yet, so that there is something to press
 * at the first start. Once only: what a person removed does not come back. Never fails the start.
 */
export async function prepareDemo(deps: DemoDeps): Promise<void> {
  const isFresh = deps.workspace.agents.list().length === 0;
  await Promise.all([
    once(deps, AGENT_MARK, () => isFresh, deps.addAgent).then(() => bringBeginner(deps)),
    once(
      deps,
      SET_MARK,
      () => deps.workspace.counters.total('samples') === 0,
      () => importSet(deps),
    ),
  ]);
}

async function once(
  { workspace, log }: DemoDeps,
  mark: string,
  isWanted: () => boolean,
  add: () => Promise<boolean>,
): Promise<void> {
  try {
    if (workspace.settings.getMark(mark) !== null) return;
    if (!isWanted() || (await add())) workspace.settings.setMark(mark, 'done');
  } catch (error) {
    log.error('the demo could not be put in', error);
  }
}

/** An agent that has something to learn, beside the one that knows it all. Once, and only where the demo agent is. */
async function bringBeginner({ workspace, assetsPath, addFolder, log }: DemoDeps): Promise<void> {
  const packed = join(assetsPath, 'beginner');
  try {
    if (workspace.settings.getMark(BEGINNER_MARK) !== null || !existsSync(packed)) return;
    if (!workspace.agents.list().some(({ isDemo }) => isDemo)) return;
    const folder = join(workspace.folder, 'agents', 'beginner');
    await makeBeginnerFolder(join(assetsPath, 'demo-agent'), packed, folder);
    const { id } = await addFolder({ source: { kind: 'folder', folder } });
    workspace.settings.setMark(BEGINNER_MARK, id);
  } catch (error) {
    log.error('the beginner could not be put in', error);
  }
}

async function importSet(deps: DemoDeps): Promise<boolean> {
  const path = join(deps.assetsPath, DEMO_SET);
  if (!existsSync(path)) return false;
  const job = await deps.importSettled(deps.importPaths([path]).id);
  return job.state === 'finished' && job.importedSamples > 0;
}
