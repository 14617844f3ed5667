import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ExportJob } from '../../../../shared/model/export-job.ts';
import type { ImportJob } from '../../../../shared/model/import-job.ts';
import { importColours, makeSample } from '../../../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { startTestHost } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';
import { until } from '../../../helpers/until.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let count = 0;

beforeAll(() => {
  folder = makeTempFolder('own-form');
});
afterAll(() => removeFolder(folder));

const fresh = (name: string): string => {
  count += 1;
  return join(folder, `${name}-${count}`);
};

const LOOKS = [
  '<think>Look closer.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 1, "bbox_2d": [2, 2, 60, 50]}}\n</tool_call>',
  '<think>Now I see it.</think>\n<answer>red</answer>',
] as const;

async function newHost(): Promise<TestHost> {
  const home = fresh('host');
  mkdirSync(home);
  return await startTestHost({ folder: home, script: LOOKS });
}

async function exportTo(host: TestHost, target: string): Promise<ExportJob> {
  const { id } = host.services.exports.start({ format: 'imagent', folder: target });
  return await host.services.exports.settled(id);
}

async function importFrom(host: TestHost, path: string): Promise<ImportJob> {
  return await host.services.imports.settled(host.services.imports.startPaths([path]).id);
}

/** Every file of a folder with its bytes, as text that can be compared. */
function bytesOf(root: string): Readonly<Record<string, string>> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [
        path.slice(root.length + 1),
        path.endsWith('l') || path.endsWith('n') ? readFileSync(path, 'utf8') : readFileSync(path, 'base64'),
      ]),
  );
}

async function played(host: TestHost, rounds: number): Promise<void> {
  const { items } = host.services.library.listSamples({ limit: 50 });
  for (let round = 0; round < rounds; round += 1) {
    for (const { sample } of items) {
      const { id } = await host.services.episodes.start({ sampleId: sample.id });
      await until(() => host.services.episodes.get(id).state.kind === 'ended', 'the episode has ended');
    }
  }
}

/** Something of every kind that a workspace holds. */
async function everything(): Promise<TestHost> {
  const host = await newHost();
  const { services } = host;
  await importColours(host, fresh('set'), ['red', 'green']);
  const sample = await makeSample(host, 'Which is "red"?\nSecond line, ünïcode.');
  await makeSample(host, 'Removed later?');
  const imageIds = services.library.listImages({ limit: 2 }).items.map(({ id }) => id);
  const draft = { choices: null, kind: 'custom', tags: [], split: 'none' as const };
  const number = { answers: ['200'], answerKind: 'number' as const, tolerance: 0.05 };
  services.library.createSample({ ...draft, ...number, imageIds, question: 'How long?' });
  const agent = (await addAgent(host)).id;
  await played(host, 1);
  const [first] = services.episodes.list(sample, 10);
  if (first === undefined) throw new Error('no episode');
  const ann = services.journal.addReviewer('Ann').id;
  const review = {
    by: ann,
    episodeId: first.id,
    verdict: 'accept',
    reasons: ['good_example'],
    note: 'fine',
  } as const;
  services.reviews.put({ ...review, revision: null });
  const correction = services.corrections.create({ by: ann, episodeId: first.id, operations: [] });
  services.corrections.edit({
    by: ann,
    id: correction.id,
    revision: correction.revision,
    operations: [
      { kind: 'edit_thought', step: 'm0', thought: 'Look at the left one.' },
      { kind: 'mark_step', step: 'm0', mark: 'good' },
    ],
  });
  const { job } = await services.jobs.start({
    scope: { kind: 'samples', ids: [sample] },
    agentVersionId: agent,
    size: 3,
    sizeWithout: 1,
    capMs: null,
  });
  await until(() => services.jobs.get(job.id).state === 'finished', 'the group has been played');
  const taken = services.snapshots.take({ by: ann, name: 'First', note: '', filter: {} });
  await services.snapshots.taken(taken.id);
  const removed = services.library
    .listSamples({ limit: 10 })
    .items.find(({ sample: one }) => one.question === 'Removed later?');
  if (removed) services.library.removeSamples([removed.sample.id], ann);
  return host;
}

