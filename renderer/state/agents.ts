import type { AgentVersion } from '../../shared/model/agent-version.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../shared/model/settings.ts';
import { useQueryClient } from '@tanstack/react-query';
import { callKey, useCall, useMutation } from '../client/hooks.ts';
import { notifyFailure } from './notices.ts';

/** The version that a run uses: the one chosen in the settings, else the demo agent, else the first. */
export function currentAgent(agents: readonly AgentVersion[], settings: Settings): AgentVersion | null {
  const chosen = agents.find((agent) => agent.id === settings.agentVersionId);
  return chosen ?? agents.find((agent) => agent.isDemo) ?? agents[0] ?? null;
}

export function useSettings(): Settings {
  return useCall('settings.get', undefined).data ?? DEFAULT_SETTINGS;
}

/** Changes some settings. Shown at once; put back, with the reason, where the host refuses. */
export function useChangeSettings(): (part: Partial<Settings>) => void {
  const queries = useQueryClient();
  const key = callKey('settings.get', undefined);
  const { mutate } = useMutation('settings.set', {
    onSuccess: (settings) => queries.setQueryData(key, settings),
    onFailure: (failure) => {
      notifyFailure(failure);
      void queries.invalidateQueries({ queryKey: key });
    },
  });
  return (part) => {
    const before = queries.getQueryData<Settings>(key) ?? DEFAULT_SETTINGS;
    const settings = { ...before, ...part };
    queries.setQueryData(key, settings);
    mutate(settings);
  };
}

export function useAgents(): {
  readonly agents: readonly AgentVersion[];
  readonly current: AgentVersion | null;
  /** The list has not been read yet. */
  readonly loading: boolean;
} {
  const { data } = useCall('agents.list', undefined);
  const settings = useSettings();
  const agents = data ?? [];
  return { agents, current: currentAgent(agents, settings), loading: data === undefined };
}
