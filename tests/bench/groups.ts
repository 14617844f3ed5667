import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { spawnForkedWorker } from '../../main/fork-workers.ts';
import { createHost } from '../../main/host.ts';
import { newId } from '../../main/store/new-id.ts';
import { openWorkspace } from '../../main/store/workspace.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import { groupOrder } from '../../shared/contract/groups.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../shared/model/limits.ts';
import { ROOT } from '../helpers/project.ts';
import { addAgent, addSample } from '../helpers/store-rows.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import type { BenchOptions } from './engine.ts';
import { startIdleThread } from './engine-stall.ts';
import { machine, median, type Figure, type Report } from './report.ts';

/** Groups in the list, and what a page of it asks for. */
const GROUPS = 100_000;
const PAGE = 100;
/** The job: every sample of the demo set, this many rollouts each. */
const ROLLOUTS = 8;
const RESOLUTION_MS = 1;

/** `npm run bench -- groups`: a job at the engine's speed, and the list of many groups. */
export async function benchGroups(options: BenchOptions): Promise<Report> {
  const folder = makeTempFolder('bench-groups');
  try {
    const job = await measureJob(options, join(folder, 'job'));
    options.say(`writing ${GROUPS} groups ...`);
    const list = measureList(options.runs, join(folder, 'list'));
    return {
      bench: 'groups',
      machine: machine(),
      versions: { node: process.version },
      figures: [...job, ...list],
    };
  } finally {
    removeFolder(folder);
  }
}

async function measureJob(options: BenchOptions, folder: string): Promise<readonly Figure[]> {
  const host = createHost({
    mode: 'browser',
    workspacePath: join(folder, 'workspace'),
    assetsPath: join(folder, 'no-assets'),
    spawnWorker: spawnForkedWorker,
    log: { info: () => undefined, error: (message, cause) => options.say(`${message} ${String(cause)}`) },
    now: Date.now,
  });
  const { imports, agents, jobs } = host.services;
  try {
    await host.demoReady;
    await imports.settled(imports.startPaths([join(ROOT, 'assets', 'demo-set', 'samples.jsonl')]).id);
    const agent = await agents.add({ source: { kind: 'folder', folder: options.agent } });
    const start = (size: number) =>
      jobs.start({
        scope: { kind: 'filter', filter: {} },
        agentVersionId: agent.id,
        size,
        sizeWithout: 0,
        capMs: null,
      });
    const ended = async (id: Parameters<typeof jobs.get>[0]): Promise<void> => {
      const stop = new AbortController();
      for await (const _ of jobs.watch(stop.signal)) if (jobs.get(id).state === 'finished') stop.abort();
    };
    // One goes first, to compile the code and load the agent.
    await ended((await start(1)).job.id);
    const idle = startIdleThread();
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    const startedAt = performance.now();
    delay.enable();
    const { job } = await start(ROLLOUTS);
    await ended(job.id);
    delay.disable();
    const seconds = (performance.now() - startedAt) / 1000;
    const idleWorst = await idle.worst();
    const { episodesDone, samplesDone } = jobs.get(job.id);
    const worst = delay.max / 1e6;
    return [
      {
        name: `rollouts a second, ${samplesDone} samples x ${ROLLOUTS}`,
        value: episodesDone / seconds,
        unit: '/s',
        of: episodesDone,
      },
      {
        name: 'longest stall of the host meanwhile (worst)',
        value: worst,
        unit: 'ms',
        of: episodesDone,
        goal: '< 20 ms',
        met: worst < 20,
      },
      {
        name: 'the same of a thread with nothing to do',
        value: idleWorst,
        unit: 'ms',
        of: episodesDone,
      },
      {
        name: 'stall of the host, 99th percentile',
        value: delay.percentile(99) / 1e6,
        unit: 'ms',
        of: episodesDone,
      },
    ];
  } finally {
    await host.close();
  }
}

function measureList(runs: number, folder: string): readonly Figure[] {
  const before = openWorkspace(folder, 1);
  fill(before);
  before.close();
  const workspace = openWorkspace(folder, 2);
  try {
    return groupOrder.options.flatMap((order): readonly Figure[] => {
      const first: number[] = [];
      const second: number[] = [];
      for (let run = 0; run < runs; run += 1) {
        const page = timed(first, () => read(workspace, order, null));
        timed(second, () => read(workspace, order, page.nextCursor));
      }
      const worst = Math.max(...first);
      return [
        {
          name: `first page of ${GROUPS} groups, ${order} (worst)`,
          value: worst,
          unit: 'ms',
          of: runs,
          goal: '< 500 ms',
          met: worst < 500,
        },
        { name: `its next page, ${order}`, value: median(second), unit: 'ms', of: runs },
      ];
    });
  } finally {
    workspace.close();
  }
}

/** As the service reads a page: with the images of each row. */
function read(workspace: Workspace, order: (typeof groupOrder.options)[number], cursor: string | null) {
  const page = workspace.groups.list({ order, limit: PAGE, cursor });
  for (const { group } of page.items) workspace.samples.images(group.sampleId);
  return page;
}

function timed<T>(times: number[], work: () => T): T {
  const startedAt = performance.now();
  const result = work();
  times.push(performance.now() - startedAt);
  return result;
}

/** Groups with statistics and no episodes: a page shows nothing of those. */
function fill(workspace: Workspace): void {
  const agentVersionId = addAgent(workspace).id;
  const plan = { size: 8, sizeWithout: 4, sampling: GREEDY, limits: DEFAULT_LIMITS, capMs: null };
  const job = newId.job();
  const scope = { kind: 'filter', filter: {} } as const;
  workspace.rolloutJobs.add({
    id: job,
    evaluationId: null,
    agentVersionId,
    scope,
    plan,
    createdAt: 1,
    sampleTotal: GROUPS,
  });
  workspace.write(() => {
    const { imageIds } = addSample(workspace);
    for (let index = 0; index < GROUPS; index += 1) {
      const { id } = addSample(workspace, { imageIds, question: `What is in place ${index}?` });
      workspace.groups.ensure(job, id, plan.size, plan.sizeWithout, index);
    }
    workspace.database.raw.exec(`
      UPDATE groups SET done = 8, done_without = 4, accuracy = abs(random() % 9) / 8.0,
        accuracy_without = abs(random() % 5) / 4.0, reward_mean = 1.0, reward_variance = abs(random() % 1000) / 1000.0,
        disagreement = abs(random() % 1000) / 1000.0, all_equal = 0;
      UPDATE groups SET gain = accuracy - accuracy_without;`);
  });
}
