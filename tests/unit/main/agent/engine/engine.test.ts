import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContextSegment, SampledToken, ViewSource } from '../../../../../main/agent/backend.ts';
import { createEngineBackend } from '../../../../../main/agent/engine/engine-backend.ts';
import { createEngineClient } from '../../../../../main/agent/engine/engine-client.ts';
import { forkWorker, type SpawnWorker } from '../../../../../main/agent/engine/fork-worker.ts';
import { createTokenizer } from '../../../../../main/agent/engine/tokenizer.ts';
import { decodeImage } from '../../../../../main/agent/engine/image-decode.ts';
import { cropRgb, resizeBicubic } from '../../../../../main/agent/engine/pillow-resize.ts';
import {
  GREEDY,
  SYSTEM,
  forever,
  picture,
  readTurn,
  idsOf,
  tinyEngine,
} from '../../../../helpers/tiny-engine.ts';
import { tinyModelFiles, tinyTokenizer, writeModelFolder } from '../../../../helpers/tiny-model.ts';

const engine = tinyEngine();
const { view, question, newEpisode, folder, client, root } = engine;

describe('an agent in the engine process', () => {
  it('describes itself', () => {
    expect(engine.backend.description).toMatchObject({
      kind: 'onnx',
      name: 'Tiny',
      images: { factor: 28, maxPixels: 100_352 },
    });
  });

  it('counts the tokens of every segment, and those of the whole context', async () => {
    const episode = await newEpisode();
    const result = await episode.append(question());
    expect(result.segments).toHaveLength(4);
    // 56x84 is 2x3 merged cells.
    expect(result.segments[2]?.tokens).toBe(6);
    expect(result.contextTokens).toBe(result.segments.reduce((sum, one) => sum + one.tokens, 0));
    expect(result.stats.visionRuns + result.stats.visionCacheHits).toBe(1);
  });

  it('runs the system turn and a view once for all episodes, and says the same from the caches', async () => {
    const first = await newEpisode();
    const fresh = await first.append(question([5, 5, 60, 60], 'first?'));
    const second = await newEpisode();
    const reused = await second.append(question([5, 5, 60, 60], 'first?'));
    expect(reused.stats).toMatchObject({ visionRuns: 0, visionCacheHits: 1 });
    expect(reused.contextTokens).toBe(fresh.contextTokens);
    expect(reused.stats.prefillTokens).toBe(reused.contextTokens - (reused.segments[0]?.tokens ?? 0));
    const wanted = (await readTurn(first)).tokens;
    const found = (await readTurn(second)).tokens;
    expect(idsOf(found)).toEqual(idsOf(wanted));
    // How many tokens went through the decoder together shows in the last digits.
    for (const [index, token] of found.entries()) {
      expect(token.logprob).toBeCloseTo(wanted[index]?.logprob ?? Number.NaN, 4);
    }
  });

  it('streams tokens whose texts make up the turn', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const { tokens, result } = await readTurn(episode, { sampling: { ...GREEDY, temperature: 1, seed: 4 } });
    expect(result.text).toBe(tokens.map((token) => token.text).join(''));
    expect(result.tokens).toBe(tokens.length);
    for (const token of tokens) {
      expect(token.logprob).toBeLessThanOrEqual(0);
      expect(token.entropy).toBeGreaterThanOrEqual(0);
    }
  });

  it('draws the same turn for the same seed, another for another, and again after a rollback', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const start = await episode.checkpoint();
    const drawn = async (seed: number): Promise<number[]> => {
      await episode.rollback(start);
      return idsOf((await readTurn(episode, { sampling: { ...GREEDY, temperature: 1, seed } })).tokens);
    };
    const once = await drawn(1);
    expect(await drawn(2)).not.toEqual(once);
    expect(await drawn(1)).toEqual(once);
  });

  it('never draws a token that only the environment writes', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const start = await episode.checkpoint();
    // 260 <|endoftext|>, 261 <|im_start|>, 263-267 vision, 274-275 <tool_response>.
    const banned = new Set([260, 261, 263, 264, 265, 266, 267, 274, 275]);
    for (let seed = 0; seed < 20; seed += 1) {
      await episode.rollback(start);
      const sampling = { ...GREEDY, temperature: 8, seed };
      const { tokens } = await readTurn(episode, { sampling, maxTokens: 60 });
      expect(idsOf(tokens).filter((id) => banned.has(id))).toEqual([]);
    }
  });

  it('ends a turn at a stop string, and keeps it', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const start = await episode.checkpoint();
    const { result } = await readTurn(episode);
    expect(result.end).toBe('max_tokens');
    const stop = result.text.slice(3, 6);
    await episode.rollback(start);
    const stopped = await readTurn(episode, { stopStrings: ['never said', stop] });
    expect(stopped.result.end).toBe('stop_string');
    expect(stopped.result.text.indexOf(stop)).toBe(result.text.indexOf(stop));
    expect(result.text.startsWith(stopped.result.text)).toBe(true);
  });

  it('ends a turn at the end token, which has no text', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const start = await episode.checkpoint();
    for (let seed = 0; ; seed += 1) {
      expect(seed).toBeLessThan(200);
      await episode.rollback(start);
      const { tokens, result } = await readTurn(episode, {
        sampling: { ...GREEDY, temperature: 4, seed },
        maxTokens: 100,
      });
      if (result.end !== 'eos') continue;
      expect(result.endsWithTurnEnd).toBe(true);
      expect(tokens.at(-1)).toMatchObject({ id: 262 });
      expect(result.text).not.toContain('<|im_end|>');
      return;
    }
  });

  it('samples nothing when no tokens are allowed', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const { tokens, result } = await readTurn(episode, { maxTokens: 0 });
    expect(tokens).toEqual([]);
    expect(result.end).toBe('max_tokens');
  });

  it('goes on with a tool result as if the whole context had been given at once', async () => {
    const turn: ContextSegment[] = [
      { kind: 'text', text: '<|im_end|>\n<|im_start|>user\n<tool_response>\nImage 2: <|vision_start|>' },
      { kind: 'image', view: view([10, 10, 30, 40], 28, 56) },
      { kind: 'text', text: '<|vision_end|>\n</tool_response><|im_end|>\n<|im_start|>assistant\n' },
    ];
    const { json, config } = tinyTokenizer();
    const tokenizer = createTokenizer(json, config);
    const episode = await newEpisode();
    await episode.append(question());
    const start = await episode.checkpoint();
    // Random weights mostly say what is no text; look for a turn whose text has just the sampled tokens.
    const said = async (seed: number): Promise<string> => {
      expect(seed).toBeLessThan(500);
      await episode.rollback(start);
      const { tokens, result } = await readTurn(episode, {
        maxTokens: 2,
        sampling: { ...GREEDY, temperature: 2, seed },
      });
      const isText = String(tokenizer.encode(result.text)) === String(idsOf(tokens));
      return isText ? result.text : await said(seed + 1);
    };
    const text = await said(0);
    await episode.append(turn);
    const continued = await readTurn(episode);
    const whole = await newEpisode();
    await whole.append([...question(), { kind: 'text', text }, ...turn]);
    expect(idsOf((await readTurn(whole)).tokens)).toEqual(idsOf(continued.tokens));
  });

  it('shows a view as the model saw it', async () => {
    const episode = await newEpisode();
    const seen = await decodeImage(await episode.renderView(view([10, 20, 50, 60])));
    const expected = resizeBicubic(cropRgb(picture, [10, 20, 50, 60]), 56, 84);
    expect([seen.width, seen.height]).toEqual([56, 84]);
    expect(Buffer.compare(seen.data, expected.data)).toBe(0);
    expect(
      Buffer.from(await client.renderView(view([10, 20, 50, 60])))
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });
});

