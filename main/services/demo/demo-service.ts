import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportId } from '../../../shared/model/ids.ts';
import type { ImportJob } from '../../../shared/model/import-job.ts';
import type { Log } from '../../log.ts';
import type { Workspace } from '../../store/workspace.ts';

export interface DemoDeps {
  readonly workspace: Workspace;
  readonly assetsPath: string;
  readonly log: Log;
  readonly addAgent: () => Promise<boolean>;
  readonly importPaths: (paths: readonly string[]) => ImportJob;
  readonly importSettled: (id: ImportId) => Promise<ImportJob>;
}

const DEMO_SET = 'demo-set/samples.jsonl';
const SET_MARK = 'demo_set';
const AGENT_MARK = 'demo_agent';

/**
 * Puts the demo set and the demo agent into a workspace that has nothing yet, so that there is something to press
 * at the first start. Once only: what a person removed does not come back. Never fails the start.
 */
export async function prepareDemo(deps: DemoDeps): Promise<void> {
  await Promise.all([
    once(deps, AGENT_MARK, () => deps.workspace.agents.list().length === 0, deps.addAgent),
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

async function importSet(deps: DemoDeps): Promise<boolean> {
  const path = join(deps.assetsPath, DEMO_SET);
  if (!existsSync(path)) return false;
  const job = await deps.importSettled(deps.importPaths([path]).id);
  return job.state === 'finished' && job.importedSamples > 0;
}
