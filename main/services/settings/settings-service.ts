import { StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { Settings } from '../../../shared/model/settings.ts';
import type { Workspace } from '../../store/workspace.ts';

export interface SettingsService {
  get(): Settings;
  /** @throws StudioError not_found when the agent is not in the workspace. */
  set(value: Settings): Settings;
}

export function createSettingsService(
  workspace: Workspace,
  notify: (topic: ChangeTopic) => void,
): SettingsService {
  return {
    get: () => workspace.settings.get(),
    set: (value) => {
      if (value.agentVersionId !== null && workspace.agents.get(value.agentVersionId) === null) {
        throw new StudioError('not_found', 'This agent is not in the workspace any more.');
      }
      workspace.settings.set(value);
      notify('settings');
      return value;
    },
  };
}
