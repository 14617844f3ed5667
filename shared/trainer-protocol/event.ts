/**
 * `events.jsonl`: append-only, written by the trainer's first process only, one event a line, flushed a line.
 *
 * For the reader: a line counts once its line feed is there. `seq` starts at 1 and rises by 1, over restarts too.
 * A run that goes on after a crash repeats the steps after its checkpoint: with `run_started.resumed_from` = n, all
 * events of earlier attempts with a step above n are history, and the new ones take their place. A crash may leave
 * half a line; the next attempt ends it with a line feed, so that it stays a malformed line of its own. A type that
 * is not known is to be skipped: newer trainers may have more.
 */
import { z } from 'zod';
import { evaluationMetrics, stepMetrics } from './metrics.ts';
import { finite } from './rollout.ts';

const count = z.number().int().nonnegative();

/** What a trainer can die of. The message says what to change. */
export const failureCode = z.enum([
  'bad_config',
  'bad_data',
  'bad_agent',
  'bad_checkpoint',
  'already_running',
  'out_of_memory',
  'gpu_out_of_memory',
  'disk_full',
  'not_finite',
  'device_unavailable',
  'judge_unreachable',
  'internal',
]);
export type FailureCode = z.infer<typeof failureCode>;

const warningCode = z.enum([
  'sample_left_out',
  'demonstration_left_out',
  'not_finite_metric',
  'judge_unreachable',
  'no_gradient',
  'low_disk',
  'checkpoint_broken',
  'checkpoint_not_saved',
  'rollout_failed',
  'other',
]);

/** What the trainer is doing now. `pausing` waits at the end of a step. */
export const phase = z.enum([
  'loading',
  'warm_up',
  'rollout',
  'reward',
  'update',
  'evaluation',
  'saving',
  'paused',
  'stopping',
]);
export type Phase = z.infer<typeof phase>;

const envelope = {
  seq: z.number().int().positive(),
  /** Milliseconds since 1970. */
  time: z.number(),
};

function event<const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.object({ type: z.literal(type), ...envelope, ...shape }).readonly();
}

export const trainerEvent = z.discriminatedUnion('type', [
  event('run_started', {
    run_id: z.string(),
    /** 1 for the first start of this folder. */
    attempt: z.number().int().positive(),
    pid: z.number().int(),
    /** Step of the checkpoint that this attempt goes on from; null: from the beginning. */
    resumed_from: count.nullable(),
    max_steps: count,
    device: z.string(),
    device_name: z.string(),
    dtype: z.string(),
    num_processes: count,
    threads: count,
    gradient_accumulation_steps: count,
    parameters: z.object({ all: count, trainable: count }).readonly(),
    samples: z.object({ train: count, validation: count, demonstrations: count }).readonly(),
    versions: z.record(z.string(), z.string()),
  }),
  event('phase', {
    step: count,
    phase,
    /** Rollouts, samples or steps done so far; at most one event a second. */
    done: count.nullable(),
    total: count.nullable(),
  }),
  event('warm_up_step', { step: count, total: count, loss: finite, learning_rate: finite }),
  /** All rollouts of a step are in `file` (relative to the run folder), `count` lines, `bytes` long. */
  event('rollouts', { step: count, file: z.string(), count, bytes: count }),
  event('step_finished', { step: count, metrics: stepMetrics }),
  event('evaluation', {
    step: count,
    metrics: evaluationMetrics,
    /** The episodes, as lines of rollouts (advantage 0), relative to the run folder. */
    file: z.string(),
  }),
  event('checkpoint_saved', { step: count, folder: z.string(), bytes: count, seconds: finite }),
  event('checkpoint_removed', { step: count, folder: z.string() }),
  event('warning', { step: count.nullable(), code: warningCode, message: z.string() }),
  event('failed', {
    step: count,
    code: failureCode,
    message: z.string(),
    /** The newest whole checkpoint, relative to the run folder; null where there is none. */
    checkpoint: z.string().nullable(),
    /** Python's traceback, for a report of the fault. */
    detail: z.string().nullable(),
  }),
  event('run_ended', {
    step: count,
    /** finished: all steps are done. stopped: it was told to stop, and can go on. */
    outcome: z.enum(['finished', 'stopped']),
    checkpoint: z.string().nullable(),
  }),
]);
export type TrainerEvent = z.infer<typeof trainerEvent>;
