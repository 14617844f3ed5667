import { z } from 'zod';
import { experimentId } from './ids.ts';

/** The trainer's experiments. `tests/fixtures/experiments.json` holds this list to the trainer's own. */
export const experimentName = z.enum(['tool-gain', 'trajectory-mask', 'learn']);
export type ExperimentName = z.infer<typeof experimentName>;

export interface ExperimentPlan {
  readonly name: ExperimentName;
  readonly title: string;
  readonly question: string;
  readonly arms: readonly string[];
}

export const EXPERIMENTS: readonly ExperimentPlan[] = [
  {
    name: 'tool-gain',
    title: 'Tool gain',
    question: 'What does the tool factor of a right answer do?',
    arms: ['tool gain 0', 'tool gain 0.5', 'tool gain 1', 'tool gain 2'],
  },
  {
    name: 'trajectory-mask',
    title: 'Trajectory mask, with two calls allowed in training',
    question:
      'What becomes of tool use when rollouts that meet a limit are trained on, and when they are masked?',
    arms: ['masked', 'masked, in the baseline', 'not masked'],
  },
  {
    name: 'learn',
    title: 'GRPO from the weak base',
    question: 'Does it get better, and does it come to use its tools?',
    arms: ['GRPO'],
  },
];

export function planOf(name: ExperimentName): ExperimentPlan {
  const found = EXPERIMENTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no experiment ${name}`);
  return found;
}

/** How much is done. The defaults are those of the committed figures. */
export const experimentScale = z
  .object({
    steps: z.number().int().min(1).max(1000).default(30),
    prompts: z.number().int().min(1).max(1024).default(8),
    group: z.number().int().min(2).max(256).default(8),
    testSamples: z.number().int().min(1).max(10_000).default(300),
    weakSteps: z.number().int().min(1).max(10_000).default(120),
    threads: z.number().int().min(1).max(256).default(1),
  })
  .readonly();
export type ExperimentScale = z.infer<typeof experimentScale>;

export const seeds = z
  .array(z.number().int().min(0).max(999_999_999))
  .min(1)
  .max(10)
  .refine((all) => new Set(all).size === all.length, 'Each seed once.')
  .readonly();

/** "0, 1,2" as seeds; null for anything else. */
export function readSeeds(text: string): readonly number[] | null {
  const parts = text.split(',').map((part) => part.trim());
  if (!parts.every((part) => /^\d{1,9}$/.test(part))) return null;
  return seeds.safeParse(parts.map(Number)).data ?? null;
}

export interface ExperimentRequest {
  readonly name: ExperimentName;
  readonly seeds: readonly number[];
  readonly scale: ExperimentScale;
}

/** Arguments of `experiment`, as the terminal and the trainer take them. */
export function experimentArguments(
  { name, seeds: all, scale }: ExperimentRequest,
  out: string,
): readonly string[] {
  const sizes = {
    ...{ steps: scale.steps, prompts: scale.prompts, group: scale.group },
    ...{ 'test-samples': scale.testSamples, 'weak-steps': scale.weakSteps, threads: scale.threads },
  };
  return [
    ...[name, '--out', out, '--seeds', all.join(',')],
    ...Object.entries(sizes).flatMap(([option, value]) => [`--${option}`, String(value)]),
  ];
}

const figure = z.object({ mean: z.number(), sd: z.number() }).readonly();

/** By step: the mean of the seeds, and their least and greatest. */
const curve = z
  .object({
    step: z.array(z.number()).readonly(),
    min: z.array(z.number()).readonly(),
    max: z.array(z.number()).readonly(),
    mean: z.array(z.number()).readonly(),
  })
  .readonly();

export const experimentArm = z
  .object({
    name: z.string(),
    seeds: z.number().int(),
    accuracyBefore: figure,
    accuracyAfter: figure,
    toolRateBefore: figure,
    toolRateAfter: figure,
    callsAfter: z.number(),
    seconds: z.number(),
    accuracy: curve,
    toolRate: curve,
  })
  .readonly();
export type ExperimentArm = z.infer<typeof experimentArm>;

/** stopped: it can go on where it was, and does not by itself. */
export const experimentState = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('working'),
      /** What it does, in the trainer's words. */
      doing: z.string(),
      /** Steps of the run that trains now; null between runs. */
      step: z.number().int().nullable(),
    })
    .readonly(),
  z.object({ kind: z.literal('stopped') }).readonly(),
  z.object({ kind: z.literal('done') }).readonly(),
  z.object({ kind: z.literal('failed'), message: z.string() }).readonly(),
]);
export type ExperimentState = z.infer<typeof experimentState>;

export const experiment = z
  .object({
    id: experimentId,
    name: experimentName,
    seeds,
    scale: experimentScale,
    createdAt: z.number(),
    state: experimentState,
    /** Runs that have their figures, and all of them: arms x seeds. */
    done: z.number().int(),
    total: z.number().int(),
    arms: z.array(experimentArm).readonly(),
    /** Where it was measured, as its report says; null before the first run. */
    hardware: z.string().nullable(),
    /** Runs, table (Markdown, JSON) and plot (SVG) are here. */
    folder: z.string(),
    /** The same, from a terminal. */
    command: z.string(),
  })
  .readonly();
export type Experiment = z.infer<typeof experiment>;
