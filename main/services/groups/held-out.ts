import type { Evaluation } from '../../../shared/model/evaluation.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { EvaluationsService } from './evaluations-service.ts';

/** Splits that no run trains on, the one that training never sees first. */
const HELD_OUT = ['test', 'validation'] as const;

/** The samples to compare agents on: of the first held-out split that has any; all where none has. */
export function heldOutFilter(count: (filter: SampleFilter) => number): SampleFilter {
  const split = HELD_OUT.find((one) => count({ splits: [one] }) > 0);
  return split === undefined ? {} : { splits: [split] };
}

/** Those of the agents that were not measured on these samples yet, with their tools. */
export function notMeasured(
  evaluations: readonly Evaluation[],
  agents: readonly AgentVersionId[],
  scopeKey: string,
): readonly AgentVersionId[] {
  const known = new Set(
    evaluations
      .filter((one) => one.finished && one.scopeKey === scopeKey && one.withTools)
      .map(({ agentVersionId }) => agentVersionId),
  );
  return agents.filter((id) => !known.has(id));
}

/** Measures an agent and the one that it came from on the same held-out samples, in the background. */
export function createHeldOut(
  workspace: Workspace,
  evaluations: Pick<EvaluationsService, 'list' | 'start' | 'scopeKeyOf'>,
): (agents: readonly AgentVersionId[]) => Promise<void> {
  return async (agents) => {
    const filter = heldOutFilter((one) => workspace.sampleSearch.count(one));
    if (workspace.sampleSearch.count(filter) === 0) return;
    const there = agents.filter((id) => workspace.agents.get(id) !== null);
    const missing = notMeasured(evaluations.list(), there, evaluations.scopeKeyOf(filter));
    for (const agentVersionId of missing)
      await evaluations.start({ agentVersionId, filter, withTools: true });
  };
}
