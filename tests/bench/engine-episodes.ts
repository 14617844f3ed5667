import { runEpisode } from '../../main/agent/loop.ts';
import type { AgentBackend } from '../../main/agent/backend.ts';
import type { EpisodeInput } from '../../main/agent/episode-input.ts';
import { createEngineBackend } from '../../main/agent/engine/engine-backend.ts';
import { createEngineClient } from '../../main/agent/engine/engine-client.ts';
import { forkEngine } from '../../main/agent/engine/fork-worker.ts';
import type { BenchOptions } from './engine.ts';
import { runScript } from './python.ts';
import { type Figure, median } from './report.ts';
import { readInputs } from './samples.ts';

const THREADS = [1, 2] as const;
/** The last samples of the file are played before the clock starts, on both sides: code is compiled by then. */
const WARM_UP = 4;

interface BaselineResult {
  readonly episodes_per_second: number;
  readonly sampled_tokens: number;
}

interface Played {
  readonly episodesPerSecond: number;
  readonly sampledTokens: number;
}

/** Plays every sample once, greedily, the way the app does: over the engine process. */
async function playAll(backend: AgentBackend, inputs: readonly EpisodeInput[]): Promise<Played> {
  const { limits } = backend.description;
  const settings = { withTools: true, sampling: { temperature: 0, topP: 1, topK: 0, seed: 0 }, limits };
  const startedAt = performance.now();
  let sampledTokens = 0;
  for (const input of inputs) {
    for await (const event of runEpisode(backend, input, settings, new AbortController().signal)) {
      if (event.type === 'tokens') sampledTokens += event.tokens.length;
    }
  }
  return { episodesPerSecond: (inputs.length * 1000) / (performance.now() - startedAt), sampledTokens };
}

/**
 * Episodes a second of the engine, and of the same agent in PyTorch with transformers' `generate` (which reads the
 * whole context again every turn, as its users do). Taken in turns; each run is a new process with empty caches, and no
 * sample is played twice in it.
 */
export async function measureEpisodes(options: BenchOptions, samples: string): Promise<readonly Figure[]> {
  const all = await readInputs(samples);
  const inputs = all.slice(0, -WARM_UP);
  const ours: Played[] = [];
  const theirs = new Map<number, BaselineResult[]>(THREADS.map((threads) => [threads, []]));
  for (let run = 0; run < options.runs; run += 1) {
    const client = createEngineClient({ spawnWorker: forkEngine });
    const backend = await createEngineBackend(client, { folder: options.agent });
    await playAll(backend, all.slice(-WARM_UP));
    ours.push(await playAll(backend, inputs));
    client.close();
    for (const threads of THREADS) {
      const how = ['--threads', String(threads), '--warm-up', String(WARM_UP)];
      const args = ['--agent', options.agent, '--samples', samples, ...how];
      theirs.get(threads)?.push(runScript('transformers_episodes.py', args) as BaselineResult);
    }
  }
  const engine = median(ours.map((one) => one.episodesPerSecond));
  const baseline = THREADS.map((threads) => ({
    threads,
    value: median((theirs.get(threads) ?? []).map((one) => one.episodes_per_second)),
  }));
  const best = Math.max(...baseline.map((one) => one.value));
  const of = options.runs;
  return [
    { name: 'episodes, engine', value: engine, unit: '/s', of },
    ...baseline.map(({ threads, value }) => ({
      name: `episodes, transformers generate, ${threads} thread${threads > 1 ? 's' : ''}`,
      value,
      unit: '/s',
      of,
    })),
    {
      name: 'engine against the faster of these',
      value: engine / best,
      unit: 'x',
      of,
      goal: '>= 5 x',
      met: engine / best >= 5,
    },
    { name: 'sampled tokens, engine', value: ours[0]?.sampledTokens ?? 0, unit: 'tokens', of: 1 },
    {
      name: 'sampled tokens, transformers generate',
      value: theirs.get(1)?.[0]?.sampled_tokens ?? 0,
      unit: 'tokens',
      of: 1,
    },
  ];
}