async function addAgent(host: TestHost) {
  return await host.services.agents.add({
    source: { kind: 'folder', folder: '/nowhere/agent' },
    name: 'agent',
  });
}

describe('our own form', () => {
  it('exported, imported into an empty workspace and exported again is the same to the last byte', async () => {
    const host = await everything();
    const first = fresh('export');
    const job = await exportTo(host, first);
    expect(job).toMatchObject({ state: 'finished' });
    const other = await newHost();
    const imported = await importFrom(other, first);
    expect(imported).toMatchObject({ state: 'finished', rejectedCount: 0 });
    const second = fresh('export');
    await exportTo(other, second);
    expect(bytesOf(second)).toEqual(bytesOf(first));
    for (const name of [
      'trajectories',
      'corrections',
      'reviews',
      'groups',
      'snapshots',
      'rollouts',
      'flags',
      'queue',
    ]) {
      expect(readFileSync(join(first, `${name}.jsonl`), 'utf8').length, name).toBeGreaterThan(
        name === 'flags' ? -1 : 1,
      );
    }
    // What follows from the records is there too.
    expect(other.services.reviews.progress()).toEqual(host.services.reviews.progress());
    const [episode] = host.services.episodes.list(
      host.services.library.listSamples({ limit: 1 }).items[0]?.sample.id as never,
      1,
    );
    if (episode === undefined) throw new Error('no episode');
    expect(other.services.episodes.get(episode.id)).toEqual(host.services.episodes.get(episode.id));
    await host.close();
    await other.close();
  });

  it('is the same for any workspace', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          questions: fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), { maxLength: 4 }),
          rounds: fc.integer({ min: 0, max: 2 }),
          notes: fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 2 }),
        }),
        async ({ questions, rounds, notes }) => {
          const host = await newHost();
          await importColours(host, fresh('set'), ['red']);
          for (const question of questions) {
            if (question.trim() !== '') await makeSample(host, question.trim());
          }
          await addAgent(host);
          await played(host, rounds);
          const page = host.services.reviews.queue({
            filter: { todo: false },
            order: 'unreviewed',
            seed: 0,
            limit: 50,
          });
          for (const [at, note] of notes.entries()) {
            const item = page.items[at];
            if (item === undefined) break;
            const by = host.services.journal.addReviewer(`R${at}`).id;
            host.services.reviews.put({
              by,
              episodeId: item.episode.id,
              verdict: at === 0 ? 'accept' : 'fix',
              reasons: [],
              note,
              revision: null,
            });
          }
          const first = fresh('export');
          await exportTo(host, first);
          const other = await newHost();
          const second = fresh('export');
          expect((await importFrom(other, first)).rejectedCount).toBe(0);
          await exportTo(other, second);
          expect(bytesOf(second)).toEqual(bytesOf(first));
          await host.close();
          await other.close();
        },
      ),
      { numRuns: 6 },
    );
  });

  it('imported twice, or into a workspace that has the same image, adds nothing twice', async () => {
    const host = await everything();
    const target = fresh('export');
    await exportTo(host, target);
    const again = await importFrom(host, target);
    expect(again).toMatchObject({ importedImages: 0, importedSamples: 0, rejectedCount: 0 });

    const other = await newHost();
    await importColours(other, fresh('set'), ['red']);
    const merged = await importFrom(other, target);
    expect(merged).toMatchObject({ importedImages: 1, rejectedCount: 0 });
    const { items } = other.services.library.listSamples({ limit: 10 });
    expect(items[0]?.images).toHaveLength(2);
    await host.close();
    await other.close();
  });

  it('holds one state of the workspace, whatever is added while it is written', async () => {
    const host = await everything();
    const quiet = fresh('export');
    await exportTo(host, quiet);
    const busy = fresh('export');
    const { id } = host.services.exports.start({ format: 'imagent', folder: busy });
    // Runs after the export has begun to read, and before it can be done: it gives way to what waits.
    const added = importColours(host, fresh('set'), ['blue', 'white', 'black']);
    await Promise.all([added, host.services.exports.settled(id)]);
    const images = readFileSync(join(busy, 'images.jsonl'), 'utf8').trimEnd().split('\n').length;
    const files = readFileSync(join(busy, 'files.jsonl'), 'utf8').trimEnd().split('\n').length;
    expect(files).toBe(2 * images);
    const other = await newHost();
    expect(await importFrom(other, busy)).toMatchObject({ rejectedCount: 0 });
    await host.close();
    await other.close();
  });

  it('is never written over something, and never half', async () => {
    const host = await newHost();
    const target = fresh('export');
    mkdirSync(target);
    expect(await exportTo(host, target)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('is there already'),
    });
    expect(readdirSync(target)).toEqual([]);
    expect(() => host.services.exports.start({ format: 'imagent', folder: 'relative' })).toThrow(
      'whole path',
    );
    const file = fresh('file');
    writeFileSync(file, '');
    expect(await exportTo(host, join(file, 'inside'))).toMatchObject({ state: 'failed' });
    await host.close();
  });
});

