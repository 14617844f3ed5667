import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spawnForkedWorker } from '../../../../main/fork-workers.ts';
import { createHost } from '../../../../main/host.ts';
import type { Host } from '../../../../main/host.ts';
import type { SpawnWorker } from '../../../../main/worker-process.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Episode } from '../../../../shared/model/episode.ts';
import { applyEpisodeEvent } from '../../../../shared/model/episode-event.ts';
import type { EpisodeId, SampleId } from '../../../../shared/model/ids.ts';
import { DEFAULT_LIMITS } from '../../../../shared/model/limits.ts';
import { importColours, makeSample } from '../../../helpers/studio-acts.ts';
import { scriptedBackend } from '../../../helpers/scripted-backend.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { recordedLog, startTestHost } from '../../../helpers/test-host.ts';
import { writeModelFolder } from '../../../helpers/tiny-model.ts';

const LONG = { ...DEFAULT_LIMITS, maxTokensPerTurn: 4096, maxEpisodeTokens: 131_072 };
const ZOOM =
  '<think>Look.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}\n</tool_call>';

// Every test starts processes; on a busy machine that takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let host: Host;

beforeEach(() => {
  folder = makeTempFolder('episodes');
});
afterEach(async () => {
  await host.close();
  removeFolder(folder);
});

/** Watches to the end, folding as the page does. */
async function watchToEnd(id: EpisodeId, onChange: (episode: Episode) => void = () => {}): Promise<Episode> {
  let episode: Episode | null = null;
  for await (const { message } of host.services.episodes.watch(id, null, new AbortController().signal)) {
    episode =
      message.type === 'snapshot' ? message.episode : episode && applyEpisodeEvent(episode, message.event);
    if (episode !== null) onChange(episode);
  }
  if (episode === null) throw new Error('nothing was seen');
  return episode;
}

async function start(sampleId: SampleId, change: object = {}): Promise<EpisodeId> {
  return (await host.services.episodes.start({ sampleId, ...change })).id;
}

describe('with the real engine', () => {
  /**
   * Real workers; while `murder` is on, the engine is killed as soon as it has read what an episode begins with. What
   * it says after that is not heard: a short turn may be on its way already.
   */
  function hostThatKills(killer: { murder: boolean }): Host {
    const spawnWorker: SpawnWorker = (name) => {
      const worker = spawnForkedWorker(name);
      if (name !== 'engine') return worker;
      const appends = new Set<number>();
      let isDead = false;
      return {
        ...worker,
        send: (message) => {
          const { id, request } = message as { id: number; request?: { method: string } };
          if (request?.method === 'append') appends.add(id);
          worker.send(message);
        },
        onMessage: (listener) =>
          worker.onMessage((message) => {
            if (isDead) return;
            const { type, id } = message as { type: string; id: number };
            isDead = killer.murder && type === 'result' && appends.has(id);
            listener(message);
            if (isDead) worker.kill();
          }),
      };
    };
    return createHost({
      mode: 'browser',
      workspacePath: join(folder, 'workspace'),
      assetsPath: join(folder, 'assets'),
      spawnWorker,
      log: recordedLog(),
      now: Date.now,
    });
  }

  it('the engine dies in mid-episode: that one has failed with what it had, and the next run works', async () => {
    const killer = { murder: false };
    host = hostThatKills(killer);
    const model = join(folder, 'model');
    writeModelFolder(model);
    await importColours(host, join(folder, 'pictures'), ['red']);
    const sampleId = await makeSample(host);
    await host.services.agents.add({ source: { kind: 'folder', folder: model } });

    killer.murder = true;
    const sampling = { temperature: 1, topP: 1, topK: 0, seed: 3 };
    const dead = await watchToEnd(await start(sampleId, { limits: LONG, sampling }));
    expect(dead).toMatchObject({
      state: { kind: 'ended', status: 'failed' },
      error: { code: 'engine_crashed' },
    });
    expect(dead.views).toHaveLength(1);
    expect(dead.steps[0]?.segments.length).toBeGreaterThan(0);

    killer.murder = false;
    const alive = await watchToEnd(
      await start(sampleId, { limits: { ...DEFAULT_LIMITS, maxTokensPerTurn: 5 } }),
    );
    expect(alive).toMatchObject({ state: { kind: 'ended' }, error: null });
    expect(alive.steps[0]?.tokens.length).toBeGreaterThan(0);
    expect(host.services.episodes.get(dead.id)).toEqual(dead);
    expect(host.services.episodes.get(alive.id)).toEqual(alive);
  });

  it('a folder that is no agent is refused by name, and nothing is added', async () => {
    host = hostThatKills({ murder: false });
    const adding = host.services.agents.add({ source: { kind: 'folder', folder: join(folder, 'nothing') } });
    await expect(adding).rejects.toMatchObject({ code: 'model_folder_invalid' });
    expect(await host.services.agents.list()).toEqual([]);
  });
});

