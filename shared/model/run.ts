import { z } from 'zod';
import { trainConfig } from '../trainer-protocol/config.ts';
import { failureCode, phase } from '../trainer-protocol/event.ts';
import { episode, episodeStatus, verdict } from './episode.ts';
import { agentVersionId, runId, snapshotId } from './ids.ts';
import { imageRecord } from './image.ts';

/** Where a run's questions come from: an immutable snapshot, or the samples as they are at this moment. */
export const runSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('snapshot'), id: snapshotId }).readonly(),
  z.object({ kind: z.literal('samples') }).readonly(),
]);
export type RunSource = z.infer<typeof runSource>;

/** Why a run failed. `launch` is ours: the trainer ended before it wrote an event. */
export const runFailure = z
  .object({
    code: z.enum([...failureCode.options, 'launch']),
    message: z.string(),
    /** What a report of the fault needs: a traceback, or the end of the trainer's log. */
    detail: z.string().nullable(),
  })
  .readonly();
export type RunFailure = z.infer<typeof runFailure>;

/** What a person asked of a running trainer and what it has not done yet. */
export const runWish = z.enum(['pause', 'resume', 'stop']);
export type RunWish = z.infer<typeof runWish>;

/**
 * created: written, never started. interrupted: its process is gone and it did not say why (a kill, a power cut).
 * stopped, failed and interrupted can go on from the last whole checkpoint; finished is done.
 */
export const runState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created') }).readonly(),
  z.object({ kind: z.literal('starting'), since: z.number() }).readonly(),
  z
    .object({
      kind: z.literal('running'),
      phase,
      done: z.number().nullable(),
      total: z.number().nullable(),
      wish: runWish.nullable(),
    })
    .readonly(),
  z.object({ kind: z.literal('stopped'), at: z.number() }).readonly(),
  z.object({ kind: z.literal('finished'), at: z.number() }).readonly(),
  z.object({ kind: z.literal('failed'), at: z.number(), failure: runFailure }).readonly(),
  z.object({ kind: z.literal('interrupted'), at: z.number() }).readonly(),
]);
export type RunState = z.infer<typeof runState>;

/** Whether a trainer belongs to the run at this moment. */
export function isActive(state: RunState): boolean {
  return state.kind === 'starting' || state.kind === 'running';
}

/** Whether the run can be started, anew or from its last checkpoint. */
export function canStart(state: RunState): boolean {
  return !isActive(state) && state.kind !== 'finished';
}

/** What the trainer said about itself when it started. */
const runMachine = z
  .object({
    device: z.string(),
    deviceName: z.string(),
    dtype: z.string(),
    threads: z.number(),
    processes: z.number(),
    parameters: z.object({ all: z.number(), trainable: z.number() }).readonly(),
    samples: z.object({ train: z.number(), validation: z.number(), demonstrations: z.number() }).readonly(),
    versions: z.record(z.string(), z.string()),
  })
  .readonly();

export const run = z
  .object({
    id: runId,
    name: z.string(),
    source: runSource,
    /** What its data was, in words. */
    sourceName: z.string(),
    agentVersionId,
    agentName: z.string(),
    createdAt: z.number(),
    state: runState,
    /** Last finished step of the current attempt's history. */
    step: z.number().int().nonnegative(),
    maxSteps: z.number().int().positive(),
    /** 0: never started. */
    attempt: z.number().int().nonnegative(),
    machine: runMachine.nullable(),
    /** Newest figures, for lists. */
    reward: z.number().nullable(),
    accuracy: z.number().nullable(),
    toolRate: z.number().nullable(),
    /** Greedy, on the validation split. */
    evaluation: z.number().nullable(),
    /** Lines of its events that could not be read. */
    badLines: z.number().int().nonnegative(),
  })
  .readonly();
export type Run = z.infer<typeof run>;

/** A checkpoint that lies in the run folder. */
export const runCheckpoint = z
  .object({
    step: z.number().int().nonnegative(),
    createdAt: z.number(),
    bytes: z.number(),
    kind: z.enum(['lora', 'full']),
    accuracy: z.number().nullable(),
    /** Every file of the manifest is there with its size; the trainer checks the digests before it uses it. */
    whole: z.boolean(),
  })
  .readonly();
