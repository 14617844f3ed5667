/** The nested parts of `config.json`. */
import { z } from 'zod';
import { answerKind } from '../model/sample.ts';

/**
 * An OpenAI-compatible server on the user's machine. A key is never written here: only the name of the environment
 * variable that holds it. That name begins with IMAGENT_, so that a configuration from elsewhere can't have another
 * secret of the machine sent to an address of its own.
 */
export const judgeSettings = z
  .object({
    base_url: z
      .url({ protocol: /^https?$/, error: 'An address such as http://127.0.0.1:8000/v1.' })
      .regex(/^[^@?#]*$/, 'Without a name, a key or a query: a key has its own variable.')
      .meta({
        title: 'Address',
        description: 'Of an OpenAI-compatible server, up to and with /v1. Nothing is sent anywhere else.',
      }),
    model: z
      .string()
      .min(1, 'The name of a model on that server.')
      .max(256)
      .describe('Name of the model on that server.'),
    api_key_env: z
      .string()
      .max(64)
      .regex(/^IMAGENT_[A-Z0-9_]+$/, 'A name such as IMAGENT_JUDGE_KEY.')
      .nullable()
      .default(null)
      .meta({
        title: 'Variable of the key',
        description:
          'Environment variable that holds the key of the server, where it wants one. Never the key itself: the name begins with IMAGENT_.',
      }),
    answer_kinds: z
      .array(answerKind)
      .min(1, 'At least one kind, or no judge.')
      .readonly()
      .default(['text', 'set'])
      .describe('Kinds of answers that it decides. The rules alone are exact for the others.'),
    timeout_seconds: z.number().gt(0).max(600).default(30).meta({
      title: 'Longest wait',
      description: 'Seconds that a verdict may take.',
    }),
    max_retries: z
      .number()
      .int()
      .min(0)
      .max(20)
      .default(2)
      .meta({ title: 'Tries after the first', description: 'How often it is asked again.' }),
  })
  .readonly();
export type JudgeSettings = z.infer<typeof judgeSettings>;

export const loraSettings = z
  .object({
    enabled: z.boolean().default(true).describe('Off: all weights are trained.'),
    rank: z.number().int().min(1).max(1024).default(16).describe('Rank of the matrices.'),
    alpha: z.number().gt(0).max(4096).default(32).describe('Their scale is alpha / rank.'),
    dropout: z.number().min(0).lt(1).default(0).describe('Dropout before them.'),
    vision_tower: z.boolean().default(false).describe('Also beside the weights of the vision tower.'),
  })
  .readonly();

export const demonstrationMode = z.enum(['off_policy', 'warm_up', 'none']);
export type DemonstrationMode = z.infer<typeof demonstrationMode>;

/**
 * off_policy: a corrected trajectory takes the place of a rollout of its group and learns by its advantage, each
 * token weighted by f'(p) p of f(p) = p / (p + shaping) (LUFFY). warm_up: supervised steps before GRPO.
 */
export const demonstrationSettings = z
  .object({
    mode: demonstrationMode.default('off_policy'),
    per_group: z
      .number()
      .int()
      .min(1)
      .max(8)
      .default(1)
      .describe('Members of a group that are demonstrations.'),
    shaping: z.number().gt(0).max(1).default(0.1).describe('The constant of f(p) = p / (p + shaping).'),
    warm_up_steps: z.number().int().min(1).max(100_000).default(20).describe('Supervised steps before GRPO.'),
    warm_up_learning_rate: z.number().gt(0).max(1).default(1e-5),
    warm_up_batch_size: z.number().int().min(1).max(1024).default(8).describe('Demonstrations of a step.'),
  })
  .readonly();

export const stepMarkWeights = z
  .object({
    good: z.number().min(0).max(10).default(1).describe('Factor on the tokens of a turn marked good.'),
    bad: z
      .number()
      .min(0)
      .max(10)
      .default(1)
      .describe('Factor on the tokens of a turn marked bad; 0 drops them.'),
  })
  .readonly();
