import { z } from 'zod';
import { judgeTest, testJudgeInput } from '../../shared/contract/judge.ts';
import * as contract from '../../shared/contract/runs.ts';
import { makeAgentJob, rolloutView, run } from '../../shared/model/run.ts';
import { trainerSetup } from '../../shared/model/trainer-setup.ts';
import { nothing, t } from './trpc.ts';

const { procedure } = t;

export const runsRouter = t.router({
  list: procedure.output(z.array(run).readonly()).query(({ ctx }) => ctx.training.list()),
  get: procedure
    .input(contract.runIdInput)
    .output(contract.runDetail)
    .query(({ ctx, input }) => ctx.training.get(input.id)),
  create: procedure
    .input(contract.createRunInput)
    .output(run)
    .mutation(({ ctx, input }) => ctx.training.create(input)),
  start: procedure
    .input(contract.startRunInput)
    .output(run)
    .mutation(({ ctx, input }) => ctx.training.start(input.id, input.changes)),
  pause: procedure
    .input(contract.runIdInput)
    .output(run)
    .mutation(({ ctx, input }) => ctx.training.ask(input.id, 'pause')),
  resume: procedure
    .input(contract.runIdInput)
    .output(run)
    .mutation(({ ctx, input }) => ctx.training.ask(input.id, 'resume')),
  stop: procedure
    .input(contract.runIdInput)
    .output(run)
    .mutation(({ ctx, input }) => ctx.training.ask(input.id, 'stop')),
  kill: procedure
    .input(contract.runIdInput)
    .output(run)
    .mutation(({ ctx, input }) => ctx.training.kill(input.id)),
  remove: procedure
    .input(contract.runIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.training.remove(input.id)),
  rollouts: procedure
    .input(contract.rolloutsInput)
    .output(contract.rolloutSummaries)
    .query(({ ctx, input }) => ctx.rollouts.list(input.id, input.step)),
  rollout: procedure
    .input(contract.rolloutInput)
    .output(rolloutView)
    .query(({ ctx, input }) => ctx.rollouts.get(input.id, input.step, input.line)),
  log: procedure
    .input(contract.runLogInput)
    .output(contract.runLog)
    .query(({ ctx, input }) => ctx.training.log(input.id, input.limit)),
  output: procedure
    .input(contract.runIdInput)
    .output(contract.runOutput)
    .query(({ ctx, input }) => ({ text: ctx.training.output(input.id) })),
  defaults: procedure
    .input(contract.defaultsInput)
    .output(contract.trainingDefaults)
    .query(({ ctx, input }) => ctx.trainerSetup.defaults(input.agentVersionId)),
  estimate: procedure
    .input(contract.createRunInput)
    .output(contract.estimate)
    .mutation(({ ctx, input }) => ctx.trainerSetup.estimate(input)),
  makeAgent: procedure
    .input(contract.makeAgentInput)
    .output(makeAgentJob)
    .mutation(({ ctx, input }) => ctx.makeAgent.start(input)),
  makeBeginner: procedure.output(contract.beginner).mutation(({ ctx }) => ctx.beginner.start()),
  beginner: procedure.output(contract.beginner).query(({ ctx }) => ctx.beginner.state()),
  jobs: procedure.output(contract.makeAgentJobs).query(({ ctx }) => ctx.makeAgent.jobs()),
  lineages: procedure.output(contract.agentLineages).query(({ ctx }) => ctx.makeAgent.lineages()),
  cancelEstimate: procedure.output(nothing).mutation(({ ctx }) => ctx.trainerSetup.cancelEstimate()),
});

export const trainerRouter = t.router({
  setup: procedure.output(trainerSetup).query(({ ctx }) => ctx.trainerSetup.state()),
  setUp: procedure.output(trainerSetup).mutation(({ ctx }) => ctx.trainerSetup.begin()),
  stopSetUp: procedure.output(nothing).mutation(({ ctx }) => ctx.trainerSetup.stop()),
  testJudge: procedure
    .input(testJudgeInput)
    .output(judgeTest)
    .mutation(({ ctx, input }) => ctx.trainerSetup.testJudge(input)),
  doctor: procedure
    .input(contract.doctorInput)
    .output(contract.doctorReport)
    .query(({ ctx, input }) => ctx.trainerSetup.doctor(input.agentVersionId)),
});

/** Apart from `runs`: the page reads charts again at its own pace, not at every notice. */
export const chartsRouter = t.router({
  series: procedure
    .input(contract.runSeriesInput)
    .output(contract.runSeries)
    .query(({ ctx, input }) => ctx.training.series(input.id, input.names, input.buckets)),
});
