import { z } from 'zod';
import { agentVersionId, runId } from '../model/ids.ts';
import {
  agentLineage,
  makeAgentJob,
  rolloutSummary,
  run,
  runCheckpoint,
  runLogEntry,
  runSource,
} from '../model/run.ts';
import { doctorCheck } from '../model/trainer-setup.ts';
import { trainingDefaults } from '../model/training-defaults.ts';
import { trainConfig } from '../trainer-protocol/config.ts';
import { probeReport } from '../trainer-protocol/run-folder.ts';

/**
 * runs.list               query          -> Run[] (newest first)
 * runs.get                query          {id} -> RunDetail
 * runs.create             mutation       CreateRunInput -> Run        (written, not started)
 * runs.start              mutation       {id, changes?} -> Run        (also goes on from the last whole checkpoint)
 * runs.pause|resume|stop  mutation       {id} -> Run                  (the trainer does it at the end of its step)
 * runs.kill               mutation       {id} -> Run
 * runs.remove             mutation       {id} -> void                 (refused while it trains)
 * runs.rollouts           query          {id, step} -> RolloutSummary[]
 * runs.rollout            query          {id, step, line} -> RolloutView
 * runs.log                query          {id, limit} -> RunLogEntry[] (newest first)
 * runs.output             query          {id} -> {text}               (the end of what the trainer printed)
 * runs.defaults           query          {agentVersionId} -> TrainingDefaults (by the size of the agent)
 * runs.estimate           mutation       EstimateInput -> ProbeReport (a short probe; takes seconds to minutes)
 * runs.cancelEstimate     mutation       -> void
 * runs.makeAgent          mutation       {id, step, name?, evaluate?} -> MakeAgentJob
 * runs.makeBeginner        mutation       -> Beginner                  (an agent that is weak on purpose, to see one learn)
 * runs.beginner           query          -> Beginner
 * runs.jobs               query          -> MakeAgentJob[]
 * runs.lineages           query          -> AgentLineage[]
 * charts.series           query          {id, names, buckets} -> RunSeries
 * trainer.setup           query          -> TrainerSetup
 * trainer.setUp           mutation       -> TrainerSetup              (begins; goes on when the page is left)
 * trainer.stopSetUp       mutation       -> void
 * trainer.doctor          query          {agentVersionId?} -> DoctorCheck[]
 */

export const runIdInput = z.object({ id: runId }).readonly();

export const createRunInput = z
  .object({
    name: z.string().trim().max(200).optional(),
    source: runSource,
    agentVersionId,
    /** As in `config.json`; checked by its schema, which fills in the defaults. */
    knobs: z.record(z.string(), z.unknown()),
  })
  .readonly();
export type CreateRunInput = z.infer<typeof createRunInput>;

export const defaultsInput = z.object({ agentVersionId }).readonly();
export { trainingDefaults };

export const startRunInput = z
  .object({
    id: runId,
    /** Knobs to change before it goes on: what helps against a failure. */
    changes: z.record(z.string(), z.unknown()).optional(),
  })
  .readonly();

export const runDetail = z
  .object({
    run,
    config: trainConfig,
    folder: z.string(),
    /** The same run, from a terminal. */
    command: z.string(),
    checkpoints: z.array(runCheckpoint).readonly(),
    /** First and last step whose rollouts can be looked at; null before the first. */
    rolloutSpan: z.object({ first: z.number().int(), last: z.number().int() }).readonly().nullable(),
    /** Its process lives and has not said so for a while: it hangs, or is at something long. */
    isQuiet: z.boolean(),
    /** Figures of the newest steps, for the failure detectors. Oldest first. */
    recent: z.record(z.string(), z.array(z.number()).readonly()),
    /** The same over the whole run, as means of spans of steps; empty while the newest steps are all there are. */
    whole: z.record(z.string(), z.array(z.number()).readonly()),
  })
  .readonly();
export type RunDetail = z.infer<typeof runDetail>;

export const runSeriesInput = z
  .object({
    id: runId,
    names: z.array(z.string().max(80)).max(40).readonly(),
    buckets: z.number().int().min(10).max(2000).default(400),
  })
  .readonly();
/** Each figure in at most `buckets` spans of steps: least, greatest and mean, so that no spike is lost. */
export const runSeries = z
  .object({
    first: z.number().int(),
    last: z.number().int(),
    series: z
      .array(
        z
          .object({
            name: z.string(),
            step: z.array(z.number()).readonly(),
            min: z.array(z.number()).readonly(),
            max: z.array(z.number()).readonly(),
            mean: z.array(z.number()).readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type RunSeries = z.infer<typeof runSeries>;

export const runLogInput = z
  .object({ id: runId, limit: z.number().int().min(1).max(1000).default(200) })
  .readonly();
export const runLog = z.array(runLogEntry).readonly();
export const runOutput = z.object({ text: z.string() }).readonly();

export const estimate = probeReport;

export const makeAgentInput = z
  .object({
    id: runId,
    step: z.number().int().nonnegative(),
    name: z.string().trim().min(1).max(200).optional(),
    /** Also starts the evaluations of it and of its parent on held-out samples. */
    evaluate: z.boolean().default(false),
  })
  .readonly();
export type MakeAgentInput = z.infer<typeof makeAgentInput>;
export const makeAgentJobs = z.array(makeAgentJob).readonly();
export const agentLineages = z.array(agentLineage).readonly();

export const doctorInput = z.object({ agentVersionId: agentVersionId.optional() }).readonly();
export const doctorReport = z.array(doctorCheck).readonly();

export const rolloutsInput = z.object({ id: runId, step: z.number().int().nonnegative() }).readonly();
export const rolloutInput = z
  .object({ id: runId, step: z.number().int().nonnegative(), line: z.number().int().nonnegative() })
  .readonly();
export const rolloutSummaries = z.array(rolloutSummary).readonly();

/** The making of an agent that is weak on purpose. It belongs to this start of the app. */
export const beginner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }).readonly(),
  z
    .object({
      kind: z.literal('working'),
      stage: z.enum(['weaken', 'export']),
      done: z.number(),
      total: z.number(),
    })
    .readonly(),
  z.object({ kind: z.literal('done'), agentVersionId }).readonly(),
  z.object({ kind: z.literal('failed'), message: z.string() }).readonly(),
]);
export type Beginner = z.infer<typeof beginner>;
