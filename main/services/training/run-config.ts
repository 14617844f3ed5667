import { z } from 'zod';
import { StudioError } from '../../../shared/contract/errors.ts';
import { trainConfig } from '../../../shared/trainer-protocol/config.ts';
import type { TrainConfig } from '../../../shared/trainer-protocol/config.ts';

/** What a configuration is made of beside the knobs. */
export type ConfigFacts = Pick<TrainConfig, 'run_id' | 'created_at' | 'agent_folder' | 'lineage'>;

/** A knob whose name has a dot in it belongs to a group: `lora.rank`. @throws StudioError bad_input */
export function makeConfig(facts: ConfigFacts, knobs: Readonly<Record<string, unknown>>): TrainConfig {
  const known = new Set(Object.keys(trainConfig.unwrap().shape));
  const unknown = Object.keys(knobs).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StudioError('bad_input', `There is no setting "${unknown.join('", "')}".`);
  }
  const parsed = trainConfig.safeParse({ ...knobs, format: 1, ...facts });
  if (parsed.success) return parsed.data;
  throw new StudioError('bad_input', z.prettifyError(parsed.error));
}

/** `changes` over what a run has; groups are changed inside. */
export function changeConfig(config: TrainConfig, changes: Readonly<Record<string, unknown>>): TrainConfig {
  const { run_id, created_at, agent_folder, lineage } = config;
  const merged = { ...config, ...changes };
  const { format: _format, ...knobs } = merged;
  return makeConfig({ run_id, created_at, agent_folder, lineage }, knobs);
}
