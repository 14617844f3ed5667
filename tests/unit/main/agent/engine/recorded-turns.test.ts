import { describe, expect, it } from 'vitest';
import type { BackendEpisode, ContextSegment } from '../../../../../main/agent/backend.ts';
import { createEngineBackend } from '../../../../../main/agent/engine/engine-backend.ts';
import { createEngineClient } from '../../../../../main/agent/engine/engine-client.ts';
import { forkWorker } from '../../../../../main/agent/engine/fork-worker.ts';
import { createTokenizer } from '../../../../../main/agent/engine/tokenizer.ts';
import { SYSTEM, forever, readTurn, idsOf, tinyEngine } from '../../../../helpers/tiny-engine.ts';
import { tinyTokenizer } from '../../../../helpers/tiny-model.ts';

const engine = tinyEngine();
const { view, question, newEpisode, folder } = engine;

describe('a recorded turn', () => {
  const hot = { temperature: 1, topK: 0, topP: 1, seed: 5 } as const;
  const result: ContextSegment[] = [
    { kind: 'text', text: '<|im_end|>\n<|im_start|>user\n<tool_response>\nImage 2: <|vision_start|>' },
    { kind: 'image', view: view([10, 10, 30, 40], 28, 56) },
    { kind: 'text', text: '<|vision_end|>\n</tool_response><|im_end|>\n<|im_start|>assistant\n' },
  ];
  const openings: ContextSegment[][] = [question(), result, result, result];

  it('is gone on from at every step, with the tokens that came before', async () => {
    const first = await newEpisode();
    const turns: { readonly ids: number[]; readonly text: string; readonly contextTokens: number }[] = [];
    for (const opening of openings) {
      await first.append(opening);
      const turn = await readTurn(first, { sampling: hot });
      turns.push({
        ids: idsOf(turn.tokens),
        text: turn.result.text,
        contextTokens: turn.result.contextTokens,
      });
    }
    expect(new Set(turns.map((turn) => turn.text)).size).toBe(4);
    for (let step = 1; step < openings.length; step += 1) {
      const again = await newEpisode();
      const recorded = openings.slice(0, step).flatMap((opening, index): ContextSegment[] => {
        const { ids: sampled = [], text = '' } = turns[index] ?? {};
        return [...opening, { kind: 'ids', ids: sampled, text }];
      });
      const appended = await again.append(recorded);
      expect(appended.segments.at(-1)).toEqual({ tokens: turns[step - 1]?.ids.length });
      expect(appended.contextTokens).toBe(turns[step - 1]?.contextTokens);
      for (const [index, opening] of openings.entries()) {
        if (index < step) continue;
        await again.append(opening);
        expect(idsOf((await readTurn(again, { sampling: hot })).tokens)).toEqual(turns[index]?.ids);
      }
    }
  });

  it('keeps its ids, also where its text would be tokenised into others', async () => {
    const { json, config } = tinyTokenizer();
    const tokenizer = createTokenizer(json, config);
    const [t, h] = [tokenizer.idOf('t') ?? 0, tokenizer.idOf('h') ?? 0];
    expect(tokenizer.encode('th')).toHaveLength(1);
    const apart = await newEpisode();
    const joined = await newEpisode();
    const { segments } = await apart.append([SYSTEM, { kind: 'ids', ids: [t, h], text: 'th' }]);
    expect(segments[1]).toEqual({ tokens: 2 });
    await joined.append([SYSTEM, { kind: 'text', text: 'th' }]);
    const next = async (episode: BackendEpisode): Promise<unknown> =>
      (await readTurn(episode, { maxTokens: 1 })).tokens[0]?.logprob;
    expect(await next(apart)).not.toBe(await next(joined));
  });

  it('of another agent is refused, and the context is as it was', async () => {
    const episode = await newEpisode();
    await episode.append(question());
    const before = await episode.checkpoint();
    for (const wrong of [999_999, 277_000_000]) {
      await expect(episode.append([{ kind: 'ids', ids: [3, wrong], text: '' }])).rejects.toMatchObject({
        code: 'ids_invalid',
        message: /recorded with another agent/,
      });
    }
    expect((await episode.checkpoint()).contextTokens).toBe(before.contextTokens);
  });
});

// Starts processes of its own, which takes its time on a busy machine.
describe('an engine', { timeout: 240_000 }, () => {
  it('a released one frees all its memory, and the agent is loaded again at its next use', async () => {
    const crashes: string[] = [];
    const own = createEngineClient({ spawnWorker: forkWorker, onCrash: (reason) => crashes.push(reason) });
    const agent = await createEngineBackend(own, { folder });
    const episode = await agent.openEpisode({ signal: forever });
    await episode.append(question());
    const expected = idsOf((await readTurn(episode)).tokens);
    const { pid } = await own.stats();
    const reading = readTurn(episode, { maxTokens: 5000 });
    await own.stats();
    own.release();
    expect(own.running).toBe(false);
    await expect(reading).rejects.toMatchObject({ code: 'closed' });
    await expect(episode.append(question())).rejects.toMatchObject({ code: 'engine_crashed' });
    await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false);
    own.release();
    expect(isAlive(pid)).toBe(false);

    const next = await agent.openEpisode({ signal: forever });
    await next.append(question());
    expect(idsOf((await readTurn(next)).tokens)).toEqual(expected);
    expect(crashes).toEqual([]);
    own.close();
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