export type RunCheckpoint = z.infer<typeof runCheckpoint>;

/** A line of the run's log. */
export const runLogEntry = z
  .object({
    seq: z.number().int(),
    time: z.number(),
    step: z.number().int().nullable(),
    kind: z.enum(['start', 'evaluation', 'checkpoint', 'warning', 'failure', 'end', 'unreadable']),
    message: z.string(),
  })
  .readonly();
export type RunLogEntry = z.infer<typeof runLogEntry>;

/** Where an agent version came from. */
export const agentLineage = z
  .object({
    agentVersionId,
    parentId: agentVersionId.nullable(),
    runId,
    runName: z.string(),
    snapshotId: snapshotId.nullable(),
    step: z.number().int().nonnegative(),
    config: trainConfig,
    /** What the comparison of the host's engine with PyTorch found. */
    check: z
      .object({
        samples: z.number().int(),
        equal: z.number().int(),
        /** Of the samples: questions of the procedural world, because the run had too few of its own. */
        drawn: z.number().int().default(0),
      })
      .readonly()
      .nullable(),
  })
  .readonly();
export type AgentLineage = z.infer<typeof agentLineage>;

/** How far an agent is made of a checkpoint. */
export const makeAgentStage = z.enum(['queued', 'merge', 'export', 'verify', 'compare', 'register']);
export type MakeAgentStage = z.infer<typeof makeAgentStage>;
const makeAgentState = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('working'),
      stage: makeAgentStage,
      done: z.number().int(),
      total: z.number().int(),
    })
    .readonly(),
  z.object({ kind: z.literal('done'), agentVersionId }).readonly(),
  z.object({ kind: z.literal('failed'), message: z.string(), detail: z.string().nullable() }).readonly(),
]);
export const makeAgentJob = z
  .object({
    runId,
    step: z.number().int().nonnegative(),
    name: z.string(),
    /** Then it and its parent are measured on the same held-out samples. */
    evaluate: z.boolean().default(false),
    startedAt: z.number(),
    state: makeAgentState,
  })
  .readonly();
export type MakeAgentJob = z.infer<typeof makeAgentJob>;

/** A rollout of a step, as lists show it. `line` is its place in the step's file. */
export const rolloutSummary = z
  .object({
    line: z.number().int().nonnegative(),
    group: z.number().int().nonnegative(),
    index: z.number().int().nonnegative(),
    sampleId: z.string(),
    question: z.string(),
    status: episodeStatus,
    answer: z.string().nullable(),
    verdict,
    reward: z.number().nullable(),
    advantage: z.number().nullable(),
    /** Why it carries no loss; null where it does. */
    masked: z.string().nullable(),
    turns: z.number().int(),
    calls: z.number().int(),
    lookBacks: z.number().int(),
    tokens: z.number().int(),
    isDemonstration: z.boolean(),
  })
  .readonly();
export type RolloutSummary = z.infer<typeof rolloutSummary>;

/** A rollout as it was, in the shape of an episode, with what training made of it. */
export const rolloutView = z
  .object({
    episode,
    images: z.array(imageRecord).readonly(),
    question: z.string(),
    choices: z.array(z.string()).readonly().nullable(),
    answers: z.array(z.string()).readonly(),
    step: z.number().int(),
    line: z.number().int(),
    group: z.number().int(),
    index: z.number().int(),
    /** Rollouts in the file, for going on to the next. */
    count: z.number().int(),
    advantage: z.number().nullable(),
    boxOverlap: z.number().nullable(),
    mask: z.object({ dropped: z.boolean(), reason: z.string().nullable() }).readonly(),
    isDemonstration: z.boolean(),
    /** Consecutive tokens of the context by what they are to the loss. */
    tokens: z
      .array(
        z
          .object({
            tokenClass: z.enum(['prompt', 'trained', 'tool_result', 'dropped_trajectory']),
            tokens: z.number().int(),
          })
          .readonly(),
      )
      .readonly(),
    /** The other rollouts of its question. */
    members: z.array(rolloutSummary).readonly(),
  })
  .readonly();
export type RolloutView = z.infer<typeof rolloutView>;
