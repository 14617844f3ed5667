/**
 * `config.json` of a run folder: written by the host, read once by the trainer. Knobs that TRL has keep TRL's names
 * and are handed to it as they are; the others are ours. Every knob has a default, so that a file with a run id, an
 * agent folder and data is a whole configuration.
 */
import { z } from 'zod';
import { episodeStatus } from '../model/episode.ts';
import { DEFAULT_MASKED_STATUSES } from '../model/token-mask.ts';
import { demonstrationSettings, judgeSettings, loraSettings, stepMarkWeights } from './config-parts.ts';
import { knob } from './knob.ts';

const size = {
  max_steps: knob(z.number().int().min(1).max(1_000_000).default(200), {
    title: 'Steps',
    description: 'Optimiser steps of the whole run. Each plays new rollouts.',
    origin: 'ours',
    fold: 'basic',
  }),
  prompts_per_step: knob(z.number().int().min(1).max(4096).default(8), {
    title: 'Prompts per step',
    description: 'Questions of a step; the paper has 256, on many machines. Fewer is faster and noisier.',
    origin: 'ours',
    fold: 'basic',
  }),
  num_generations: knob(z.number().int().min(2).max(256).default(8), {
    title: 'Group size',
    description: 'Rollouts of one question. Their rewards are compared with each other.',
    origin: 'paper',
    fold: 'basic',
  }),
  seed: knob(z.number().int().min(0).max(0xffff_ffff).default(0), {
    title: 'Seed',
    description: 'The same seed on the same machine gives the same curve.',
    origin: 'ours',
    fold: 'basic',
  }),
};

const sampling = {
  temperature: knob(z.number().gt(0).max(4).default(1), {
    title: 'Temperature',
    description: 'Of the rollouts. GRPO needs rollouts that differ, so it is not 0.',
    origin: 'trl',
    fold: 'rollouts',
  }),
  top_p: knob(z.number().gt(0).max(1).default(1), {
    title: 'Top p',
    description:
      'Smallest set of tokens with this much probability. Below 1 the update is slightly off-policy.',
    origin: 'trl',
    fold: 'rollouts',
  }),
  with_tools: knob(z.boolean().default(true), {
    title: 'Tools',
    description: 'Whether the agent is offered its tools.',
    origin: 'paper',
    fold: 'rollouts',
  }),
  limits: knob(
    z
      .object({
        max_calls: z.number().int().min(0).max(64).nullable().default(null),
        max_tokens_per_turn: z.number().int().min(1).max(8192).nullable().default(null),
        max_episode_tokens: z.number().int().min(64).max(131_072).nullable().default(null),
        max_episode_pixels: z.number().int().min(784).max(64_000_000).nullable().default(null),
        max_bad_calls_in_row: z.number().int().min(1).max(64).nullable().default(null),
      })
      .readonly()
      .prefault({}),
    {
      title: 'Limits',
      description: 'What ends an episode. Empty: as the agent folder says.',
      origin: 'ours',
      fold: 'rollouts',
    },
  ),
};

const reward = {
  tool_gain: knob(z.number().min(0).max(10).default(0.5), {
    title: 'Tool gain',
    description: 'A right answer with a valid tool call is worth 1 + this. 0 is the ablation.',
    origin: 'paper',
    fold: 'basic',
  }),
  format_weight: knob(z.number().min(0).max(10).default(0.5), {
    title: 'Format weight',
    description: 'What a well-formed episode adds.',
    origin: 'ours',
    fold: 'reward',
  }),
  box_overlap_weight: knob(z.number().min(0).max(10).default(0), {
    title: 'Box overlap weight',
    description:
      'What crops add that overlap a box a reviewer approved for the sample (best overlap of each, averaged). 0: off.',
    origin: 'ours',
    fold: 'reward',
  }),
  judge: knob(judgeSettings.nullable().default(null), {
    title: 'Judge',
    description:
      'A model on an OpenAI-compatible server that decides where the rules find an answer wrong. Unreachable: the rollout is unscored.',
    origin: 'ours',
    fold: 'reward',
  }),
};