describe('what can go wrong in an episode', () => {
  it.each<[string, Partial<ViewSource>, string]>([
    ['a missing image', { imagePath: '/nowhere.png', imageKey: 'other' }, 'image_unreadable'],
    ['a box outside the image', { box: [0, 0, 91, 70] }, 'view_invalid'],
    ['a box without area', { box: [5, 5, 5, 9] }, 'view_invalid'],
    ['a size that is not on the grid', { width: 57 }, 'view_invalid'],
    ['an absurd size', { width: 2_800_000, height: 2_800_000 }, 'view_invalid'],
  ])('%s rejects and leaves the context as it was', async (_what, change, code) => {
    const episode = await newEpisode();
    const { contextTokens } = await episode.append(question());
    const broken: ContextSegment = { kind: 'image', view: { ...view([0, 0, 90, 70]), ...change } };
    await expect(episode.append([SYSTEM, broken])).rejects.toMatchObject({ code });
    const after = await episode.append([{ kind: 'text', text: 'a' }]);
    expect(after.contextTokens).toBe(contextTokens + 1);
  });

  it('a rollback over a checkpoint makes it void', async () => {
    const episode = await newEpisode();
    const first = await episode.checkpoint();
    await episode.append(question());
    const second = await episode.checkpoint();
    await episode.rollback(first);
    await expect(episode.rollback(second)).rejects.toMatchObject({ code: 'checkpoint_invalid' });
    await episode.append(question());
    await expect(episode.rollback({ id: 99, contextTokens: 0 })).rejects.toMatchObject({
      code: 'checkpoint_invalid',
    });
  });

  it('a closed episode refuses everything, and closing twice is nothing', async () => {
    const episode = await newEpisode();
    episode.close();
    episode.close();
    await expect(episode.append(question())).rejects.toMatchObject({ code: 'closed' });
    await expect(readTurn(episode)).rejects.toMatchObject({ code: 'closed' });
  });

  it('a stop ends a long prefill, and the context is as it was', async () => {
    const episode = await newEpisode();
    const stop = new AbortController();
    const progress: number[] = [];
    const long = episode.append([{ kind: 'text', text: 'x'.repeat(7000) }], {
      signal: stop.signal,
      onProgress: ({ doneTokens, totalTokens }) => {
        progress.push(doneTokens / totalTokens);
        stop.abort();
      },
    });
    await expect(long).rejects.toMatchObject({ code: 'aborted' });
    expect(progress[0]).toBeGreaterThan(0);
    expect(progress.at(-1)).toBeLessThan(1);
    const { contextTokens } = await episode.append([{ kind: 'text', text: 'a' }]);
    expect(contextTokens).toBe(1);
  });

  it('a stop ends a turn that is being sampled; what was said stays said', async () => {
    const life = new AbortController();
    const episode = await newEpisode(life.signal);
    await episode.append(question());
    const turn = episode.generate({ sampling: GREEDY, maxTokens: 4000, stopStrings: [] });
    const tokens: SampledToken[] = [];
    const reading = (async () => {
      for await (const token of turn) {
        tokens.push(token);
        life.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    expect(tokens.length).toBeGreaterThan(0);
    expect(tokens.length).toBeLessThan(4000);
  });

  it('leaving a turn early ends it, and the episode can go on', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const start = await episode.checkpoint();
    for await (const token of episode.generate({ sampling: GREEDY, maxTokens: 4000, stopStrings: [] })) {
      expect(token.id).toBeGreaterThanOrEqual(0);
      break;
    }
    await episode.rollback(start);
    expect((await readTurn(episode)).tokens).toHaveLength(20);
  });

  it('episodes at the same time do not disturb each other', async () => {
    const alone: number[][] = [];
    for (const text of ['one?', 'two?', 'three?']) {
      const episode = await newEpisode();
      await episode.append(question([0, 0, 90, 70], text));
      alone.push(idsOf((await readTurn(episode)).tokens));
    }
    const together = await Promise.all(
      ['one?', 'two?', 'three?'].map(async (text) => {
        const episode = await newEpisode();
        await episode.append(question([0, 0, 90, 70], text));
        return idsOf((await readTurn(episode)).tokens);
      }),
    );
    expect(together).toEqual(alone);
  });

  it('a broken model folder is an error that names the file, and the engine goes on', async () => {
    const files = tinyModelFiles();
    files.delete('tokenizer.json');
    const broken = createEngineBackend(client, { folder: writeModelFolder(join(root, 'broken'), files) });
    await expect(broken).rejects.toMatchObject({
      code: 'model_invalid',
      message: /^tokenizer\.json is missing/,
    });
    expect((await client.stats()).models).toBe(1);
  });

  it('closing an agent frees it and ends its episodes', async () => {
    const second = await createEngineBackend(client, { folder });
    const episode = await second.openEpisode({ signal: forever });
    expect((await client.stats()).models).toBe(2);
    await second.close();
    expect((await client.stats()).models).toBe(1);
    await expect(episode.append(question())).rejects.toMatchObject({ code: 'closed' });
    await expect(second.openEpisode({ signal: forever })).rejects.toMatchObject({ code: 'closed' });
  });
});

// Each starts processes of its own, which takes its time on a busy machine.
describe('when the engine process is killed', { timeout: 240_000 }, () => {
  it('what was under way rejects, the episode is over, and the next one works', async () => {
    const crashes: string[] = [];
    const own = createEngineClient({ spawnWorker: forkWorker, onCrash: (reason) => crashes.push(reason) });
    const agent = await createEngineBackend(own, { folder });
    const episode = await agent.openEpisode({ signal: forever });
    await episode.append(question());
    const expected = idsOf((await readTurn(episode)).tokens);
    const { pid } = await own.stats();
    const turn = episode.generate({ sampling: GREEDY, maxTokens: 5000, stopStrings: [] });
    const reading = (async () => {
      let isKilled = false;
      for await (const token of turn) {
        expect(token.id).toBeGreaterThanOrEqual(0);
        if (!isKilled) process.kill(pid, 'SIGKILL');
        isKilled = true;
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'engine_crashed' });
    await expect(episode.append(question())).rejects.toMatchObject({ code: 'engine_crashed' });
    episode.close();
    expect(crashes).toHaveLength(1);

    const next = await agent.openEpisode({ signal: forever });
    await next.append(question());
    expect(idsOf((await readTurn(next)).tokens)).toEqual(expected);
    expect((await own.stats()).pid).not.toBe(pid);
    own.close();
  });

  it('several episodes that come back load the agent once', async () => {
    const own = createEngineClient({ spawnWorker: forkWorker });
    const agent = await createEngineBackend(own, { folder });
    process.kill((await own.stats()).pid, 'SIGKILL');
    await Promise.all(
      [1, 2, 3].map(async () => {
        const episode = await agent.openEpisode({ signal: forever });
        await episode.append(question());
      }),
    );
    expect(await own.stats()).toMatchObject({ models: 1, episodes: 3 });
    own.close();
  });

  it('a process that can not be started is an error of its own', async () => {
    const nowhere: SpawnWorker = () => {
      throw new Error('no such program');
    };
    const own = createEngineClient({ spawnWorker: nowhere });
    await expect(own.stats()).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: /no such program/,
    });
    own.close();
  });

  it('a program that is not the engine is a crash, with what it said', async () => {
    const entry = join(root, 'not-the-engine.mjs');
    writeFileSync(entry, "process.stderr.write('not me'); process.exit(3);");
    const own = createEngineClient({ spawnWorker: forkWorker, entry });
    await expect(own.stats()).rejects.toMatchObject({
      code: 'engine_crashed',
      message: /exit code 3: not me/,
    });
    own.close();
  });

  it('a closed client refuses, and its process ends', async () => {
    const own = createEngineClient({ spawnWorker: forkWorker });
    const { pid } = await own.stats();
    const pending = own.call({ method: 'load', folder, threads: 0 });
    own.close();
    await expect(pending).rejects.toMatchObject({ code: 'closed' });
    await expect(own.stats()).rejects.toMatchObject({ code: 'closed' });
    await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
