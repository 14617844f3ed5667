import type { AgentVersion } from '../../../shared/model/agent-version.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';

/**
 * Which agent a new run begins with: the one that is in use. The demo agent has nothing to learn any more, so in its
 * place the beginner that came with it.
 */
export function agentToTrain(
  trainable: readonly Pick<AgentVersion, 'id' | 'isDemo'>[],
  current: Pick<AgentVersion, 'id' | 'isDemo'> | null,
  beginner: AgentVersionId | null,
): AgentVersionId | null {
  const inUse = trainable.find(({ id }) => id === current?.id) ?? trainable[0] ?? null;
  const young = trainable.find(({ id }) => id === beginner);
  return (inUse?.isDemo === true ? young?.id : undefined) ?? inUse?.id ?? null;
}