describe('a broken or hostile export', () => {
  it('names each line that does not fit, and takes the rest', async () => {
    const host = await everything();
    const good = fresh('export');
    await exportTo(host, good);
    await host.close();
    const bad = fresh('export');
    cpSync(good, bad, { recursive: true });
    const samples = readFileSync(join(bad, 'samples.jsonl'), 'utf8').trimEnd().split('\n');
    writeFileSync(
      join(bad, 'samples.jsonl'),
      [
        samples[0],
        '{"id": 7}',
        '{"cut": ',
        samples[1]?.replace(
          '"images":[{',
          '"images":[{"image":"img_000000000000000000000000","position":9},{',
        ),
      ].join('\n'),
    );
    const pictures = readFileSync(join(bad, 'images.jsonl'), 'utf8').trimEnd().split('\n');
    const stray = JSON.parse(pictures[0] ?? '{}') as Record<string, unknown>;
    writeFileSync(
      join(bad, 'images.jsonl'),
      [
        ...pictures,
        JSON.stringify({ ...stray, id: 'img_111111111111111111111111', file: '../../etc/passwd' }),
      ].join('\n'),
    );
    const other = await newHost();
    const job = await importFrom(other, bad);
    expect(job.state).toBe('finished');
    const messages = Object.fromEntries(job.rejections.map(({ name, message }) => [name, message]));
    expect(messages['samples.jsonl:2']).toMatch(/id must be a text/);
    expect(messages['samples.jsonl:3']).toMatch(/not JSON/);
    expect(messages['samples.jsonl:4']).toMatch(/names a row that is not there/);
    expect(messages['images.jsonl:3']).toMatch(/not a path of an image/);
    expect(other.services.library.listSamples({ limit: 10 }).total).toBe(1);
    expect(other.services.library.getSample(JSON.parse(samples[0] ?? '{}').id).images).toHaveLength(2);
    await other.close();
  });

  it('with an image that was changed, is missing or is a link leaves out what needs it', async () => {
    const host = await newHost();
    await importColours(host, fresh('set'), ['red', 'green', 'blue']);
    const good = fresh('export');
    await exportTo(host, good);
    await host.close();
    const rows = readFileSync(join(good, 'images.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    writeFileSync(join(good, rows[0].file), 'changed');
    rmSync(join(good, rows[1].file));
    rmSync(join(good, rows[2].file));
    symlinkSync('/etc/hostname', join(good, rows[2].file));
    const other = await newHost();
    const job = await importFrom(other, good);
    expect(job.rejections.map(({ message }) => message.replace(/images\S+/, 'FILE'))).toEqual([
      'FILE is not what files.jsonl says: it was changed or cut off',
      'FILE is missing',
      'FILE is missing',
    ]);
    expect(other.services.library.listImages({ limit: 10 }).total).toBe(0);
    await other.close();
  });

  it('of a newer app, or none at all, is refused whole', async () => {
    const host = await newHost();
    const newer = fresh('export');
    mkdirSync(newer);
    writeFileSync(join(newer, 'imagent.json'), '{"format": 99, "records": {}}');
    expect(await importFrom(host, newer)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('newer'),
    });
    writeFileSync(join(newer, 'imagent.json'), 'no JSON');
    expect(await importFrom(host, newer)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('no export'),
    });
    expect(existsSync(newer)).toBe(true);
    await host.close();
  });
});
