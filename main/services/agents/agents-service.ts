import { access } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { AddAgentInput, ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { AgentSource, AgentVersion } from '../../../shared/model/agent-version.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import { BackendError } from '../../agent/backend.ts';
import type { AgentDescription } from '../../agent/backend.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import type { Workspace } from '../../store/workspace.ts';

/** Where the demo agent lies, relative to the app's assets: the app may be moved or updated. */
const DEMO_AGENT_FOLDER = 'demo-agent';

export interface AgentsDeps {
  readonly workspace: Workspace;
  readonly assetsPath: string;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  /** What the folder or server says about itself. @throws BackendError */
  readonly describe: (source: AgentSource) => Promise<AgentDescription>;
}

export interface AgentsService {
  list(): Promise<readonly AgentVersion[]>;
  /** @throws StudioError model_folder_invalid, backend_unreachable */
  add(input: AddAgentInput): Promise<AgentVersion>;
  remove(id: AgentVersionId): void;
  /** The agent to run: the one named, else the chosen one, else the first. @throws StudioError not_found */
  choose(id: AgentVersionId | undefined): Promise<StoredAgent>;
  /** Adds the demo agent where the workspace has none; returns whether it could be added. */
  addDemo(): Promise<boolean>;
}

export function createAgentsService(deps: AgentsDeps): AgentsService {
  const { workspace, now, notify } = deps;
  const { agents } = workspace;
  let addingDemo: Promise<boolean> = Promise.resolve(false);

  /** With the folder where it lies on this machine. */
  function here(source: AgentSource): AgentSource {
    return source.kind === 'folder' && !isAbsolute(source.folder)
      ? { kind: 'folder', folder: resolve(deps.assetsPath, source.folder) }
      : source;
  }

  async function store(
    source: AgentSource,
    extra: { readonly name?: string | undefined; readonly isDemo: boolean },
  ): Promise<StoredAgent> {
    const description = await deps.describe(here(source));
    const agent: StoredAgent = {
      ...factsOf(description),
      id: newId.agent(),
      name: extra.name ?? description.name,
      source,
      isDemo: extra.isDemo,
      addedAt: now(),
    };
    agents.add(agent);
    notify('agents');
    return agent;
  }

  /** Only what is quickly seen: a list must not wait for a server or read gigabytes. A run says the rest. */
  async function problemOf(source: AgentSource): Promise<string | null> {
    if (source.kind !== 'folder') return null;
    return await access(join(source.folder, 'config.json')).then(
      () => null,
      () => `The model folder ${source.folder} is not there any more. Put it back, or remove this agent.`,
    );
  }

  async function storeDemo(): Promise<boolean> {
    if (agents.list().some(({ isDemo }) => isDemo)) return true;
    try {
      await store({ kind: 'folder', folder: DEMO_AGENT_FOLDER }, { isDemo: true });
      return true;
    } catch (error) {
      if (error instanceof BackendError) return false;
      throw error;
    }
  }

  async function withProblem(agent: StoredAgent): Promise<AgentVersion> {
    const source = here(agent.source);
    return { ...agent, source, problem: await problemOf(source) };
  }

  return {
    list: () => Promise.all(agents.list().map(withProblem)),
    add: async ({ name, source }) => {
      try {
        return await withProblem(await store(source, { name, isDemo: false }));
      } catch (error) {
        throw toStudioError(error);
      }
    },
    remove: (id) => {
      const settings = workspace.settings.get();
      workspace.write(() => {
        agents.remove(id, now());
        if (settings.agentVersionId === id) workspace.settings.set({ ...settings, agentVersionId: null });
      });
      notify('agents');
      notify('settings');
    },
    choose: async (id) => {
      const wanted = id ?? workspace.settings.get().agentVersionId ?? undefined;
      // At a first start the demo agent may still be on its way.
      if (wanted === undefined && agents.list().length === 0) await addingDemo;
      const agent = wanted === undefined ? agents.list()[0] : agents.get(wanted);
      if (!agent) {
        throw new StudioError('not_found', 'There is no agent to run. Add one on the Agents screen.');
      }
      return { ...agent, source: here(agent.source) };
    },
    addDemo: () => {
      addingDemo = storeDemo();
      return addingDemo;
    },
  };
}

function factsOf(
  description: AgentDescription,
): Pick<StoredAgent, 'description' | 'sizing' | 'limits' | 'sampling'> {
  const { factor, minPixels, maxPixels, cropMinPixels } = description.images;
  const { maxCalls, maxTokensPerTurn, maxEpisodeTokens, maxEpisodePixels, maxBadCallsInRow } =
    description.limits;
  const { temperature, topP, topK } = description.sampling;
  return {
    description: [description.description, description.worlds ?? ''].filter((text) => text !== '').join(' '),
    sizing: { factor, minPixels, maxPixels, cropMinPixels },
    limits: { maxCalls, maxTokensPerTurn, maxEpisodeTokens, maxEpisodePixels, maxBadCallsInRow },
    sampling: { temperature, topP, topK, seed: 0 },
  };
}

/** What a failure of a backend is called where a person is told about it. */
function toStudioError(error: unknown): unknown {
  if (!(error instanceof BackendError)) return error;
  switch (error.code) {
    case 'model_invalid':
      return new StudioError('model_folder_invalid', error.message, { cause: error });
    case 'server_unavailable':
      return new StudioError('backend_unreachable', error.message, { cause: error });
    case 'engine_crashed':
    case 'engine_unavailable':
      return new StudioError('engine_crashed', error.message, { cause: error });
    case 'image_unreadable':
    case 'view_invalid':
      return new StudioError('image_broken', error.message, { cause: error });
    case 'aborted':
    case 'closed':
      return new StudioError('cancelled', error.message, { cause: error });
    case 'context_full':
    case 'ids_invalid':
    case 'checkpoint_invalid':
    case 'internal':
      return error;
    default:
      return error.code satisfies never;
  }
}
