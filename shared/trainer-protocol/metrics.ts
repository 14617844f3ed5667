/** The figures of a step and of an evaluation. Means are over the agent's own rollouts, without demonstrations. */
import { z } from 'zod';
import { maskReason, finite } from './rollout.ts';

const count = z.number().int().nonnegative();

export const stepMetrics = z
  .object({
    rollouts: count,
    demonstrations: count,
    reward: finite.describe('Mean total reward of the scored rollouts.'),
    reward_std: finite.describe('Mean deviation inside the groups.'),
    accuracy: finite,
    tool_factor: finite,
    format: finite,
    box_overlap: finite.describe('Null where no sample has approved boxes.'),
    tool_rate: finite.describe('Share of rollouts with at least one call.'),
    valid_tool_rate: finite.describe('Share of rollouts with at least one valid call.'),
    look_back_rate: finite.describe('Share of rollouts that look back at least once.'),
    turns: finite.describe('Mean number of turns.'),
    calls: finite,
    bad_calls: finite,
    completion_tokens: finite.describe('Mean number of sampled tokens.'),
    context_tokens: finite.describe('Mean length of the whole context.'),
    masked_share: finite,
    masked_by: z.partialRecord(maskReason, z.number()).describe('Shares of all rollouts, by cause.'),
    status_shares: z.record(z.string(), z.number()),
    flag_shares: z.record(z.string(), z.number()),
    groups_without_gradient: finite.describe('Share of groups whose advantages are all 0.'),
    entropy: finite.describe('In nats a token: mean of -log p over all sampled tokens, which estimates it.'),
    kl: finite.describe('Against the reference; null where beta is 0.'),
    loss: finite,
    grad_norm: finite,
    learning_rate: finite,
    clip_ratio_low: finite,
    clip_ratio_high: finite,
    demonstration_weight: finite.describe("Mean weight f'(p) p of the demonstrations' tokens."),
    rollouts_per_second: finite,
    seconds: z
      .object({ total: finite, rollout: finite, reward: finite, update: finite, saving: finite })
      .readonly(),
    memory: z
      .object({
        cpu_bytes: finite,
        cpu_peak_bytes: finite,
        gpu_bytes: finite,
        gpu_peak_bytes: finite,
      })
      .readonly(),
  })
  .readonly();
export type StepMetrics = z.infer<typeof stepMetrics>;

/** Greedy, on the first samples of the validation split. */
export const evaluationMetrics = z
  .object({
    samples: count,
    accuracy: finite,
    by_kind: z.record(z.string(), z.object({ samples: count, accuracy: finite }).readonly()),
    reward: finite,
    tool_rate: finite,
    look_back_rate: finite,
    turns: finite,
    status_shares: z.record(z.string(), z.number()),
    seconds: finite,
  })
  .readonly();
export type EvaluationMetrics = z.infer<typeof evaluationMetrics>;
