import { z } from 'zod';

/** What is known of an agent before it is trained. */
export interface AgentFacts {
  /** Weights of the model; null where its files do not say. */
  readonly parameters: number | null;
}

/** Knobs by their path in `config.json`, where they differ from the defaults of the schema. */
const knobDefaults = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).readonly();
export type KnobDefaults = z.infer<typeof knobDefaults>;

export const trainingDefaults = z
  .object({
    parameters: z.number().nullable(),
    /** Why these, in one sentence. */
    why: z.string(),
    knobs: knobDefaults,
  })
  .readonly();
export type TrainingDefaults = z.infer<typeof trainingDefaults>;

/** Up to here all weights, their gradients and the optimiser's two moments are at most 800 MB: any machine has them. */
const SMALL = 50_000_000;

/**
 * A small agent learns with all its weights: matrices of low rank beside them would be hardly fewer, and learn slower.
 * Steps and rate are those that docs/grpo.md measured on the agent that ships with the app, of which half the steps
 * show most of the gain. The two schedules follow the length of such a run.
 */
const ALL_WEIGHTS: KnobDefaults = {
  'lora.enabled': false,
  learning_rate: 1e-4,
  max_steps: 15,
  save_every: 5,
  evaluation_every: 5,
};

/** Up to here a matrix is so small that threads wait for each other longer than they compute. */
const TINY = 10_000_000;
const ONE_THREAD: KnobDefaults = { ...ALL_WEIGHTS, threads: 1 };

/** The paths that an agent's size decides. What a run or a file says of them always counts as said. */
export const SIZED_KNOBS: readonly string[] = Object.keys(ONE_THREAD);

/** What a run should begin with. One that is large, or not known, gets what the schema says: LoRA. */
export function defaultsFor({ parameters }: AgentFacts): TrainingDefaults {
  if (parameters === null) {
    return { parameters, why: 'How large this agent is could not be read: defaults for LoRA.', knobs: {} };
  }
  const size = `For an agent of ${parameterWords(parameters)} parameters`;
  if (parameters > SMALL) {
    return { parameters, why: `${size}: LoRA, which trains small matrices beside the weights.`, knobs: {} };
  }
  return {
    parameters,
    why: `${size}: all weights train, in few steps.`,
    knobs: parameters <= TINY ? ONE_THREAD : ALL_WEIGHTS,
  };
}

/** `2.6 million`, `7.6 billion`. */
function parameterWords(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)} million`;
  return String(count);
}