const masks = {
  trajectory_mask: knob(
    z
      .object({
        statuses: z
          .array(episodeStatus)
          .readonly()
          .default([...DEFAULT_MASKED_STATUSES]),
        masked_in_baseline: z.boolean().default(false),
      })
      .readonly()
      .prefault({}),
    {
      title: 'Trajectory mask',
      description:
        'Rollouts that end in one of these statuses carry no loss. masked_in_baseline: their rewards still count in the mean of their group.',
      origin: 'paper',
      fold: 'masks',
    },
  ),
};

const data = {
  demonstrations: knob(demonstrationSettings.prefault({}), {
    title: 'Corrected trajectories',
    description: 'What becomes of the trajectories that reviewers corrected.',
    origin: 'luffy',
    fold: 'demonstrations',
  }),
  step_mark_weights: knob(stepMarkWeights.prefault({}), {
    title: 'Step marks',
    description: 'Weights of the tokens of turns that reviewers marked. 1 and 1: off.',
    origin: 'ours',
    fold: 'demonstrations',
  }),
};

const optimiser = {
  learning_rate: knob(z.number().gt(0).max(1).default(1e-5), {
    title: 'Learning rate',
    description: 'For LoRA, whose weights are few and begin at zero. TRL has 1e-6, for all weights.',
    origin: 'ours',
    fold: 'basic',
  }),
  lr_scheduler_type: knob(
    z.enum(['linear', 'cosine', 'constant', 'constant_with_warmup']).default('constant_with_warmup'),
    {
      title: 'Schedule',
      description: 'How the learning rate goes on. Constant: a longer run is the same run, longer.',
      origin: 'ours',
      fold: 'optimiser',
    },
  ),
  warmup_steps: knob(z.number().int().min(0).max(100_000).default(0), {
    title: 'Warm-up steps',
    description: 'Steps in which the learning rate rises from 0.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  weight_decay: knob(z.number().min(0).max(1).default(0), {
    title: 'Weight decay',
    description: 'Of AdamW.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  adam_beta1: knob(z.number().min(0).lt(1).default(0.9), {
    title: 'Adam beta 1',
    description: 'Memory of the mean of the gradients.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  adam_beta2: knob(z.number().min(0).lt(1).default(0.999), {
    title: 'Adam beta 2',
    description: 'Memory of their squares.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  adam_epsilon: knob(z.number().gt(0).max(1).default(1e-8), {
    title: 'Adam epsilon',
    description: 'Keeps the division by their root finite.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  max_grad_norm: knob(z.number().gt(0).max(1000).default(1), {
    title: 'Gradient norm limit',
    description: 'Gradients are scaled down to it.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  num_iterations: knob(z.number().int().min(1).max(16).default(1), {
    title: 'Updates per rollouts',
    description: 'How often the rollouts of a step are used. More than 1 is off-policy.',
    origin: 'trl',
    fold: 'optimiser',
  }),
  per_device_train_batch_size: knob(z.number().int().min(1).max(1024).default(1), {
    title: 'Rollouts per micro-batch',
    description:
      'Rollouts in one forward and backward pass. The gradient is accumulated over the step, so this changes memory and speed, not the result.',
    origin: 'ours',
    fold: 'machine',
  }),
};

