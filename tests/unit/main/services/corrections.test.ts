import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spawnForkedWorker } from '../../../../main/fork-workers.ts';
import { createHost } from '../../../../main/host.ts';
import type { Host } from '../../../../main/host.ts';
import { nextStepKey } from '../../../../shared/correction/operations.ts';
import type { CorrectedEpisode } from '../../../../shared/correction/corrected-episode.ts';
import type { Correction, CorrectionOperation, StepKey } from '../../../../shared/model/correction.ts';
import { applyEpisodeEvent } from '../../../../shared/model/episode-event.ts';
import type { Episode } from '../../../../shared/model/episode.ts';
import type { CorrectionId } from '../../../../shared/model/ids.ts';
import type { SamplingSettings } from '../../../../shared/model/limits.ts';
import { scriptedBackend } from '../../../helpers/scripted-backend.ts';
import type { ScriptedTurn } from '../../../helpers/scripted-backend.ts';
import { importColours, makeSample } from '../../../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { recordedLog, startTestHost } from '../../../helpers/test-host.ts';
import { until } from '../../../helpers/until.ts';

const DEMO = join(import.meta.dirname, '../../../../assets/demo-agent');
const DEMO_SET = join(import.meta.dirname, '../../../../assets/demo-set');
const ZOOM =
  '<think>Look.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [4, 8, 36, 40]}}\n</tool_call>';
const BACK =
  '<think>Again.</think>\n<tool_call>\n{"name": "look_back", "arguments": {"image": 1}}\n</tool_call>';
const RED = '<think>So.</think>\n<answer>red</answer>';
const BLUE = '<think>No.</think>\n<answer>blue</answer>';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let host: Host;
/** What the agent says: in the episode first, then in every run. */
let script: readonly ScriptedTurn[];

beforeEach(() => {
  folder = makeTempFolder('corrections');
});
afterEach(async () => {
  await host.close();
  removeFolder(folder);
});

async function openScripted(): Promise<void> {
  host = await startTestHost({ folder, openAgent: async () => scriptedBackend(script) });
}

async function playedEpisode(sampling?: SamplingSettings): Promise<Episode> {
  const { items } = host.services.library.listSamples({ limit: 10 });
  const sampleId = items[0]?.sample.id ?? (await makeSample(host));
  const { id } = await host.services.episodes.start({ sampleId, ...(sampling && { sampling }) });
  for await (const _ of host.services.episodes.watch(id, null, new AbortController().signal));
  return host.services.episodes.get(id);
}

async function scriptedEpisode(): Promise<Episode> {
  script = [ZOOM, BACK, BLUE];
  await openScripted();
  await importColours(host, join(folder, 'pictures'), ['red']);
  return await playedEpisode();
}

const move: CorrectionOperation = {
  kind: 'edit_call',
  step: 'm0',
  call: { tool: 'zoom_in', image: { kind: 'input', image: 1 }, box: [10, 10, 60, 60] },
};
const word: CorrectionOperation = { kind: 'edit_thought', step: 'm1', thought: 'Another look.' };

function corrected(id: CorrectionId): CorrectedEpisode {
  return host.services.corrections.replayed(id).corrected;
}

async function continueFrom(correction: Correction, after: StepKey | null): Promise<Episode> {
  const { id, revision } = correction;
  const { run } = await host.services.corrections.runFrom({ by: undefined, id, revision, after });
  let episode: Episode | null = null;
  for await (const { message } of host.services.corrections.watchRun(
    run,
    null,
    new AbortController().signal,
  )) {
    episode =
      message.type === 'snapshot' ? message.episode : episode && applyEpisodeEvent(episode, message.event);
  }
  await until(() => host.services.corrections.get(id).run === null, 'the run is over');
  if (episode === null) throw new Error('nothing was seen');
  return episode;
}

