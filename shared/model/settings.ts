import { z } from 'zod';
import { agentVersionId } from './ids.ts';
import { episodeLimits, samplingSettings } from './limits.ts';

export const themeChoice = z.enum(['system', 'light', 'dark']);
export type ThemeChoice = z.infer<typeof themeChoice>;

/** Tokens a second at which a run is shown; null: as fast as the agent goes. */
export const pace = z.number().int().min(1).max(1000).nullable();
/** A small agent is done before a person has seen anything; this is about reading speed. */
export const DEFAULT_PACE = 40;

/** What a person set in this workspace. Null means: as the agent's folder says. */
export const settings = z
  .object({
    theme: themeChoice,
    agentVersionId: agentVersionId.nullable(),
    sampling: samplingSettings.nullable(),
    limits: episodeLimits.nullable(),
    withTools: z.boolean(),
    pace,
    /** Part of the episodes that two people look at, 0 to 1. */
    secondOpinionShare: z.number().min(0).max(1),
  })
  .readonly();
export type Settings = z.infer<typeof settings>;

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  agentVersionId: null,
  sampling: null,
  limits: null,
  withTools: true,
  pace: DEFAULT_PACE,
  secondOpinionShare: 0,
};
