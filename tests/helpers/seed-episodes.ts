import { join } from 'node:path';
import { spawnForkedWorker } from '../../main/fork-workers.ts';
import { createHost } from '../../main/host.ts';
import type { EpisodeId } from '../../shared/model/ids.ts';
import { GREEDY } from '../../shared/model/limits.ts';
import { ROOT } from './project.ts';
import { until } from './until.ts';

/**
 * A workspace with the demo set and `count` episodes that the demo agent really played, through the host's own
 * services. The host is closed again, so that the app can open the workspace.
 */
export async function seedEpisodes(workspacePath: string, count: number): Promise<readonly EpisodeId[]> {
  const problems: string[] = [];
  const host = createHost({
    mode: 'browser',
    workspacePath,
    assetsPath: join(ROOT, 'assets'),
    spawnWorker: spawnForkedWorker,
    log: {
      info: () => {},
      error: (message, error) => void problems.push(`${message}: ${String(error)}`),
    },
    now: Date.now,
  });
  try {
    await host.demoReady;
    const { episodes, library } = host.services;
    const samples = library.listSamples({ limit: 100 }).items.map(({ sample }) => sample.id);
    const ids: EpisodeId[] = [];
    for (let index = 0; index < count; index += 1) {
      const sampleId = samples[index % samples.length];
      if (sampleId === undefined) throw new Error(`no sample to run: ${problems.join('; ')}`);
      // The first round is greedy; after it every seed goes its own way.
      const sampling = index < samples.length ? GREEDY : { ...GREEDY, temperature: 1, seed: index };
      const { id } = await episodes.start({ sampleId, sampling });
      ids.push(id);
    }
    await until(
      () => ids.every((id) => episodes.get(id).state.kind === 'ended'),
      'every seeded episode has ended',
      240_000,
    );
    return ids;
  } finally {
    await host.close();
  }
}