/** How two of the losses fade out tokens that have moved. */
const gates = {
  sapo_temperature_neg: knob(z.number().gt(0).max(100).default(1.05), {
    title: 'SAPO, temperature of negative advantages',
    description: 'How sharply a token is faded out whose ratio has moved. Only for the loss sapo.',
    origin: 'trl',
    fold: 'loss',
  }),
  sapo_temperature_pos: knob(z.number().gt(0).max(100).default(1), {
    title: 'SAPO, temperature of positive advantages',
    description: 'As above, for what is made more likely.',
    origin: 'trl',
    fold: 'loss',
  }),
  vespo_k_pos: knob(z.number().gt(0).max(100).default(2), {
    title: 'VESPO, power for positive advantages',
    description: 'Power of the ratio in the weight of a sequence. Only for the loss vespo.',
    origin: 'trl',
    fold: 'loss',
  }),
  vespo_lambda_pos: knob(z.number().gt(0).max(100).default(3), {
    title: 'VESPO, decay for positive advantages',
    description: 'How fast that weight falls where the ratio grows.',
    origin: 'trl',
    fold: 'loss',
  }),
  vespo_k_neg: knob(z.number().gt(0).max(100).default(3), {
    title: 'VESPO, power for negative advantages',
    description: 'As for positive ones, for what is made less likely.',
    origin: 'trl',
    fold: 'loss',
  }),
  vespo_lambda_neg: knob(z.number().gt(0).max(100).default(2), {
    title: 'VESPO, decay for negative advantages',
    description: 'As for positive ones, for what is made less likely.',
    origin: 'trl',
    fold: 'loss',
  }),
};

const loss = {
  loss_type: knob(
    z.enum(['grpo', 'bnpo', 'dr_grpo', 'dapo', 'cispo', 'sapo', 'luspo', 'vespo']).default('dapo'),
    {
      title: 'Loss',
      description: 'How token losses are averaged and clipped.',
      origin: 'trl',
      fold: 'loss',
    },
  ),
  beta: knob(z.number().min(0).max(10).default(0), {
    title: 'KL weight (beta)',
    description: 'How strongly the agent is held to where it began. 0 saves the reference pass.',
    origin: 'trl',
    fold: 'loss',
  }),
  epsilon: knob(z.number().gt(0).max(10).default(0.2), {
    title: 'Clip (epsilon)',
    description: 'Lower bound of the ratio is 1 - epsilon.',
    origin: 'trl',
    fold: 'loss',
  }),
  epsilon_high: knob(z.number().gt(0).max(10).nullable().default(null), {
    title: 'Clip, upper (epsilon_high)',
    description: 'Upper bound of the ratio is 1 + this. Empty: as epsilon. DAPO has 0.28.',
    origin: 'trl',
    fold: 'loss',
  }),
  delta: knob(z.number().gt(1).max(100).nullable().default(null), {
    title: 'Two-sided clip (delta)',
    description: 'Upper bound of the ratio for negative advantages. Empty: none.',
    origin: 'trl',
    fold: 'loss',
  }),
  importance_sampling_level: knob(z.enum(['token', 'sequence']).default('token'), {
    title: 'Ratio of',
    description: 'A ratio a token (GRPO), or one a sequence (GSPO; with loss type grpo).',
    origin: 'trl',
    fold: 'loss',
  }),
  scale_rewards: knob(z.enum(['group', 'batch', 'none']).default('group'), {
    title: 'Scale rewards by',
    description:
      'What the advantage is divided by: deviation of the group, of the step, or nothing (Dr. GRPO).',
    origin: 'trl',
    fold: 'loss',
  }),
  entropy_coef: knob(z.number().min(0).max(1).default(0), {
    title: 'Entropy bonus',
    description: 'Keeps the agent trying. 0: off.',
    origin: 'trl',
    fold: 'loss',
  }),
  top_entropy_quantile: knob(z.number().gt(0).max(1).default(1), {
    title: 'Top entropy share',
    description: 'Only this share of the tokens, the most uncertain ones, carries loss. 1: all.',
    origin: 'trl',
    fold: 'loss',
  }),
  use_bias_correction_kl: knob(z.boolean().default(true), {
    title: 'KL with the ratio',
    description: 'Weights the KL by the ratio, so that it is that of the agent as it is now. Only with beta.',
    origin: 'trl',
    fold: 'loss',
  }),
  ...gates,
};

