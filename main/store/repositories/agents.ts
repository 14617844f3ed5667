import type { AgentSource, AgentVersion, ImageSizing } from '../../../shared/model/agent-version.ts';
import { agentSource, imageSizing } from '../../../shared/model/agent-version.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import { episodeLimits, samplingSettings } from '../../../shared/model/limits.ts';
import type { WorkspaceDatabase } from '../database.ts';

/** An agent as stored; whether it can be used now is looked up when it is asked for. */
export type StoredAgent = Omit<AgentVersion, 'problem'>;

export interface AgentRepository {
  add(agent: StoredAgent): void;
  get(id: AgentVersionId): StoredAgent | null;
  /** Also of an agent that was removed: its episodes are still there. */
  sizingOf(id: AgentVersionId): ImageSizing | null;
  /** Oldest first. */
  list(): readonly StoredAgent[];
  remove(id: AgentVersionId, at: number): void;
  /** The agent of a source, as its JSON text; null when there is none. */
  withSource(source: string): AgentVersionId | null;
  /** Takes an agent away that nothing refers to; false, and nothing done, where something does. Inside `write`. */
  dropUnused(id: AgentVersionId): boolean;
}

interface AgentRow {
  readonly id: AgentVersionId;
  readonly name: string;
  readonly description: string;
  readonly source: string;
  readonly is_demo: number;
  readonly sizing: string;
  readonly limits: string;
  readonly sampling: string;
  readonly added_at: number;
}

function toAgent(row: AgentRow): StoredAgent {
  const source: AgentSource = agentSource.parse(JSON.parse(row.source));
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    source,
    isDemo: row.is_demo === 1,
    sizing: imageSizing.parse(JSON.parse(row.sizing)),
    limits: episodeLimits.parse(JSON.parse(row.limits)),
    sampling: samplingSettings.parse(JSON.parse(row.sampling)),
    addedAt: row.added_at,
  };
}

function columns(agent: StoredAgent) {
  return {
    id: agent.id,
    name: agent.name,
    description: agent.description,
    source: JSON.stringify(agent.source),
    isDemo: agent.isDemo ? 1 : 0,
    sizing: JSON.stringify(agent.sizing),
    limits: JSON.stringify(agent.limits),
    sampling: JSON.stringify(agent.sampling),
    addedAt: agent.addedAt,
  };
}

export function createAgentRepository(database: WorkspaceDatabase): AgentRepository {
  const { raw } = database;
  const insert = raw.prepare(`
    INSERT INTO agents (id, name, description, source, is_demo, sizing, limits, sampling, added_at, removed_at)
    VALUES (@id, @name, @description, @source, @isDemo, @sizing, @limits, @sampling, @addedAt, @addedAt)`);
  const show = raw.prepare<[string]>('UPDATE agents SET removed_at = NULL WHERE id = ?');
  const byId = raw.prepare<[string], AgentRow>('SELECT * FROM agents WHERE id = ? AND removed_at IS NULL');
  const sizing = raw.prepare<[string], { sizing: string }>('SELECT sizing FROM agents WHERE id = ?');
  const bySource = raw.prepare<[string], { id: AgentVersionId }>(
    'SELECT id FROM agents WHERE source = ? AND removed_at IS NULL ORDER BY seq LIMIT 1',
  );
  const uses = raw.prepare<[string], unknown>(`
    SELECT 1 FROM agents WHERE id = ? AND (
      EXISTS (SELECT 1 FROM episodes WHERE agent_seq = agents.seq)
      OR EXISTS (SELECT 1 FROM rollout_jobs WHERE agent_seq = agents.seq)
      OR EXISTS (SELECT 1 FROM agent_lineage WHERE agent_seq = agents.seq))`);
  const drop = raw.prepare<[string]>('DELETE FROM agents WHERE id = ?');
  const all = raw.prepare<[], AgentRow>('SELECT * FROM agents WHERE removed_at IS NULL ORDER BY seq');
  const mark = raw.prepare<[number, string]>(
    'UPDATE agents SET removed_at = ? WHERE id = ? AND removed_at IS NULL',
  );
  return {
    add: (agent) =>
      database.write(() => {
        insert.run(columns(agent));
        // The row is a fact and stays; that it is shown is what an action can undo.
        show.run(agent.id);
      }),
    get: (id) =>
      database.read(() => {
        const row = byId.get(id);
        return row ? toAgent(row) : null;
      }),
    sizingOf: (id) =>
      database.read(() => {
        const row = sizing.get(id);
        return row ? imageSizing.parse(JSON.parse(row.sizing)) : null;
      }),
    list: () => database.read(() => all.all().map(toAgent)),
    withSource: (source) => database.read(() => bySource.get(source)?.id ?? null),
    dropUnused: (id) =>
      database.write(() => {
        if (uses.get(id) !== undefined) return false;
        drop.run(id);
        return true;
      }),
    remove: (id, at) =>
      database.write(() => {
        mark.run(at, id);
      }),
  };
}
