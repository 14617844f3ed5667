import { z } from 'zod';
import { agentVersionId } from './ids.ts';
import { episodeLimits, samplingSettings } from './limits.ts';

/** Sizes at which images are shown to the model, in pixels of area. */
export const imageSizing = z
  .object({
    /** Sides of what the model sees are multiples of this; agents that were stored without it have 28. */
    factor: z.number().int().positive().default(28),
    minPixels: z.number().int().positive(),
    maxPixels: z.number().int().positive(),
    /** A crop is enlarged to at least this area. */
    cropMinPixels: z.number().int().positive(),
  })
  .readonly();
export type ImageSizing = z.infer<typeof imageSizing>;

/** Where an agent version runs: a model folder in our engine, or a server on the user's machine. */
export const agentSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), folder: z.string() }).readonly(),
  z.object({ kind: z.literal('openai'), baseUrl: z.url(), model: z.string().min(1).max(256) }).readonly(),
]);
export type AgentSource = z.infer<typeof agentSource>;

export const agentVersion = z
  .object({
    id: agentVersionId,
    name: z.string(),
    description: z.string(),
    source: agentSource,
    /** The agent that came with the app; it knows only its procedural world. */
    isDemo: z.boolean(),
    sizing: imageSizing,
    limits: episodeLimits,
    sampling: samplingSettings,
    addedAt: z.number(),
    /** Set when the agent can't be used now, with what to do about it. */
    problem: z.string().nullable(),
  })
  .readonly();
export type AgentVersion = z.infer<typeof agentVersion>;
