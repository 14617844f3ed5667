import { z } from 'zod';
import * as contract from '../../shared/contract/snapshots.ts';
import { snapshot } from '../../shared/model/snapshot.ts';
import { live, nothing, t } from './trpc.ts';

const { procedure } = t;

export const snapshotsRouter = t.router({
  list: procedure.output(z.array(snapshot).readonly()).query(({ ctx }) => ctx.snapshots.list()),
  get: procedure
    .input(contract.snapshotIdInput)
    .output(snapshot)
    .query(({ ctx, input }) => ctx.snapshots.get(input.id)),
  take: procedure
    .input(contract.takeSnapshotInput)
    .output(contract.takeProgress)
    .mutation(({ ctx, input }) => ctx.snapshots.take(input)),
  watchTake: procedure.input(contract.takeIdInput).subscription(async function* ({ ctx, input, signal }) {
    for await (const one of ctx.snapshots.watchTake(input.id, live(signal)))
      yield contract.takeProgress.parse(one);
  }),
  cancelTake: procedure
    .input(contract.takeIdInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.snapshots.cancelTake(input.id)),
  remove: procedure
    .input(contract.removeSnapshotInput)
    .output(nothing)
    .mutation(({ ctx, input }) => ctx.snapshots.remove(input.id, input.by)),
  samples: procedure
    .input(contract.snapshotPageInput)
    .output(contract.snapshotSamples)
    .query(({ ctx, input }) => ctx.snapshots.samples(input.id, input.from, input.limit)),
  demonstrations: procedure
    .input(contract.snapshotPageInput)
    .output(contract.snapshotDemonstrations)
    .query(({ ctx, input }) => ctx.snapshots.demonstrations(input.id, input.from, input.limit)),
  check: procedure
    .input(contract.snapshotIdInput)
    .output(contract.snapshotCheck)
    .query(({ ctx, input }) => ctx.snapshots.check(input.id)),
  diff: procedure
    .input(contract.diffInput)
    .output(contract.snapshotDiff)
    .query(({ ctx, input }) => ctx.snapshots.diff(input.before, input.after, input.from, input.limit)),
});