describe('edits', () => {
  it('are saved one by one, each undone and done again, also after a restart', async () => {
    const episode = await scriptedEpisode();
    const made = host.services.corrections.create({
      by: undefined,
      episodeId: episode.id,
      operations: [move],
    });
    const second = host.services.corrections.edit({
      by: undefined,
      id: made.id,
      revision: made.revision,
      operations: [word],
    });
    expect(second).toMatchObject({ kind: 'saved', correction: { operations: [move, word] } });
    const { undo } = host.services.journal.state(undefined);
    expect(undo).toMatchObject({ label: 'Edit thought of step 2', subject: episode.id });

    host.services.journal.undo(undefined);
    expect(host.services.corrections.get(made.id).correction).toEqual(made);
    await host.close();
    await openScripted();
    expect(host.services.journal.undo(undefined)?.label).toBe('Move box of step 1');
    expect(host.services.corrections.list(episode.id)).toEqual([]);
    expect(() => host.services.corrections.get(made.id)).toThrow('It may have been undone');
    host.services.journal.redo(undefined);
    host.services.journal.redo(undefined);
    expect(host.services.corrections.get(made.id).correction.operations).toEqual([move, word]);
    expect(host.services.corrections.get(made.id).correction.sizing.factor).toBe(28);
  });

  it('that name a step that is not there are refused with the reason, and nothing is saved', async () => {
    const episode = await scriptedEpisode();
    const made = host.services.corrections.create({ by: undefined, episodeId: episode.id, operations: [] });
    const stray: CorrectionOperation = { kind: 'delete_step', step: 'h7' };
    expect(() =>
      host.services.corrections.edit({
        by: undefined,
        id: made.id,
        revision: made.revision,
        operations: [move, stray],
      }),
    ).toThrow('there is no step h7');
    expect(host.services.corrections.get(made.id).correction).toEqual(made);
  });

  it('on a stale revision change nothing and are set aside; put on top, both sides stand', async () => {
    const episode = await scriptedEpisode();
    const { corrections, journal } = host.services;
    const ann = journal.addReviewer('Ann').id;
    const ben = journal.addReviewer('Ben').id;
    const base = corrections.create({ by: ann, episodeId: episode.id, operations: [move] });
    const insert = (thought: string): CorrectionOperation => ({
      kind: 'insert_step',
      key: nextStepKey(base.operations, 'h'),
      after: 'm0',
      thought,
      act: { kind: 'call', call: { tool: 'look_back', image: { kind: 'input', image: 1 } } },
    });
    const { id, revision } = base;
    corrections.edit({ by: ann, id, revision, operations: [insert('from Ann')] });
    const lost = corrections.edit({ by: ben, id, revision, operations: [insert('from Ben'), word] });
    if (lost.kind !== 'conflict') throw new Error('no conflict');
    expect(lost.theirs.operations).toHaveLength(2);
    expect(lost.mine).toMatchObject({ by: ben, revision, operations: [insert('from Ben'), word] });
    expect(corrections.get(id).setAside).toEqual([lost.mine]);
    expect(corrected(id).steps.map(({ thought }) => thought)).not.toContain('from Ben');

    const put = corrections.applyAside({
      by: ben,
      id,
      revision: lost.theirs.revision,
      setAside: lost.mine.id,
    });
    expect(put).toMatchObject({ kind: 'saved', left: [] });
    expect(corrected(id).steps.map(({ thought }) => thought)).toEqual([
      'Look.',
      'from Ben',
      'from Ann',
      'Another look.',
      'No.',
    ]);
    expect(corrections.get(id).setAside).toEqual([]);
    journal.undo(ben);
    expect(corrections.get(id)).toMatchObject({ correction: lost.theirs, setAside: [lost.mine] });
  });

  it('that lost their step to others stay set aside, and the rest is put on top', async () => {
    const episode = await scriptedEpisode();
    const { corrections } = host.services;
    const base = corrections.create({ by: undefined, episodeId: episode.id, operations: [] });
    const { id, revision } = base;
    corrections.edit({ by: undefined, id, revision, operations: [{ kind: 'delete_step', step: 'm1' }] });
    const lost = corrections.edit({ by: undefined, id, revision, operations: [word, move] });
    if (lost.kind !== 'conflict') throw new Error('no conflict');
    const put = corrections.applyAside({
      by: undefined,
      id,
      revision: lost.theirs.revision,
      setAside: lost.mine.id,
    });
    expect(put).toMatchObject({ kind: 'saved', left: [expect.stringContaining('step m1 was taken out')] });
    expect(corrections.get(id).setAside[0]?.operations).toEqual([word]);
    corrections.dropAside(lost.mine.id, undefined);
    expect(corrections.get(id).setAside).toEqual([]);
    host.services.journal.undo(undefined);
    expect(corrections.get(id).setAside[0]?.operations).toEqual([word]);
  });
});

