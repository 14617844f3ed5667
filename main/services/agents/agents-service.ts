import { access } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { AddAgentInput, ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { AgentSource, AgentVersion } from '../../../shared/model/agent-version.ts';
import type { AgentVersionId, ReviewerId } from '../../../shared/model/ids.ts';
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
  /**
   * An action of whoever adds it; of nobody where `by` is null, as what a long job made: it would come between a person
   * and the edit that an undo is meant for.
   * @throws StudioError model_folder_invalid, backend_unreachable
   */
  add(
    input: Omit<AddAgentInput, 'by'> & { readonly by?: ReviewerId | null | undefined },
  ): Promise<AgentVersion>;
  remove(id: AgentVersionId, by?: ReviewerId): void;
  /** The agent to run: the one named, else the chosen one, else the first. @throws StudioError not_found */
  choose(id: AgentVersionId | undefined): Promise<StoredAgent>;
  /** Adds the demo agent where the workspace has none; returns whether it could be added. */
  addDemo(): Promise<boolean>;
}

export function createAgentsService(deps: AgentsDeps): AgentsService {
  const { workspace, now, notify } = deps;
  const { agents } = workspace;
  let addingDemo: Promise<boolean> = Promise.resolve(false);

  function act(by: ReviewerId, label: string, subject: string, change: () => void): void {
    workspace.journal.act({ by, at: now(), label, subject }, change);
    notify('journal');
  }

  /** With the folder where it lies on this machine. */
  function here(source: AgentSource): AgentSource {
    return source.kind === 'folder' && !isAbsolute(source.folder)
      ? { kind: 'folder', folder: resolve(deps.assetsPath, source.folder) }
      : source;
  }

  /** `by` is null for an agent that the app adds by itself, which nobody undoes. */
  async function store(
    source: AgentSource,
    by: ReviewerId | null,
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
    if (by === null) agents.add(agent);
    else act(by, `Add agent "${agent.name}"`, agent.id, () => agents.add(agent));
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
      await store({ kind: 'folder', folder: DEMO_AGENT_FOLDER }, null, { isDemo: true });
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
    add: async ({ by, name, source }) => {
      try {
        const who = by === undefined ? workspace.reviewers.first(now()).id : by;
        return await withProblem(await store(source, who, { name, isDemo: false }));
      } catch (error) {
        throw toStudioError(error);
      }
    },
    remove: (id, by) => {
      const settings = workspace.settings.get();
      const who = by ?? workspace.reviewers.first(now()).id;
      act(who, `Remove agent "${agents.get(id)?.name ?? ''}"`, id, () => {
        agents.remove(id, now());
        // Which agent runs next is a setting of its own; undo brings the agent back and chooses nothing.
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
