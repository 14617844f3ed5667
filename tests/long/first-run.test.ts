import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnForkedWorker } from '../../main/fork-workers.ts';
import { createHost } from '../../main/host.ts';
import { REVIEWS_WANTED } from '../../shared/model/guide.ts';
import { pairedTest } from '../../shared/model/evaluation.ts';
import { ROOT } from '../helpers/project.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { until } from '../helpers/until.ts';

const LONG_MS = 1_500_000;

/** What a newcomer does, through the services behind the buttons, with nothing changed in the form. */
it('the first run on the beginner makes it better beyond its interval', async () => {
  const folder = makeTempFolder('first-run-long');
  const host = createHost({
    ...{ mode: 'browser', workspacePath: join(folder, 'workspace'), assetsPath: join(ROOT, 'assets') },
    ...{ spawnWorker: spawnForkedWorker, now: Date.now },
    log: {
      info: () => {},
      error: (message, error) => process.stderr.write(`${message}: ${String(error)}\n`),
    },
  });
  const { guide, reviews, training, trainerSetup, makeAgent, evaluations } = host.services;
  const began = Date.now();
  const minutes = (): number => Math.round((Date.now() - began) / 6000) / 10;
  try {
    await host.demoReady;
    await guide.play();
    const { items } = reviews.queue({
      ...{ order: 'unreviewed', seed: 0, filter: { todo: true }, cursor: null, limit: 50 },
    });
    for (const { episode } of items.slice(0, REVIEWS_WANTED))
      reviews.put({ episodeId: episode.id, revision: null, verdict: 'accept', reasons: [], note: '' });
    const snapshot = await guide.prepare(undefined);

    const { beginner } = guide.get();
    if (beginner === null) throw new Error('there is no beginner');
    const { knobs } = await trainerSetup.defaults(beginner);
    const nested = { ...knobs, lora: { enabled: knobs['lora.enabled'] } };
    const { 'lora.enabled': _flat, ...plain } = nested as Record<string, unknown>;
    const run = await training.create({
      ...{ source: { kind: 'snapshot', id: snapshot }, agentVersionId: beginner, knobs: plain },
    });
    await training.start(run.id);
    await until(
      () => ['finished', 'failed', 'interrupted'].includes(training.get(run.id).run.state.kind),
      'the run ends',
      LONG_MS,
    );
    const ended = training.get(run.id).run;
    expect(ended.state).toMatchObject({ kind: 'finished' });
    const trained = minutes();

    makeAgent.start({ id: run.id, step: ended.step, evaluate: true });
    await until(() => makeAgent.jobs()[0]?.state.kind !== 'working', 'the agent is made', LONG_MS);
    expect(makeAgent.jobs()[0]?.state).toMatchObject({ kind: 'done' });
    await until(() => guide.get().facts?.compared === true, 'both are measured', LONG_MS);

    const lists = evaluations.list();
    const before = lists.find((one) => one.agentVersionId === beginner);
    const after = lists.find((one) => one.agentVersionId !== beginner);
    if (before === undefined || after === undefined) throw new Error('one was not measured');
    const { accuracyA, accuracyB, p } = pairedTest(evaluations.compare({ a: before.id, b: after.id }).kinds);
    const tools = [before, after].map(({ counts }) => counts.usedTool / counts.episodes);
    process.stdout.write(
      `${JSON.stringify({ before: accuracyA, after: accuracyB, p, tools, minutes: { trained, all: minutes() } })}\n`,
    );
    expect(accuracyB?.interval.low).toBeGreaterThan(accuracyA?.interval.high ?? 1);
    expect(p).toBeLessThan(0.05);
  } finally {
    await host.close();
    removeFolder(folder);
  }
});