describe('run from here', () => {
  it('reads what stays as it stands, and puts what is sampled behind it, as one action', async () => {
    const episode = await scriptedEpisode();
    const backend = scriptedBackend([BACK, RED]);
    await host.close();
    host = await startTestHost({ folder, openAgent: async () => backend });
    const made = host.services.corrections.create({
      by: undefined,
      episodeId: episode.id,
      operations: [move],
    });
    const run = await continueFrom(made, 'm0');
    expect(run.state).toMatchObject({ kind: 'ended', status: 'answered' });
    const text = backend.appended
      .map((one) => (one.kind === 'image' ? `[${one.view.box.join()}]` : one.text))
      .join('');
    expect(text).toContain(
      '"bbox_2d": [10, 10, 60, 60]}}\n</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nImage 2: <|vision_start|>[4,3,26,22]',
    );
    const { steps, answer, verdict } = corrected(made.id);
    expect(steps.map(({ key, follows }) => [key, follows])).toEqual([
      ['m0', true],
      ['c0', true],
      ['c1', true],
    ]);
    expect({ answer, verdict }).toEqual({ answer: 'red', verdict: 'right' });
    expect(host.services.journal.state(undefined).undo?.label).toBe('Run from step 1');
    host.services.journal.undo(undefined);
    expect(corrected(made.id).steps.map(({ key }) => key)).toEqual(['m0', 'm1', 'm2']);
  });

  it('stopped, keeps the steps that were whole', async () => {
    const episode = await scriptedEpisode();
    await host.close();
    script = [BACK, { text: '<think>hm', thenHang: true }];
    await openScripted();
    const { corrections } = host.services;
    const made = corrections.create({ by: undefined, episodeId: episode.id, operations: [move] });
    const { id, revision } = made;
    const { run } = await corrections.runFrom({ by: undefined, id, revision, after: 'm0' });
    for await (const { message } of corrections.watchRun(run, null, new AbortController().signal)) {
      if (message.type === 'event' && message.event.type === 'tokens' && message.event.index === 2) {
        corrections.stopRun(run);
      }
    }
    await until(() => corrections.get(id).run === null, 'the run is over');
    expect(corrected(id).steps.map(({ key }) => key)).toEqual(['m0', 'c0']);
  });

  it('is refused from an answer, and while it runs already', async () => {
    const episode = await scriptedEpisode();
    await host.close();
    script = [{ text: '<think>hm', thenHang: true }];
    await openScripted();
    const { corrections } = host.services;
    const { id, revision } = corrections.create({ by: undefined, episodeId: episode.id, operations: [] });
    await expect(corrections.runFrom({ by: undefined, id, revision, after: 'm2' })).rejects.toThrow(
      "can't go on behind step 3",
    );
    const { run } = await corrections.runFrom({ by: undefined, id, revision, after: 'm0' });
    await expect(corrections.runFrom({ by: undefined, id, revision, after: 'm0' })).rejects.toThrow(
      'already going on',
    );
    corrections.stopRun(run);
    await until(() => corrections.get(id).run === null, 'the run is over');
    expect(corrections.get(id).correction.operations).toEqual([]);
  });

  it('from a step that is undone meanwhile, sets aside what was sampled', async () => {
    const episode = await scriptedEpisode();
    await host.close();
    script = [BACK, { text: '<think>hm', thenHang: true }];
    await openScripted();
    const { corrections, journal } = host.services;
    const { id } = corrections.create({
      by: undefined,
      episodeId: episode.id,
      operations: [
        {
          kind: 'insert_step',
          key: 'h0',
          after: 'm0',
          thought: '',
          act: { kind: 'call', call: { tool: 'look_back', image: { kind: 'input', image: 1 } } },
        },
      ],
    });
    const { revision } = corrections.get(id).correction;
    const { run } = await corrections.runFrom({ by: undefined, id, revision, after: 'h0' });
    for await (const { message } of corrections.watchRun(run, null, new AbortController().signal)) {
      if (message.type === 'event' && message.event.type === 'tokens' && message.event.index === 3) {
        journal.undo(undefined);
        corrections.stopRun(run);
      }
    }
    await host.close();
    await openScripted();
    host.services.journal.redo(undefined);
    const [aside] = host.services.corrections.get(id).setAside;
    if (aside === undefined) throw new Error('nothing is set aside');
    host.services.corrections.applyAside({ by: undefined, id, revision, setAside: aside.id });
    expect(corrected(id).steps.map(({ key, follows }) => [key, follows])).toEqual([
      ['m0', true],
      ['h0', true],
      ['c0', true],
    ]);
  });

  it('that the end of the app cut off, sets aside the steps that were whole', async () => {
    const episode = await scriptedEpisode();
    await host.close();
    script = [BACK, { text: '<think>hm', thenHang: true }];
    await openScripted();
    const { corrections } = host.services;
    const { id, revision } = corrections.create({ by: undefined, episodeId: episode.id, operations: [move] });
    const { run } = await corrections.runFrom({ by: undefined, id, revision, after: 'm0' });
    const copy = join(folder, 'as-it-was');
    for await (const { message } of corrections.watchRun(run, null, new AbortController().signal)) {
      if (message.type !== 'event' || message.event.type !== 'tokens' || message.event.index !== 2) continue;
      // What a kill leaves behind: the files as they are at this moment, the lock of a dead process aside.
      cpSync(join(folder, 'workspace'), join(copy, 'workspace'), { recursive: true });
      rmSync(join(copy, 'workspace', 'workspace.lock'), { force: true });
      corrections.stopRun(run);
    }
    await host.close();
    host = await startTestHost({ folder: copy, openAgent: async () => scriptedBackend(script) });
    const state = host.services.corrections.get(id);
    expect(state).toMatchObject({ run: null, correction: { operations: [move] } });
    const [aside] = state.setAside;
    if (aside === undefined) throw new Error('nothing is set aside');
    host.services.corrections.applyAside({ by: undefined, id, revision, setAside: aside.id });
    expect(corrected(id).steps.map(({ key, follows }) => [key, follows])).toEqual([
      ['m0', true],
      ['c0', true],
    ]);
  });
});