const machine = {
  device: knob(z.enum(['auto', 'cpu', 'cuda', 'mps']).default('auto'), {
    title: 'Device',
    description: 'auto: a GPU where there is one.',
    origin: 'ours',
    fold: 'machine',
  }),
  dtype: knob(z.enum(['auto', 'float32', 'bfloat16']).default('auto'), {
    title: 'Precision',
    description: 'auto: bfloat16 on a GPU that has it, else float32.',
    origin: 'ours',
    fold: 'machine',
  }),
  num_processes: knob(z.number().int().min(1).max(64).default(1), {
    title: 'Processes',
    description: 'One a GPU, by accelerate. The step stays the same; it is shared between them.',
    origin: 'ours',
    fold: 'machine',
  }),
  threads: knob(z.number().int().min(1).max(512).nullable().default(null), {
    title: 'CPU threads',
    description: 'Empty: as many as there are cores.',
    origin: 'ours',
    fold: 'machine',
  }),
  rollout_batch_size: knob(z.number().int().min(1).max(4096).nullable().default(null), {
    title: 'Rollouts at once',
    description: 'Rollouts that are decoded together. Empty: up to 64. Fewer needs less memory.',
    origin: 'ours',
    fold: 'machine',
  }),
  gradient_checkpointing: knob(z.boolean().default(false), {
    title: 'Gradient checkpointing',
    description: 'Computes activations twice instead of keeping them: about a third slower, far less memory.',
    origin: 'ours',
    fold: 'machine',
  }),
};

const schedule = {
  save_every: knob(z.number().int().min(1).max(100_000).default(10), {
    title: 'Checkpoint every',
    description: 'Steps between checkpoints. The last step is always saved.',
    origin: 'ours',
    fold: 'schedule',
  }),
  keep_checkpoints: knob(z.number().int().min(1).max(1000).default(3), {
    title: 'Checkpoints kept',
    description: 'Older ones are removed once a newer one is whole. The best by evaluation is kept as well.',
    origin: 'ours',
    fold: 'schedule',
  }),
  evaluation_every: knob(z.number().int().min(0).max(100_000).default(10), {
    title: 'Evaluate every',
    description: 'Steps between evaluations on the validation split, greedy. 0: never.',
    origin: 'ours',
    fold: 'schedule',
  }),
  evaluation_samples: knob(z.number().int().min(1).max(100_000).default(64), {
    title: 'Samples of an evaluation',
    description: 'The first ones of the validation split.',
    origin: 'ours',
    fold: 'schedule',
  }),
};

/** Everything a person may set. `--set key=value` and the form know these names; nested ones are joined by a dot. */
export const trainKnobs = z
  .object({
    ...size,
    ...optimiser,
    ...sampling,
    ...reward,
    ...masks,
    ...data,
    ...loss,
    lora: knob(loraSettings.prefault({}), {
      title: 'LoRA',
      description: 'Trains small matrices beside the weights instead of the weights. Off: all weights.',
      origin: 'ours',
      fold: 'lora',
    }),
    ...machine,
    ...schedule,
  })
  .readonly();

/** `config.json`. */
export const trainConfig = z
  .object({
    format: z.literal(1),
    run_id: z.string().regex(/^run_[a-z0-9]{16,32}$/),
    /** Milliseconds since 1970. */
    created_at: z.number(),
    /** Absolute path of the model folder to train; it is only read. */
    agent_folder: z.string().min(1),
    /** Where the data came from, for the lineage of the trained agent. */
    lineage: z
      .object({
        parent_agent: z.string().nullable().default(null),
        snapshot: z.string().nullable().default(null),
      })
      .readonly()
      .prefault({}),
    ...trainKnobs.unwrap().shape,
  })
  .readonly();
export type TrainConfig = z.infer<typeof trainConfig>;
