/**
 * The small files of a run folder, each replaced whole (temporary name, fsync, rename):
 *
 *   config.json       written by the host, read by the trainer
 *   control.json      written by the host, read by the trainer between steps
 *   heartbeat.json    written by the trainer about every 2 seconds
 *   trainer.lock      held (flock) by the trainer as long as it lives: two can't train one folder
 *   data/ events.jsonl rollouts/ evaluations/
 *   checkpoints/step-000010/   with manifest.json; what has another name is no checkpoint
 */
import { z } from 'zod';

export const RUN_FILES = {
  config: 'config.json',
  control: 'control.json',
  heartbeat: 'heartbeat.json',
  lock: 'trainer.lock',
  events: 'events.jsonl',
  data: 'data',
  train: 'data/train.jsonl',
  validation: 'data/validation.jsonl',
  demonstrations: 'data/demonstrations.jsonl',
  rollouts: 'rollouts',
  evaluations: 'evaluations',
  checkpoints: 'checkpoints',
} as const;

/**
 * What the host wants. The last one written holds. pause: wait at the end of the step. stop: end the step, save, end
 * (SIGTERM means the same). The host removes the file before it starts a trainer.
 */
export const control = z.object({ command: z.enum(['pause', 'resume', 'stop']), at: z.number() }).readonly();
export type Control = z.infer<typeof control>;

/**
 * Who trains here. A pid alone proves nothing: it may have been given to another process since. On Linux
 * `start_ticks` is field 22 of /proc/PID/stat and `boot_id` that of the kernel: equal means the same process. Elsewhere
 * `started_at` is to be compared, with 2 seconds of grace.
 */
export const heartbeat = z
  .object({
    pid: z.number().int().positive(),
    /** Milliseconds since 1970 at which the process began. */
    started_at: z.number(),
    start_ticks: z.number().int().nullable(),
    boot_id: z.string().nullable(),
    attempt: z.number().int().positive(),
    at: z.number(),
    phase: z.string(),
    step: z.number().int().nonnegative(),
    /** Processes that belong to it (several GPUs), so that a kill takes all. */
    children: z.array(z.number().int()).readonly(),
  })
  .readonly();
export type Heartbeat = z.infer<typeof heartbeat>;

/** `manifest.json`, written last. A checkpoint is whole when every file has its size and its digest. */
export const manifest = z
  .object({
    format: z.literal(1),
    run_id: z.string(),
    step: z.number().int().nonnegative(),
    created_at: z.number(),
    kind: z.enum(['lora', 'full']),
    /** Of the evaluation after this step; null where there was none. */
    accuracy: z.number().nullable(),
    files: z
      .array(
        z
          .object({
            name: z.string(),
            size: z.number().int().nonnegative(),
            sha256: z.string().regex(/^[0-9a-f]{64}$/),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type Manifest = z.infer<typeof manifest>;

const bytes = z.number().nullable();

/** What `python -m imagent_trainer probe CONFIG` prints: one JSON object, the last line of its output. */
export const probeReport = z
  .object({
    ok: z.boolean(),
    versions: z.record(z.string(), z.string()),
    devices: z
      .array(
        z
          .object({
            kind: z.enum(['cpu', 'cuda', 'mps']),
            name: z.string(),
            memory_bytes: bytes,
            free_bytes: bytes,
          })
          .readonly(),
      )
      .readonly(),
    device: z.string(),
    /** Null where the probe could not play or train; `warnings` say why. */
    seconds_per_rollout: z.number().nullable(),
    seconds_per_update: z.number().nullable(),
    seconds_per_step: z.number().nullable(),
    seconds_total: z.number().nullable(),
    peak_bytes: bytes,
    checkpoint_bytes: bytes,
    free_disk_bytes: bytes,
    parameters: z.object({ all: z.number().int(), trainable: z.number().int() }).readonly().nullable(),
    warnings: z
      .array(
        z
          .object({
            code: z.enum(['memory', 'disk', 'slow', 'device', 'config', 'data', 'no_gradient']),
            message: z.string(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type ProbeReport = z.infer<typeof probeReport>;