describe('with the demo agent', () => {
  it('from every step on, the same seed gives the rest token for token', async () => {
    host = createHost({
      mode: 'browser',
      workspacePath: join(folder, 'workspace'),
      assetsPath: join(folder, 'assets'),
      spawnWorker: spawnForkedWorker,
      log: recordedLog(),
      now: Date.now,
    });
    await host.demoReady;
    await host.services.agents.add({ source: { kind: 'folder', folder: DEMO } });
    const job = host.services.imports.startPaths([DEMO_SET]);
    await host.services.imports.settled(job.id);
    const sampling = { temperature: 0.8, topK: 0, topP: 1, seed: 11 };
    const { items } = host.services.library.listSamples({ limit: 40 });
    let episode: Episode | null = null;
    for (const { sample } of items) {
      const { id } = await host.services.episodes.start({ sampleId: sample.id, sampling });
      for await (const _ of host.services.episodes.watch(id, null, new AbortController().signal));
      const played = host.services.episodes.get(id);
      if (played.steps.length < 3 || played.answer === null) continue;
      episode = played;
      break;
    }
    if (episode === null) throw new Error('no episode with several steps');
    const ids = (steps: Episode['steps']): readonly (readonly number[])[] =>
      steps.map(({ tokens }) => tokens.map((token) => token.id));
    for (const after of [null, ...episode.steps.slice(0, -1).map(({ index }) => `m${index}`)]) {
      const made = host.services.corrections.create({ by: undefined, episodeId: episode.id, operations: [] });
      const run = await continueFrom(made, after);
      const from = after === null ? 0 : Number(after.slice(1)) + 1;
      expect(ids(run.steps), `from ${after}`).toEqual(ids(episode.steps.slice(from)));
      expect(run.views).toEqual(episode.views);
      expect(run.steps.map(({ contextTokens }) => contextTokens)).toEqual(
        episode.steps.slice(from).map(({ contextTokens }) => contextTokens),
      );
      expect(corrected(made.id)).toMatchObject({ answer: episode.answer, status: 'answered' });
      expect(corrected(made.id).steps.every(({ follows }) => follows)).toBe(true);
    }
  });
});
