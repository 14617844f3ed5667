import { z } from 'zod';
import { agentVersionId } from './ids.ts';
import { episodeLimits, samplingSettings } from './limits.ts';

export const themeChoice = z.enum(['system', 'light', 'dark']);
export type ThemeChoice = z.infer<typeof themeChoice>;

/** What a person set in this workspace. Null means: as the agent's folder says. */
export const settings = z
  .object({
    theme: themeChoice,
    agentVersionId: agentVersionId.nullable(),
    sampling: samplingSettings.nullable(),
    limits: episodeLimits.nullable(),
    withTools: z.boolean(),
  })
  .readonly();
export type Settings = z.infer<typeof settings>;

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  agentVersionId: null,
  sampling: null,
  limits: null,
  withTools: true,
};
