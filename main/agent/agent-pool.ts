import type { AgentSource } from '../../shared/model/agent-version.ts';
import type { AgentBackend } from './backend.ts';

/** @throws BackendError */
export type OpenAgent = (source: AgentSource, signal: AbortSignal) => Promise<AgentBackend>;

/** Keeps the agent that was used last, because loading one takes long and two may not fit. */
export interface AgentPool {
  /** @throws BackendError */
  use(source: AgentSource, signal: AbortSignal): Promise<AgentBackend>;
  close(): Promise<void>;
}

export function createAgentPool(open: OpenAgent): AgentPool {
  let held: { readonly key: string; readonly backend: AgentBackend } | null = null;

  async function drop(): Promise<void> {
    const backend = held?.backend;
    held = null;
    await backend?.close();
  }

  return {
    use: async (source, signal) => {
      const key = JSON.stringify(source);
      if (held?.key === key) return held.backend;
      await drop();
      const backend = await open(source, signal);
      held = { key, backend };
      return backend;
    },
    close: drop,
  };
}
