import { StudioError } from '../../../shared/contract/errors.ts';
import { agentLineage } from '../../../shared/model/run.ts';
import type { AgentLineage } from '../../../shared/model/run.ts';
import type { WorkspaceDatabase } from '../database.ts';

export interface AgentLineageRepository {
  add(lineage: AgentLineage): void;
  /** Of the agents that are in the workspace. */
  list(): readonly AgentLineage[];
}

export function createAgentLineageRepository(database: WorkspaceDatabase): AgentLineageRepository {
  const { raw } = database;
  const insert = raw.prepare<[string, string]>(
    'INSERT INTO agent_lineage SELECT seq, ? FROM agents WHERE id = ?',
  );
  const all = raw.prepare<[], { body: string }>(`
    SELECT body FROM agent_lineage JOIN agents ON agents.seq = agent_seq
    WHERE agents.removed_at IS NULL ORDER BY agent_seq`);
  return {
    add: (lineage) =>
      database.write(() => {
        if (insert.run(JSON.stringify(lineage), lineage.agentVersionId).changes !== 1)
          throw new StudioError('not_found', 'The agent is not in the workspace.');
      }),
    list: () => database.read(() => all.all().map(({ body }) => agentLineage.parse(JSON.parse(body)))),
  };
}
