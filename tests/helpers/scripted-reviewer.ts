/**
 * A host of its own with a reviewer who works as fast as the host answers, over a real wire, until the process is
 * killed. For each act it says what it is about to do and, once the host has acknowledged it, that it is done. With
 * `early` it says the latter before the host has answered: the fault that the kill test must be able to find.
 */
import { writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { EpisodeId } from '../../shared/model/ids.ts';
import { reviewFlag, reviewVerdict } from '../../shared/model/review.ts';
import type { ReviewedAct } from './reviewed-acts.ts';
import { connect, startTestHost } from './test-host.ts';

const [folder = '', mode = ''] = process.argv.slice(2);
const host = await startTestHost({ folder });
const { client } = await connect(host, 'message port');

function pick<One>(all: readonly One[]): One {
  return all[Math.floor(Math.random() * all.length)] as One;
}

/** One `write` a line: a killed process leaves no half of it behind a whole one. */
function say(kind: 'about to' | 'done', act: ReviewedAct): void {
  writeSync(1, `${JSON.stringify({ kind, act })}\n`);
}

async function perform(act: ReviewedAct, work: () => Promise<unknown>): Promise<void> {
  say('about to', act);
  if (mode === 'early') say('done', act);
  await work();
  if (mode !== 'early') say('done', act);
}

async function review(episodeId: EpisodeId): Promise<void> {
  const known = (await client.reviews.get.query({ episodeId })).reviews[0];
  const note = randomBytes(8 + Math.floor(Math.random() * 2000)).toString('hex');
  const verdict = pick(reviewVerdict.options);
  const revision = known?.revision ?? null;
  await perform({ what: 'review', episodeId, note }, () =>
    client.reviews.put.mutate({ episodeId, revision, verdict, note, reasons: [] }),
  );
}

async function decide(episodeId: EpisodeId): Promise<void> {
  const flag = pick(reviewFlag.options);
  const { flags } = await client.reviews.get.query({ episodeId });
  const known = flags.find((one) => one.flag === flag);
  const decision = known?.decision === 'confirmed' ? 'dismissed' : 'confirmed';
  const change = { episodeId, flag, decision, revision: known?.revision ?? null } as const;
  await perform({ what: 'flag', episodeId, flag, decision }, () => client.reviews.decideFlag.mutate(change));
}

async function replay(what: 'undo' | 'redo'): Promise<void> {
  const next = (await client.journal.state.query({}))[what];
  // The sample was made by the same reviewer, and its episodes keep it from being taken back.
  if (next === null || next.subject === null) return;
  await perform({ what, number: next.number }, () => client.journal[what].mutate({}));
}

const { items } = await client.reviews.queue.query({ filter: { todo: false } });
const ids = items.map(({ episode }) => episode.id);
process.on('uncaughtException', (error) => {
  writeSync(2, `${String(error)}\n${host.log.lines.join('\n')}\n`);
  process.exit(1);
});
for (;;) {
  const chance = Math.random();
  if (chance < 0.5) await review(pick(ids));
  else if (chance < 0.7) await decide(pick(ids));
  else await replay(chance < 0.85 ? 'undo' : 'redo');
}
