import { z } from 'zod';

/** What ends an episode. Every one of them is a setting; an agent's folder brings its own defaults. */
export const episodeLimits = z
  .object({
    /** Tool calls an episode may make, valid or not. */
    maxCalls: z.number().int().min(0).max(64),
    /** Tokens that one turn may sample. */
    maxTokensPerTurn: z.number().int().min(1).max(8192),
    /** All tokens of the context, image tokens included. */
    maxEpisodeTokens: z.number().int().min(64).max(131_072),
    /** Sum of the pixels of all images that entered, as the model saw them (the paper's budget: 4M). */
    maxEpisodePixels: z.number().int().min(784).max(64_000_000),
    /** Bad calls in a row that end the episode as malformed. */
    maxBadCallsInRow: z.number().int().min(1).max(64),
  })
  .readonly();
export type EpisodeLimits = z.infer<typeof episodeLimits>;

export const DEFAULT_LIMITS: EpisodeLimits = {
  maxCalls: 8,
  maxTokensPerTurn: 256,
  maxEpisodeTokens: 4096,
  maxEpisodePixels: 4_000_000,
  maxBadCallsInRow: 3,
};

/** Sampling. Temperature 0 is greedy, and then the rest has no effect. */
export const samplingSettings = z
  .object({
    temperature: z.number().min(0).max(4),
    topP: z.number().gt(0).max(1),
    /** 0 keeps every token. */
    topK: z.number().int().min(0).max(1_000_000),
    seed: z.number().int().min(0).max(0xffff_ffff),
  })
  .readonly();
export type SamplingSettings = z.infer<typeof samplingSettings>;

export const GREEDY: SamplingSettings = { temperature: 0, topP: 1, topK: 0, seed: 0 };
