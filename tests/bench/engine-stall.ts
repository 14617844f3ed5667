import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { DEFAULT_SETTINGS } from '../../shared/model/settings.ts';
import { spawnForkedWorker } from '../../main/fork-workers.ts';
import { createHost } from '../../main/host.ts';
import type { BenchOptions } from './engine.ts';
import type { Figure } from './report.ts';

const EPISODES = 20;
/** How often the loop is looked at; a stall shows as more than this. */
const RESOLUTION_MS = 1;

/** Its stalls are those that the machine makes by running other programs. */
export function startIdleThread(): { readonly worst: () => Promise<number> } {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} });
    delay.enable();
    parentPort.once('message', () => { delay.disable(); parentPort.postMessage(delay.max / 1e6); });`;
  const worker = new Worker(source, { eval: true });
  return {
    worst: () =>
      new Promise((resolve) => {
        worker.once('message', resolve);
        worker.postMessage('stop');
      }),
  };
}

/**
 * The longest time for which the host answered nothing while episodes ran, were stored and were watched. The host of
 * the app with a real workspace, in this process; the engine in its own. One episode goes first, to compile the code.
 */
export async function measureStall(
  options: BenchOptions,
  folder: string,
  samples: string,
): Promise<readonly Figure[]> {
  const host = createHost({
    mode: 'browser',
    workspacePath: join(folder, 'workspace'),
    assetsPath: join(folder, 'no-assets'),
    spawnWorker: spawnForkedWorker,
    log: { info: () => undefined, error: (message, cause) => options.say(`${message} ${String(cause)}`) },
    now: Date.now,
  });
  const { imports, agents, library, episodes, settings } = host.services;
  try {
    await host.demoReady;
    await imports.settled(imports.startPaths([samples]).id);
    const agent = await agents.add({ source: { kind: 'folder', folder: options.agent } });
    settings.set({ ...DEFAULT_SETTINGS, agentVersionId: agent.id });
    const { items } = library.listSamples({ limit: EPISODES + 1 });
    const play = async (row: (typeof items)[number]): Promise<void> => {
      const { id } = await episodes.start({ sampleId: row.sample.id });
      for await (const _ of episodes.watch(id, null, new AbortController().signal));
    };
    const [first, ...rest] = items;
    if (first !== undefined) await play(first);
    const idle = startIdleThread();
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    for (const row of rest) await play(row);
    delay.disable();
    const idleWorst = await idle.worst();
    const worst = delay.max / 1e6;
    const of = rest.length;
    return [
      {
        name: 'longest stall of the host (worst)',
        value: worst,
        unit: 'ms',
        of,
        goal: '< 20 ms',
        met: worst < 20,
      },
      { name: 'the same of a thread with nothing to do', value: idleWorst, unit: 'ms', of: rest.length },
      { name: 'stall of the host, 99th percentile', value: delay.percentile(99) / 1e6, unit: 'ms', of },
    ];
  } finally {
    await host.close();
  }
}
