import type { AgentVersion } from '../../shared/model/agent-version.ts';
import { assertNever } from '../../shared/model/assert-never.ts';
import type { AgentBackend } from './backend.ts';
import { openOpenAiBackend } from './backends/openai.ts';
import { createEngineBackend } from './engine/engine-backend.ts';
import type { EngineClient } from './engine/engine-client.ts';

/** What it takes to run an agent. For a folder, its own files say the rest. */
export type OpenableAgent = Pick<AgentVersion, 'name' | 'source' | 'sizing' | 'limits' | 'sampling'>;

export interface OpenAgentOptions {
  /** For a server that wants one; never stored. */
  readonly apiKey?: string;
  /** True only where the user allowed images to leave the private network. */
  readonly allowPublic?: boolean;
}

/**
 * Opens an agent, wherever it runs. Views are rendered in the engine process for both kinds, so that the pixels
 * are the same and hostile files are decoded away from the host.
 *
 * @throws BackendError `model_invalid`, `engine_unavailable`, `server_unavailable` or `aborted`; the message says
 * what to do.
 */
export async function openAgent(
  engine: EngineClient,
  agent: OpenableAgent,
  signal: AbortSignal,
  options: OpenAgentOptions = {},
): Promise<AgentBackend> {
  const { source } = agent;
  switch (source.kind) {
    case 'folder':
      return createEngineBackend(engine, { folder: source.folder });
    case 'openai': {
      const { name, sizing, limits, sampling } = agent;
      const { baseUrl, model } = source;
      const renderView = engine.renderView.bind(engine);
      return openOpenAiBackend(
        { baseUrl, model, name, sizing, limits, sampling, renderView, ...options },
        signal,
      );
    }
    default:
      return assertNever(source);
  }
}
