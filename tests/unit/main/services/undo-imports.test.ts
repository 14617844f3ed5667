import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImportJob } from '../../../../shared/model/import-job.ts';
import type { ReviewerId } from '../../../../shared/model/ids.ts';
import { runningEpisode } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { writePng } from '../../../helpers/test-host.ts';
import type { Desk } from '../../../helpers/undo-acts.ts';
import { openDesk } from '../../../helpers/undo-acts.ts';

async function pictures(desk: Desk, ...colours: readonly string[]): Promise<string> {
  const set = join(desk.folder, 'photos');
  mkdirSync(set, { recursive: true });
  for (const colour of colours) await writePng(join(set, `${colour}.png`), colour);
  return set;
}

async function bring(desk: Desk, path: string, by: ReviewerId | null = desk.by): Promise<ImportJob> {
  return await desk.imports.settled(desk.imports.startPaths([path], by).id);
}

const names = ({ library }: Desk): readonly string[] =>
  library
    .listImages({ limit: 100 })
    .items.map(({ name }) => name)
    .toSorted();
const questions = ({ library }: Desk): readonly string[] =>
  library
    .listSamples({ limit: 100 })
    .items.map(({ sample }) => sample.question)
    .toSorted();

/** A table of rows, each with a picture. */
async function table(desk: Desk, rows: readonly string[]): Promise<string> {
  await pictures(desk, 'red');
  const path = join(desk.folder, 'photos', 'table.csv');
  writeFileSync(path, `image,question,answer\n${rows.map((row) => `red.png,${row},red\n`).join('')}`);
  return path;
}

async function startTable(desk: Desk, path: string) {
  const { id, proposal } = await desk.tables.open(path);
  if (proposal === null) throw new Error('nothing was proposed');
  return desk.tables.start({ by: desk.by, id, mapping: proposal, imagesFolder: null });
}

describe('an import', () => {
  it('is one action that says what it brought; undo takes it away and keeps its files, redo brings it back', async () => {
    const desk = openDesk(tempFolder());
    await bring(desk, await pictures(desk, 'red', 'blue'));
    expect(desk.journal.state(desk.by)).toMatchObject({
      undoCount: 1,
      undo: { label: 'Import "photos" (2 images)' },
    });
    const kept = desk.workspace.images.list({ limit: 10 }).items.map(({ file }) => file);
    expect(desk.journal.undo(desk.by)?.label).toBe('Import "photos" (2 images)');
    expect(names(desk)).toEqual([]);
    expect(desk.workspace.counters.total('images')).toBe(0);
    expect(kept.every((file) => existsSync(join(desk.folder, file)))).toBe(true);
    desk.journal.redo(desk.by);
    expect(names(desk)).toEqual(['blue.png', 'red.png']);
    expect(desk.workspace.counters.total('images')).toBe(2);
    await desk.close();
  });

  it('that was undone can be made again, and then stands for itself', async () => {
    const desk = openDesk(tempFolder());
    const set = await pictures(desk, 'red');
    await bring(desk, set);
    desk.journal.undo(desk.by);
    expect(await bring(desk, set)).toMatchObject({ importedImages: 1, duplicates: 0 });
    expect(names(desk)).toEqual(['red.png']);
    expect(desk.journal.redo(desk.by)).toBeNull();
    desk.journal.undo(desk.by);
    expect(names(desk)).toEqual([]);
    await desk.close();
  });

  it('with a picture that turned out broken is undone and done again without it', async () => {
    const desk = openDesk(tempFolder());
    const set = await pictures(desk, 'red', 'blue');
    const whole = readFileSync(join(set, 'blue.png'));
    // The header is sound, so it is listed before its pixels are looked at.
    writeFileSync(join(set, 'blue.png'), whole.subarray(0, whole.length - 30));
    expect(await bring(desk, set)).toMatchObject({ importedImages: 1, rejectedCount: 1 });
    expect(desk.journal.state(desk.by).undoCount).toBe(1);
    desk.journal.undo(desk.by);
    expect(names(desk)).toEqual([]);
    desk.journal.redo(desk.by);
    expect(names(desk)).toEqual(['red.png']);
    await desk.close();
  });

  it('whose picture somebody else uses in a sample stays, and the picture is named', async () => {
    const desk = openDesk(tempFolder());
    await bring(desk, await pictures(desk, 'red', 'blue'));
    const red = desk.library.listImages({ limit: 10 }).items.find(({ name }) => name === 'red.png');
    const ben = desk.journal.addReviewer('Ben').id;
    desk.library.createSample(
      {
        question: 'What colour?',
        imageIds: red === undefined ? [] : [red.id],
        choices: null,
        answers: ['red'],
        answerKind: 'text',
        kind: 'custom',
        tags: [],
        split: 'none',
      },
      ben,
    );
    expect(() => desk.journal.undo(desk.by)).toThrow(
      'A sample would be left without its image red.png: one of the two was made or removed since, by somebody else. Nothing was undone.',
    );
    expect(names(desk)).toEqual(['blue.png', 'red.png']);
    desk.journal.undo(ben);
    desk.journal.undo(desk.by);
    // Now the sample can not come back: its image is gone.
    expect(() => desk.journal.redo(ben)).toThrow('Nothing was done again.');
    expect(questions(desk)).toEqual([]);
    await desk.close();
  });

  it('that the app made by itself is nobody’s to undo', async () => {
    const desk = openDesk(tempFolder());
    await bring(desk, await pictures(desk, 'red'), null);
    expect(names(desk)).toEqual(['red.png']);
    expect(desk.journal.state(desk.by).undoCount).toBe(0);
    await desk.close();
  });

  it('that is undone while it goes on ends there', async () => {
    const desk = openDesk(tempFolder());
    const set = await pictures(desk, 'red');
    const rows = ['red', 'blue'].map((colour) => ({
      images: [`${colour}.png`],
      question: `Is it ${colour}?`,
    }));
    await pictures(desk, 'blue');
    const path = join(set, 'samples.jsonl');
    writeFileSync(
      path,
      rows.map((row) => `${JSON.stringify({ ...row, answers: ['red'], answer_kind: 'text' })}\n`).join(''),
    );
    const { id } = desk.imports.startPaths([path], desk.by);
    for await (const job of desk.imports.watch(id, new AbortController().signal))
      if (job.importedSamples === 1 && desk.journal.state(desk.by).undoCount === 1)
        desk.journal.undo(desk.by);
    expect(await desk.imports.settled(id)).toMatchObject({ importedSamples: expect.any(Number) });
    if (desk.journal.state(desk.by).undoCount === 1) desk.journal.undo(desk.by);
    expect(questions(desk)).toEqual([]);
    expect(names(desk)).toEqual([]);
    await desk.close();
  });
});

