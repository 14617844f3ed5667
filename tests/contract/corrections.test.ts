import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { regionAssetPath } from '../../shared/contract/assets.ts';
import type { Correction, CorrectionOperation } from '../../shared/model/correction.ts';
import { applyEpisodeEvent } from '../../shared/model/episode-event.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { EpisodeId, ReviewerId } from '../../shared/model/ids.ts';
import { scriptedBackend } from '../helpers/scripted-backend.ts';
import type { ScriptedTurn } from '../helpers/scripted-backend.ts';
import { importColours, makeSample, watch } from '../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import {
  connect,
  openSession,
  refusalOf,
  startTestHost,
  startTestServer,
  WIRES,
} from '../helpers/test-host.ts';
import type { Connected, TestHost } from '../helpers/test-host.ts';
import { until } from '../helpers/until.ts';

const ZOOM =
  '<think>Look.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}\n</tool_call>';
const BLUE = '<think>No.</think>\n<answer>blue</answer>';
const RED = '<think>So.</think>\n<answer>red</answer>';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const thought = (text: string): CorrectionOperation => ({ kind: 'edit_thought', step: 'm0', thought: text });
const move: CorrectionOperation = {
  kind: 'edit_call',
  step: 'm0',
  call: { tool: 'zoom_in', image: { kind: 'input', image: 1 }, box: [10, 10, 60, 60] },
};

