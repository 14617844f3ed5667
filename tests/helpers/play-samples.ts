/**
 * Plays samples with the real engine, greedily, and prints one JSON line an episode: what the trainer's rollout
 * prints, so that both can be compared token for token. Run by tests/trainer/test_twin_rollouts.py:
 *
 *     node tests/helpers/play-samples.ts MODEL_FOLDER samples.jsonl [--no-tools]
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AgentBackend } from '../../main/agent/backend.ts';
import { createEngineBackend } from '../../main/agent/engine/engine-backend.ts';
import { createEngineClient } from '../../main/agent/engine/engine-client.ts';
import { forkWorker } from '../../main/agent/engine/fork-worker.ts';
import { runEpisode } from '../../main/agent/loop.ts';
import type { EpisodeImage } from '../../main/agent/views.ts';
import type { EpisodeEvent } from '../../shared/model/episode-event.ts';
import { GREEDY } from '../../shared/model/limits.ts';

interface SampleLine {
  readonly id: string;
  readonly images: readonly string[];
  readonly question: string;
  readonly choices: readonly string[] | null;
}

/** Width and height stand at fixed places of every PNG. */
function pngImage(path: string): EpisodeImage {
  const header = readFileSync(path).subarray(0, 24);
  return { path, key: path, width: header.readUInt32BE(16), height: header.readUInt32BE(20) };
}

async function play(backend: AgentBackend, sample: SampleLine, folder: string, withTools: boolean) {
  const input = {
    images: sample.images.map((path) => pngImage(resolve(folder, path))),
    question: sample.question,
    choices: sample.choices,
    reference: null,
  };
  const settings = { withTools, sampling: GREEDY, limits: backend.description.limits };
  const events: EpisodeEvent[] = [];
  for await (const event of runEpisode(backend, input, settings, new AbortController().signal)) {
    events.push(event);
  }
  return summary(sample.id, events);
}

function summary(id: string, events: readonly EpisodeEvent[]) {
  const turns: { text: string; token_ids: number[] }[] = [];
  const contextTokens: number[] = [];
  const views: unknown[] = [];
  for (const event of events) {
    if (event.type === 'step_started') {
      turns.push({ text: '', token_ids: [] });
      contextTokens.push(event.contextTokens);
    } else if (event.type === 'tokens') {
      turns[event.index]?.token_ids.push(...event.tokens.map((token) => token.id));
    } else if (event.type === 'step_finished') {
      turns[event.index] = { token_ids: turns[event.index]?.token_ids ?? [], text: event.text };
    } else if (event.type === 'view_added') {
      views.push(event.view);
    } else if (event.type === 'finished') {
      const { status, answer, flags, error } = event;
      return { id, status, answer, flags, error, turns, views, context_tokens: contextTokens };
    }
  }
  throw new Error(`episode ${id} has no end`);
}

const [model, samples, ...flags] = process.argv.slice(2);
if (model === undefined || samples === undefined) {
  throw new Error('usage: play-samples.ts MODEL_FOLDER samples.jsonl [--no-tools]');
}
const engine = createEngineClient({ spawnWorker: forkWorker });
try {
  const backend = await createEngineBackend(engine, { folder: resolve(model) });
  const lines = readFileSync(samples, 'utf8').split('\n').filter(Boolean);
  for (const line of lines) {
    const sample = JSON.parse(line) as SampleLine;
    const episode = await play(backend, sample, dirname(resolve(samples)), !flags.includes('--no-tools'));
    process.stdout.write(`${JSON.stringify(episode)}\n`);
  }
  await backend.close();
} finally {
  engine.close();
}