describe('with an agent that says what it is told', () => {
  async function hostWith(script: Parameters<typeof scriptedBackend>[0]): Promise<SampleId> {
    host = await startTestHost({ folder, openAgent: async () => scriptedBackend(script) });
    await importColours(host, join(folder, 'pictures'), ['red', 'blue']);
    return await makeSample(host);
  }

  it('what a page sees is what is stored, step by step and at the end', async () => {
    const sampleId = await hostWith([ZOOM, '<think>Red.</think>\n<answer>red</answer>']);
    const id = await start(sampleId);
    const seen = await watchToEnd(id);
    expect(host.services.episodes.get(id)).toEqual(seen);
    expect(host.services.episodes.list(sampleId, 5)).toMatchObject([
      { id, stepCount: 2, callCount: 1, answer: 'red', verdict: 'right' },
    ]);
  });

  it('one that waits its turn is queued, and can be stopped before it begins', async () => {
    const sampleId = await hostWith([{ text: '<think>hm', thenHang: true }]);
    const first = await start(sampleId);
    const second = await start(sampleId);
    expect(host.services.episodes.get(second).state).toEqual({ kind: 'running', phase: 'queued' });
    host.services.episodes.stop(second);
    host.services.episodes.stop(first);
    const [one, two] = await Promise.all([watchToEnd(first), watchToEnd(second)]);
    expect(one.state).toMatchObject({ status: 'stopped' });
    expect(two).toMatchObject({ state: { status: 'stopped' }, steps: [], views: [] });
  });

  it('closing the host stops what runs and stores it as stopped', async () => {
    const sampleId = await hostWith([ZOOM, { text: '<think>hm', thenHang: true }]);
    const id = await start(sampleId);
    const abort = new AbortController();
    for await (const _ of host.services.episodes.watch(id, null, abort.signal)) {
      if (host.services.episodes.get(id).steps.length === 2) abort.abort();
    }
    await host.close();
    const workspace = openWorkspace(join(folder, 'workspace'), Date.now());
    expect(workspace.episodes.get(id)).toMatchObject({ state: { status: 'stopped' }, error: null });
    expect(workspace.episodes.get(id)?.steps).toHaveLength(2);
    workspace.close();
    host = { ...host, close: async () => {} };
  });

  it('an agent that can not be opened fails the episode, and says why', async () => {
    const sampleId = await hostWith([]);
    const { agents } = host.services;
    const [agent] = await agents.list();
    agents.remove(
      agent?.id ??
        (() => {
          throw new Error('no agent');
        })(),
    );
    await expect(start(sampleId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('the pixels of a view are served as the model got them, during and after the run', async () => {
    const sampleId = await hostWith([ZOOM, '<think>Red.</think>\n<answer>red</answer>']);
    const id = await start(sampleId);
    const { views } = await watchToEnd(id);
    for (const view of views) {
      const answer = await host.answerAsset({
        method: 'GET',
        path: `/assets/view/${id}/${view.number}`,
        contentType: '',
        body: empty(),
      });
      expect(answer.status).toBe(200);
      const { body } = answer;
      if (body.kind !== 'bytes') throw new Error('not bytes');
      const header = Buffer.from(body.bytes);
      expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([view.width, view.height]);
    }
  });
});

async function* empty(): AsyncGenerator<Uint8Array, void, void> {}

describe('a host that is killed in mid-episode', () => {
  it('is found again with the episode marked as failed, and with every step that was shown as finished', async () => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../../helpers/episode-runner.ts', import.meta.url)), folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { id, finishedSteps } = JSON.parse(line.toString()) as {
      readonly id: EpisodeId;
      readonly finishedSteps: number;
    };
    host = await startTestHost({ folder });
    const episode = host.services.episodes.get(id);
    expect(episode).toMatchObject({
      state: { kind: 'ended', status: 'failed' },
      error: { code: 'interrupted' },
    });
    expect(finishedSteps).toBe(2);
    expect(episode.steps).toHaveLength(finishedSteps);
    expect(episode.views).toHaveLength(3);
    const next = await start(episode.sampleId);
    expect((await watchToEnd(next)).state).toMatchObject({ status: 'answered' });
  });
});