describe('an import of a table', () => {
  it('is one action; undone, it says so and can not go on', async () => {
    const desk = openDesk(tempFolder());
    const { id } = await startTable(desk, await table(desk, ['One?', 'Two?']));
    await desk.imports.settled(id);
    expect(desk.journal.state(desk.by)).toMatchObject({
      undoCount: 1,
      undo: { label: 'Import "table.csv" (2 samples, one image)' },
    });
    desk.journal.undo(desk.by);
    expect(questions(desk)).toEqual([]);
    expect(names(desk)).toEqual([]);
    expect(desk.tables.list()).toMatchObject([{ id, isUndone: true, canResume: false }]);
    expect(() => desk.tables.resume(id)).toThrow('This import was undone.');
    desk.journal.redo(desk.by);
    expect(questions(desk)).toEqual(['One?', 'Two?']);
    expect(desk.tables.list()).toMatchObject([{ isUndone: false }]);
    await desk.close();
  });

  it('that was cut off goes on in the same action, also after a restart', async () => {
    const folder = tempFolder();
    const first = openDesk(folder);
    const rows = Array.from({ length: 20 }, (_none, at) => `Row ${at}?`);
    const { id } = await startTable(first, await table(first, rows));
    for await (const job of first.imports.watch(id, new AbortController().signal))
      if (job.done > 0) first.imports.cancel(id);
    const before = questions(first).length;
    expect(before).toBeGreaterThan(0);
    await first.close();
    const second = openDesk(folder);
    if (before < rows.length) {
      second.tables.resume(id, second.by);
      await second.imports.settled(id);
    }
    expect(questions(second)).toHaveLength(20);
    expect(second.journal.state(second.by)).toMatchObject({ undoCount: 1 });
    second.journal.undo(second.by);
    expect(questions(second)).toEqual([]);
    second.journal.redo(second.by);
    expect(questions(second)).toHaveLength(20);
    await second.close();
  });

  it('with a row that was run since stays whole', async () => {
    const desk = openDesk(tempFolder());
    const { id } = await startTable(desk, await table(desk, ['One?', 'Two?']));
    await desk.imports.settled(id);
    const [row] = desk.library.listSamples({ limit: 1 }).items;
    if (row === undefined) throw new Error('no sample');
    runningEpisode(desk.workspace, row.sample.id);
    expect(() => desk.journal.undo(desk.by)).toThrow(
      'such as a run of a new sample. It stays; nothing was undone.',
    );
    expect(questions(desk)).toEqual(['One?', 'Two?']);
    await desk.close();
  });

  it('undone and imported anew by somebody else is not done again beside it', async () => {
    const desk = openDesk(tempFolder());
    const path = await table(desk, ['One?']);
    await desk.imports.settled((await startTable(desk, path)).id);
    desk.journal.undo(desk.by);
    const ben = desk.journal.addReviewer('Ben').id;
    await desk.imports.settled((await startTable({ ...desk, by: ben }, path)).id);
    expect(questions(desk)).toEqual(['One?']);
    expect(() => desk.journal.redo(desk.by)).toThrow(/(changed since|imported anew)/);
    expect(questions(desk)).toEqual(['One?']);
    await desk.close();
  });

  it('that was undone comes back although another sample was made meanwhile', async () => {
    const desk = openDesk(tempFolder());
    await bring(desk, await pictures(desk, 'blue'), null);
    await desk.imports.settled((await startTable(desk, await table(desk, ['One?']))).id);
    desk.journal.undo(desk.by);
    const ben = desk.journal.addReviewer('Ben').id;
    const blue = desk.library.listImages({ limit: 1 }).items[0];
    desk.library.createSample(
      {
        question: 'Ben?',
        imageIds: blue === undefined ? [] : [blue.id],
        choices: null,
        answers: ['blue'],
        answerKind: 'text',
        kind: 'custom',
        tags: [],
        split: 'none',
      },
      ben,
    );
    desk.journal.redo(desk.by);
    expect(questions(desk)).toEqual(['Ben?', 'One?']);
    await desk.close();
  });
});
