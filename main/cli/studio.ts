import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../../shared/contract/errors.ts';
import type { AgentSource, AgentVersion } from '../../shared/model/agent-version.ts';
import type { Host } from '../host.ts';
import type { Terminal } from './command.ts';

/** The app's own services, over a workspace that is temporary unless a folder is named. */
export type Studio = Host['services'];

const DEMO_AGENT = fileURLToPath(new URL('../../assets/demo-agent', import.meta.url));

export interface StudioOptions {
  /** Null: a temporary one, removed at the end. */
  readonly workspace: string | null;
  /** Where the demo agent and the demo set lie, for a workspace of the app; left out, there are none. */
  readonly assetsPath?: string;
  readonly terminal: Terminal;
}

/**
 * Opens the services for the time of `work`, then ends every process of theirs.
 *
 * The demo of a first start is left out: what a command was given is all there is.
 */
export async function withStudio<Result>(
  { workspace, assetsPath, terminal }: StudioOptions,
  work: (studio: Studio) => Promise<Result>,
): Promise<Result> {
  // Loaded only now, so that --help and wrong arguments are answered at once.
  const { createHost } = await import('../host.ts');
  const { spawnForkedWorker } = await import('../fork-workers.ts');
  const temporary = await mkdtemp(join(tmpdir(), 'imagent-'));
  try {
    const host = createHost({
      mode: 'browser',
      workspacePath: workspace ?? join(temporary, 'workspace'),
      assetsPath: assetsPath ?? temporary,
      spawnWorker: spawnForkedWorker,
      log: {
        info: () => {},
        error: (message, error) => {
          // Ctrl+C reaches the workers too.
          if (!terminal.signal.aborted) {
            terminal.err(`${message}: ${String(error)}\n`);
          }
        },
      },
      now: Date.now,
      goOnWithJobs: false,
    });
    try {
      return await work(host.services);
    } finally {
      await host.close();
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Says which path is wrong before anything slow begins. @throws StudioError path_unreadable */
export async function checkReadable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw new StudioError('path_unreadable', `${path} can't be read. Check that it exists.`, { cause });
    });
  }
}

/**
 * The agent to run, known to the workspace.
 *
 * @throws StudioError model_folder_invalid, backend_unreachable
 */
export async function addAgent(studio: Studio, source: AgentSource | null): Promise<AgentVersion> {
  const wanted = source ?? { kind: 'folder', folder: DEMO_AGENT };
  const known = (await studio.agents.list()).find((agent) => isSameSource(agent.source, wanted));
  if (known === undefined) {
    return studio.agents.add({ source: wanted });
  }
  if (known.problem !== null) {
    throw new StudioError('model_folder_invalid', known.problem);
  }
  return known;
}

function isSameSource(one: AgentSource, other: AgentSource): boolean {
  if (one.kind === 'folder') {
    return other.kind === 'folder' && one.folder === other.folder;
  }
  return other.kind === 'openai' && one.baseUrl === other.baseUrl && one.model === other.model;
}
