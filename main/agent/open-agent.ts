import type { AgentSource, ImageSizing } from '../../shared/model/agent-version.ts';
import { assertNever } from '../../shared/model/assert-never.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../shared/model/limits.ts';
import type { EpisodeLimits } from '../../shared/model/limits.ts';
import type { AgentBackend } from './backend.ts';
import { openOpenAiBackend } from './backends/openai.ts';
import { createEngineBackend } from './engine/engine-backend.ts';
import type { EngineClient } from './engine/engine-client.ts';

export interface OpenAgentOptions {
  /** For a server that wants one; never stored. */
  readonly apiKey?: string;
  /** True only where the user allowed images to leave the private network. */
  readonly allowPublic?: boolean;
}

/** A server says nothing of sizes: those of a downloaded model folder are taken. */
const SERVER_SIZING: ImageSizing = {
  factor: 28,
  minPixels: 3136,
  maxPixels: 1_003_520,
  cropMinPixels: 200_704,
};
/** General models think at greater length than the demo agent, over larger images. */
const SERVER_LIMITS: EpisodeLimits = { ...DEFAULT_LIMITS, maxTokensPerTurn: 1024, maxEpisodeTokens: 16_384 };

/**
 * Opens an agent, wherever it runs. Views are rendered in the engine process for both kinds, so that the pixels
 * are the same and hostile files are decoded away from the host.
 *
 * @throws BackendError `model_invalid`, `engine_unavailable`, `server_unavailable` or `aborted`; the message says
 * what to do.
 */
export async function openAgent(
  engine: EngineClient,
  source: AgentSource,
  signal: AbortSignal,
  options: OpenAgentOptions = {},
): Promise<AgentBackend> {
  switch (source.kind) {
    case 'folder':
      return createEngineBackend(engine, { folder: source.folder });
    case 'openai': {
      const { baseUrl, model } = source;
      const facts = { sizing: SERVER_SIZING, limits: SERVER_LIMITS, sampling: GREEDY };
      const renderView = engine.renderView.bind(engine);
      return openOpenAiBackend({ baseUrl, model, renderView, ...facts, ...options }, signal);
    }
    default:
      return assertNever(source);
  }
}
