import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EpisodeId, SampleId } from '../../shared/model/ids.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { importColours, makeSample, watch } from '../helpers/studio-acts.ts';
import { connect, refusalOf, startTestHost, WIRES } from '../helpers/test-host.ts';
import type { Connected, TestHost } from '../helpers/test-host.ts';
import { scriptedBackend } from '../helpers/scripted-backend.ts';
import type { ScriptedTurn } from '../helpers/scripted-backend.ts';
import { until } from '../helpers/until.ts';

const ZOOM =
  '<think>Look closer.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}\n</tool_call>';
const ANSWER = '<think>It is red.</think>\n<answer>red</answer>';

// On a busy machine starting processes takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

describe.each(WIRES)('over %s', (wire) => {
  let folder: string;
  let host: TestHost;
  let connected: Connected;
  let script: readonly ScriptedTurn[];

  beforeEach(async () => {
    folder = makeTempFolder('contract');
    script = [ZOOM, ANSWER];
    host = await startTestHost({ folder, openAgent: async () => scriptedBackend(script) });
    connected = await connect(host, wire);
  });
  afterEach(async () => {
    await connected.close();
    await host.close();
    removeFolder(folder);
  });

  async function readySample(): Promise<SampleId> {
    await importColours(host, join(folder, 'pictures'), ['red', 'blue']);
    return await makeSample(host);
  }

  it('a call is answered with what the contract promises', async () => {
    await readySample();
    const info = await connected.client.app.info.query();
    expect(info.counts).toEqual({ images: 2, samples: 1, episodes: 0 });
    const page = await connected.client.images.list.query({});
    expect(page.items.map(({ name }) => name)).toEqual(['0-red.png', '1-blue.png']);
    expect(JSON.stringify(page)).not.toContain(folder);
  });

  it('many calls at once are each answered with their own answer', async () => {
    const sample = await readySample();
    const rows = await Promise.all(
      Array.from({ length: 50 }, () => connected.client.samples.get.query({ id: sample })),
    );
    expect(new Set(rows.map((row) => row.sample.id))).toEqual(new Set([sample]));
  });

  it('an input that breaks its schema is refused, and the field is named', async () => {
    const bad = connected.client.images.list.query({ limit: 0 });
    expect(await refusalOf(bad)).toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('limit'),
    });
    const wrongId = connected.client.samples.get.query(JSON.parse('{"id":"img_00"}'));
    expect(await refusalOf(wrongId)).toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining('id'),
    });
  });

  it('what is not there is not_found', async () => {
    const missing = `smp_${'0'.repeat(24)}` as SampleId;
    expect(await refusalOf(connected.client.samples.get.query({ id: missing }))).toMatchObject({
      code: 'not_found',
    });
  });

  it('a stale edit is a conflict, and the newer text stays', async () => {
    const id = await readySample();
    const { sample } = await connected.client.samples.get.query({ id });
    const draft = { ...sample, question: 'First?' };
    await connected.client.samples.update.mutate({ id, revision: 1, draft });
    const stale = connected.client.samples.update.mutate({
      id,
      revision: 1,
      draft: { ...sample, question: 'Second?' },
    });
    expect(await refusalOf(stale)).toMatchObject({ code: 'conflict' });
    expect((await connected.client.samples.get.query({ id })).sample.question).toBe('First?');
  });

  it('a procedure that does not exist is not_supported', async () => {
    const call = (
      connected.client as unknown as { ghost: { walk: { query: () => Promise<unknown> } } }
    ).ghost.walk.query();
    expect(await refusalOf(call)).toMatchObject({ code: 'not_supported' });
  });

  it('a fault of ours crosses as internal, without its text, and is logged whole', async () => {
    const secret = 'secret path /home/somebody';
    Object.assign(host.services, {
      appInfo: () => {
        throw new Error(secret);
      },
    });
    const refusal = await refusalOf(connected.client.app.info.query());
    expect(refusal.code).toBe('internal');
    expect(JSON.stringify(refusal)).not.toContain('secret');
    expect(host.log.lines.join('\n')).toContain(secret);
  });

  it('an episode is watched from its start to its end', async () => {
    const sampleId = await readySample();
    const { id } = await connected.client.episodes.start.mutate({ sampleId });
    const watched = watch(connected.client, id);
    await watched.ended;
    expect(watched.messages[0]?.type).toBe('snapshot');
    const seen = watched.episode();
    expect(seen?.state).toMatchObject({ kind: 'ended', status: 'answered' });
    expect(seen?.verdict).toBe('right');
    expect(seen?.steps).toHaveLength(2);
    expect(seen?.views.map(({ origin }) => origin)).toEqual(['input', 'input', 'zoom_in']);
    expect(await connected.client.episodes.get.query({ id })).toEqual(seen);
  });

  it('who comes back with the last number it saw misses nothing and gets nothing twice', async () => {
    script = [ZOOM, { text: '<think>It is', thenHang: true }];
    const sampleId = await readySample();
    const { id } = await connected.client.episodes.start.mutate({ sampleId });
    const first = watch(connected.client, id);
    await until(() => (first.episode()?.steps.length ?? 0) === 2, 'the second step has begun');
    first.stop();
    const last = first.ids.at(-1);
    const second = watch(connected.client, id, last);
    await connected.client.episodes.stop.mutate({ id });
    await second.ended;
    expect(second.messages.every(({ type }) => type === 'event')).toBe(true);
    expect(second.ids.every((one) => Number(one) > Number(last))).toBe(true);
    expect(second.messages.at(-1)).toMatchObject({ event: { type: 'finished', status: 'stopped' } });
  });

  it('a page that is reloaded in mid-episode gets a snapshot and goes on', async () => {
    script = [ZOOM, { text: '<think>It is', thenHang: true }];
    const sampleId = await readySample();
    const { id } = await connected.client.episodes.start.mutate({ sampleId });
    const before = watch(connected.client, id);
    await until(() => (before.episode()?.steps[1]?.text ?? '') !== '', 'the second step has text');
    const other = await connect(host, wire);
    try {
      const after = watch(other.client, id);
      await until(() => after.episode() !== null, 'the snapshot is there');
      expect(after.episode()?.steps).toEqual(before.episode()?.steps);
      await other.client.episodes.stop.mutate({ id });
      await Promise.all([after.ended, before.ended]);
      expect(after.episode()).toEqual(before.episode());
    } finally {
      await other.close();
    }
  });

  it('a lost connection comes back by itself, and the stream goes on where it was', async () => {
    script = [ZOOM, { text: '<think>It is', thenHang: true }];
    const sampleId = await readySample();
    const { id } = await connected.client.episodes.start.mutate({ sampleId });
    const watched = watch(connected.client, id);
    await until(() => (watched.episode()?.steps.length ?? 0) === 2, 'the second step has begun');
    connected.cut();
    await until(
      async () => (await connected.client.app.info.query().catch(() => null)) !== null,
      'it is connected again',
    );
    await connected.client.episodes.stop.mutate({ id });
    await watched.ended;
    expect(watched.messages.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
    expect(new Set(watched.ids).size).toBe(watched.ids.length);
    expect(watched.episode()?.state).toMatchObject({ kind: 'ended', status: 'stopped' });
  });

  it('whoever stops watching is forgotten, and the episode runs on', async () => {
    script = [{ text: '<think>It is', thenHang: true }];
    const sampleId = await readySample();
    const { id } = await connected.client.episodes.start.mutate({ sampleId });
    const watched = watch(connected.client, id);
    await until(() => (watched.episode()?.steps.length ?? 0) === 1, 'the step has begun');
    watched.stop();
    const state = (await connected.client.episodes.get.query({ id })).state;
    expect(state.kind).toBe('running');
    await connected.client.episodes.stop.mutate({ id });
  });

  it('watching what does not exist is an error, not silence', async () => {
    const watched = watch(connected.client, `eps_${'0'.repeat(24)}` as EpisodeId);
    await expect(watched.ended).rejects.toMatchObject({ data: { code: 'not_found' } });
  });

  it('an import is watched until it has ended', async () => {
    await importColours(host, join(folder, 'pictures'), ['red']);
    const job = await connected.client.imports.startPaths.mutate({ paths: [join(folder, 'pictures')] });
    const states: string[] = [];
    await new Promise<void>((resolve, reject) => {
      connected.client.imports.watch.subscribe(
        { id: job.id },
        { onData: (one) => states.push(one.state), onComplete: resolve, onError: reject },
      );
    });
    expect(states.at(-1)).toBe('finished');
  });

  it('every client hears of a change that another made', async () => {
    const other = await connect(host, wire);
    try {
      const heard: string[] = [];
      let started = false;
      const subscription = other.client.app.activity.subscribe(undefined, {
        onStarted: () => {
          started = true;
        },
        onData: ({ topic }) => heard.push(topic),
      });
      await until(() => started, 'the stream has begun');
      await importColours(host, join(folder, 'pictures'), ['red']);
      await makeSample(host);
      await connected.client.settings.set.mutate({
        ...(await connected.client.settings.get.query()),
        theme: 'dark',
      });
      await until(
        () => ['images', 'samples', 'settings'].every((topic) => heard.includes(topic)),
        'all are heard of',
      );
      subscription.unsubscribe();
    } finally {
      await other.close();
    }
  });
});
