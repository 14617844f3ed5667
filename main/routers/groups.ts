import { z } from 'zod';
import * as contract from '../../shared/contract/groups.ts';
import { rolloutJob } from '../../shared/model/rollout-job.ts';
import { live, nothing, t } from './trpc.ts';

const { procedure } = t;

const jobList = z.array(rolloutJob).readonly();

export const groupsRouter = t.router({
  list: procedure
    .input(contract.listGroupsInput)
    .output(contract.groupPage)
    .query(({ ctx, input }) => ctx.groups.list(input)),
  get: procedure
    .input(contract.groupIdInput)
    .output(contract.groupDetail)
    .query(({ ctx, input }) => ctx.groups.get(input.id)),
  pick: procedure
    .input(contract.pickInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.groups.pick(input)),
});

export const jobsRouter = t.router({
  start: procedure
    .input(contract.startJobInput)
    .output(contract.startedJob)
    .mutation(({ ctx, input }) => ctx.jobs.start(input)),
  pause: procedure
    .input(contract.jobIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.jobs.pause(input.id)),
  resume: procedure
    .input(contract.jobIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.jobs.resume(input.id)),
  cancel: procedure
    .input(contract.jobIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.jobs.cancel(input.id)),
  list: procedure.output(jobList).query(({ ctx }) => ctx.jobs.list()),
  watch: procedure.subscription(async function* ({ ctx, signal }) {
    for await (const jobs of ctx.jobs.watch(live(signal))) yield jobList.parse(jobs);
  }),
});
