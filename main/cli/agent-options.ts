import { resolve } from 'node:path';
import type { AgentSource, AgentVersion } from '../../shared/model/agent-version.ts';
import type { EpisodeLimits, SamplingSettings } from '../../shared/model/limits.ts';
import { decimalNumber, UsageError, wholeNumber } from './command.ts';

/** Options that choose and set an agent, the same for every command that runs one. */
export const AGENT_OPTIONS = {
  agent: { type: 'string' },
  server: { type: 'string' },
  model: { type: 'string' },
  seed: { type: 'string' },
  temperature: { type: 'string' },
  'max-calls': { type: 'string' },
  'no-tools': { type: 'boolean', default: false },
} as const;

export const AGENT_HELP = `  --agent DIR         folder of the agent's model; default: the demo agent that came with the app
  --server URL        instead: an OpenAI-compatible server on this machine or its network, e.g.
                      http://127.0.0.1:8000/v1, with --model NAME
  --seed N            of the sampling, 0 to 4294967295; it has no effect at temperature 0
  --temperature T     0 to 4; default: as the agent says
  --max-calls N       tool calls an episode may make, 0 to 64; default: as the agent says
  --no-tools          offer no tools`;

export interface AgentChoice {
  /** Null: the demo agent. */
  readonly source: AgentSource | null;
  readonly withTools: boolean;
  readonly seed: number | undefined;
  readonly temperature: number | undefined;
  readonly maxCalls: number | undefined;
}

type Values = {
  readonly [Name in keyof typeof AGENT_OPTIONS]?: (typeof AGENT_OPTIONS)[Name]['type'] extends 'boolean'
    ? boolean | undefined
    : string | undefined;
};

/** @throws UsageError */
export function readAgentChoice(values: Values): AgentChoice {
  return {
    source: readSource(values),
    withTools: values['no-tools'] !== true,
    seed: wholeNumber('seed', values.seed, 0, 0xffff_ffff),
    temperature: decimalNumber('temperature', values.temperature, 0, 4),
    maxCalls: wholeNumber('max-calls', values['max-calls'], 0, 64),
  };
}

function readSource({ agent, server, model }: Values): AgentSource | null {
  if (server === undefined) {
    if (model !== undefined) {
      throw new UsageError('--model goes with --server URL.');
    }
    return agent === undefined ? null : { kind: 'folder', folder: resolve(agent) };
  }
  if (agent !== undefined) {
    throw new UsageError('Give --agent or --server, not both.');
  }
  if (model === undefined) {
    throw new UsageError('--server needs --model NAME.');
  }
  if (!URL.canParse(server) || !/^https?:$/u.test(new URL(server).protocol)) {
    throw new UsageError(`--server takes an address like http://127.0.0.1:8000/v1, not "${server}".`);
  }
  return { kind: 'openai', baseUrl: server, model };
}

/** The agent's own settings with what the command line says put over them. */
export function chosenSettings(
  choice: AgentChoice,
  agent: Pick<AgentVersion, 'sampling' | 'limits'>,
): { readonly sampling: SamplingSettings; readonly limits: EpisodeLimits; readonly withTools: boolean } {
  const { seed, temperature, maxCalls, withTools } = choice;
  const { sampling, limits } = agent;
  return {
    sampling: {
      ...sampling,
      seed: seed ?? sampling.seed,
      temperature: temperature ?? sampling.temperature,
    },
    limits: { ...limits, maxCalls: maxCalls ?? limits.maxCalls },
    withTools,
  };
}