describe.each(WIRES)('two people correct one run, over %s', (wire) => {
  let folder: string;
  let host: TestHost;
  let script: readonly ScriptedTurn[];
  let pages: readonly [Connected, Connected];
  let people: readonly [ReviewerId, ReviewerId];
  let episodeId: EpisodeId;

  beforeEach(async () => {
    folder = makeTempFolder('corrections-contract');
    script = [ZOOM, BLUE];
    host = await startTestHost({ folder, openAgent: async () => scriptedBackend(script) });
    pages = [await connect(host, wire), await connect(host, wire)];
    const add = async (name: string) => (await pages[0].client.reviewers.add.mutate({ name })).id;
    people = [await add('Ann'), await add('Ben')];
    await importColours(host, join(folder, 'pictures'), ['red']);
    const { id } = await pages[0].client.episodes.start.mutate({ sampleId: await makeSample(host) });
    await watch(pages[0].client, id).ended;
    await until(
      async () => (await pages[0].client.episodes.get.query({ id })).state.kind === 'ended',
      'it ended',
    );
    episodeId = id;
  });
  afterEach(async () => {
    for (const page of pages) await page.close();
    await host.close();
    removeFolder(folder);
  });

  it('the second of two edits of one version is one conflict; nothing is lost, and both versions can be had', async () => {
    const [ann, ben] = pages;
    const made = await ann.client.corrections.create.mutate({ by: people[0], episodeId });
    const { id, revision } = made;
    const edits = await Promise.all([
      ann.client.corrections.edit.mutate({ by: people[0], id, revision, operations: [thought('Ann’s')] }),
      ben.client.corrections.edit.mutate({
        by: people[1],
        id,
        revision,
        operations: [thought('Ben’s'), move],
      }),
    ]);
    const lost = edits.flatMap((one) => (one.kind === 'conflict' ? [one] : []));
    expect(lost).toHaveLength(1);
    const [conflict] = lost;
    if (conflict === undefined) throw new Error('no conflict');
    const saved = edits.find((one) => one.kind === 'saved');
    // Both sides are in the answer, and both are what they were.
    const state = await ben.client.corrections.get.query({ id });
    expect(conflict.theirs).toEqual(saved?.correction);
    expect(state.correction).toEqual(saved?.correction);
    expect(state.setAside).toEqual([conflict.mine]);
    const all = [...state.correction.operations, ...conflict.mine.operations];
    expect(all.map((one) => (one.kind === 'edit_thought' ? one.thought : one.kind)).toSorted()).toEqual([
      'Ann’s',
      'Ben’s',
      'edit_call',
    ]);

    const page = people.indexOf(conflict.mine.by) === 0 ? ann : ben;
    const put = await page.client.corrections.applyAside.mutate({
      by: conflict.mine.by,
      id,
      revision: conflict.theirs.revision,
      setAside: conflict.mine.id,
    });
    expect(put).toMatchObject({ kind: 'saved', left: [] });
    const both = await ann.client.corrections.get.query({ id });
    expect(both.correction.operations).toEqual(all);
    expect(both.setAside).toEqual([]);
    // The version from before is one undo away.
    await page.client.journal.undo.mutate({ by: conflict.mine.by });
    const back = await ann.client.corrections.get.query({ id });
    expect(back.correction).toEqual(conflict.theirs);
    expect(back.setAside).toEqual([conflict.mine]);
  });

  it('an undo over somebody else’s edit is refused, and their edit stays', async () => {
    const [ann, ben] = pages;
    const { id, revision } = await ann.client.corrections.create.mutate({
      by: people[0],
      episodeId,
      operations: [move],
    });
    await ben.client.corrections.edit.mutate({ by: people[1], id, revision, operations: [thought('Ben’s')] });
    expect(await refusalOf(ann.client.journal.undo.mutate({ by: people[0] }))).toMatchObject({
      code: 'conflict',
    });
    const { correction } = await ann.client.corrections.get.query({ id });
    expect(correction.operations).toEqual([move, thought('Ben’s')]);
  });

  it('a run from a corrected step streams as an episode does, and resumes after a lost connection', async () => {
    const [ann] = pages;
    script = [ZOOM, RED];
    const made: Correction = await ann.client.corrections.create.mutate({ episodeId, operations: [move] });
    const { id, revision } = made;
    const { run } = await ann.client.corrections.runFrom.mutate({ id, revision, after: 'm0', pace: 60 });
    let folded: Episode | null = null;
    const kinds: string[] = [];
    let hasCut = false;
    await new Promise<void>((resolve, reject) => {
      ann.client.corrections.watchRun.subscribe(
        { run },
        {
          onData: ({ data }) => {
            kinds.push(data.type === 'event' ? data.event.type : 'snapshot');
            if (data.type === 'snapshot') folded = data.episode;
            else if (folded !== null) folded = applyEpisodeEvent(folded, data.event);
            if (!hasCut && kinds.includes('step_started')) {
              hasCut = true;
              ann.cut();
            }
          },
          onComplete: resolve,
          onError: reject,
        },
      );
    });
    await until(
      async () => (await pages[1].client.corrections.get.query({ id })).run === null,
      'the run is over',
    );
    const state = await pages[1].client.corrections.get.query({ id });
    const [, continued] = state.correction.operations;
    if (continued?.kind !== 'continued') throw new Error('nothing was sampled');
    const shown = folded as Episode | null;
    expect(shown?.state.kind).toBe('ended');
    expect(continued.steps.map(({ text }) => text)).toEqual(shown?.steps.map(({ text }) => text));
    expect(kinds).toContain('step_finished');
  });

  it('edits that are no edits are refused by their schema', async () => {
    const { id, revision } = await pages[0].client.corrections.create.mutate({ episodeId });
    const bad = pages[0].client.corrections.edit.mutate({
      id,
      revision,
      operations: JSON.parse('[{"kind": "edit_thought", "step": "../m0", "thought": "x"}]'),
    });
    expect(await refusalOf(bad)).toMatchObject({ code: 'bad_input' });
  });
});

describe('the pixels of a corrected view', () => {
  it('are those of the region at that size; what lies outside the image or is too large is refused', async () => {
    const folder = makeTempFolder('regions');
    const host = await startTestHost({ folder, openAgent: async () => scriptedBackend([BLUE]) });
    await importColours(host, join(folder, 'pictures'), ['red']);
    const { id } = await host.services.episodes.start({ sampleId: await makeSample(host) });
    const server = await startTestServer(host);
    const cookie = await openSession(server);
    const ask = async (path: string) =>
      await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { cookie } });
    const region = { rootImage: 0, rootBox: [10, 10, 30, 20], width: 56, height: 28 } as const;
    const answer = await ask(regionAssetPath(id, region));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/png');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([56, 28]);
    const outside = { ...region, rootBox: [10, 10, 61, 20] } as const;
    expect((await ask(regionAssetPath(id, outside))).status).toBe(400);
    expect((await ask(regionAssetPath(id, { ...region, width: 28_000, height: 28_000 }))).status).toBe(400);
    expect((await ask(regionAssetPath(id, { ...region, rootImage: 7 }))).status).toBe(404);
    await server.close();
    await host.close();
    removeFolder(folder);
  });
});
