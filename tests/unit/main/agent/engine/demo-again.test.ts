import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  AgentBackend,
  BackendEpisode,
  ContextSegment,
  GenerateOptions,
  SamplingOptions,
} from '../../../../../main/agent/backend.ts';
import type { EpisodeInput } from '../../../../../main/agent/episode-input.ts';
import { createEngineBackend } from '../../../../../main/agent/engine/engine-backend.ts';
import { createEngineClient } from '../../../../../main/agent/engine/engine-client.ts';
import { forkWorker } from '../../../../../main/agent/engine/fork-worker.ts';
import { probeImage } from '../../../../../main/agent/engine/image-decode.ts';
import { runEpisode } from '../../../../../main/agent/loop.ts';

const ASSETS = join(import.meta.dirname, '../../../../../assets');
const DEMO = join(ASSETS, 'demo-agent');
const SET = join(ASSETS, 'demo-set');

/** A step as it was played: what was appended, and what was sampled on it. */
interface Played {
  readonly segments: readonly ContextSegment[];
  readonly options: GenerateOptions;
  readonly ids: readonly number[];
  readonly text: string;
}

/** Passes everything on, and writes down what was done. */
function recording(backend: AgentBackend, log: Played[]): AgentBackend {
  const wrap = (episode: BackendEpisode): BackendEpisode => {
    let appended: readonly ContextSegment[] = [];
    return {
      ...episode,
      append: (segments, options) => {
        appended = segments;
        return episode.append(segments, options);
      },
      async *generate(options) {
        const ids: number[] = [];
        const turn = episode.generate(options);
        for (;;) {
          const next = await turn.next();
          if (next.done === true) {
            log.push({ segments: appended, options, ids, text: next.value.text });
            return next.value;
          }
          ids.push(next.value.id);
          yield next.value;
        }
      },
    };
  };
  return { ...backend, openEpisode: async (options) => wrap(await backend.openEpisode(options)) };
}

async function demoInputs(count: number): Promise<readonly EpisodeInput[]> {
  const lines = readFileSync(join(SET, 'samples.jsonl'), 'utf8').split('\n').slice(0, count);
  return Promise.all(
    lines.map(async (line) => {
      const row = JSON.parse(line) as { readonly images: readonly string[]; readonly question: string };
      const images = row.images.map(async (name) => {
        const path = join(SET, name);
        const key = createHash('sha256').update(readFileSync(path)).digest('hex');
        const { width, height } = await probeImage(path);
        return { path, key, width, height };
      });
      return { images: await Promise.all(images), question: row.question, choices: null, reference: null };
    }),
  );
}

describe.skipIf(!existsSync(join(DEMO, 'onnx')))('an episode of the demo agent', { timeout: 120_000 }, () => {
  const client = createEngineClient({ spawnWorker: forkWorker });
  let backend: AgentBackend;
  beforeAll(async () => {
    backend = await createEngineBackend(client, { folder: DEMO });
  }, 120_000);
  afterAll(() => client.close());

  it.each<[string, SamplingOptions]>([
    ['greedy', { temperature: 0, topK: 0, topP: 1, seed: 0 }],
    ['drawn', { temperature: 1, topK: 0, topP: 1, seed: 9 }],
  ])('goes on from every step as it went, %s', async (_how, sampling) => {
    const { limits } = backend.description;
    const { signal } = new AbortController();
    let steps = 0;
    for (const input of await demoInputs(4)) {
      const played: Played[] = [];
      const settings = { withTools: true, sampling, limits };
      for await (const _ of runEpisode(recording(backend, played), input, settings, signal));
      steps += played.length;
      for (let from = 1; from < played.length; from += 1) {
        const episode = await backend.openEpisode({ signal });
        const past = played
          .slice(0, from)
          .flatMap(({ segments, ids, text }) => [...segments, { kind: 'ids' as const, ids, text }]);
        await episode.append(past);
        for (const { segments, options, ids } of played.slice(from)) {
          await episode.append(segments);
          const again: number[] = [];
          for await (const token of episode.generate({ ...options, signal })) again.push(token.id);
          expect(again).toEqual(ids);
        }
        episode.close();
      }
    }
    expect(steps).toBeGreaterThan(8);
  });
});
