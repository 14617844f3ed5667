import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DEFAULT_SETTINGS } from '../../shared/model/settings.ts';
import { spawnForkedWorker } from '../../main/fork-workers.ts';
import { createHost } from '../../main/host.ts';
import type { BenchOptions } from './engine.ts';
import type { Figure } from './report.ts';

const EPISODES = 20;
/** How often the loop is looked at; a stall shows as more than this. */
const RESOLUTION_MS = 1;

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
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    for (const row of rest) await play(row);
    delay.disable();
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
      { name: 'stall of the host, 99th percentile', value: delay.percentile(99) / 1e6, unit: 'ms', of },
    ];
  } finally {
    await host.close();
  }
}
