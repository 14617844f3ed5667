import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ImportJob } from '../../../../shared/model/import-job.ts';
import type { ColumnMapping, TablePreview } from '../../../../shared/model/table-import.ts';
import { goodPng } from '../../../helpers/hostile-images.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { startTestHost, writePng } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let host: TestHost;

beforeAll(async () => {
  folder = makeTempFolder('tables');
  host = await startTestHost({ folder });
});
afterAll(async () => {
  await host.close();
  removeFolder(folder);
});

const newFolder = (): string => mkdtempSync(join(folder, 'set-'));

function write(set: string, name: string, content: string | Uint8Array): string {
  mkdirSync(join(set, name, '..'), { recursive: true });
  writeFileSync(join(set, name), content);
  return join(set, name);
}

function proposed(preview: TablePreview): ColumnMapping {
  if (preview.proposal === null)
    throw new Error(`nothing was proposed for ${JSON.stringify(preview.columns)}`);
  return preview.proposal;
}

async function importAll(path: string, change: Partial<ColumnMapping> = {}): Promise<ImportJob> {
  const preview = await host.services.tables.open(path);
  const mapping = { ...proposed(preview), ...change };
  const { id } = host.services.tables.start({ id: preview.id, mapping, imagesFolder: null });
  return await host.services.imports.settled(id);
}

const rowsAsking = (beginning: string) =>
  host.services.library
    .listSamples({ limit: 500 })
    .items.filter(({ sample }) => sample.question.startsWith(beginning));
const questions = (beginning: string): readonly string[] =>
  rowsAsking(beginning)
    .map(({ sample }) => sample.question)
    .toSorted();
const leftInTmp = (): readonly string[] => readdirSync(join(host.workspacePath, 'tmp'));
const refusalOf = (path: string): Promise<string> =>
  host.services.tables.open(path).then(
    () => 'it was opened',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe('a CSV file', () => {
  it('is read with its delimiter, quotes and byte-order mark; a bad row is named and the rest goes on', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#c00');
    await writePng(join(set, 'b.png'), '#00c');
    const path = write(
      set,
      'table.csv',
      '\u{feff}question;images;answer\r\n' +
        '"csv: ""which"" one;\nhere?";"[""a.png"", ""b.png""]";red\r\n' +
        'csv: missing?;nowhere.png;red\r\n' +
        'csv: short row\r\n' +
        ';a.png;red\r\n' +
        'csv: last?;b.png;blue',
    );
    const job = await importAll(path);
    expect(job).toMatchObject({ state: 'finished', done: 5, importedSamples: 2, rejectedCount: 3 });
    expect(job.rejections.map(({ name, message }) => [name, message])).toEqual([
      ['table.csv:4', 'nowhere.png: The image is not there.'],
      ['table.csv:5', 'the row has 1 cells and the header 3'],
      ['table.csv:6', 'question: the question is empty'],
    ]);
    expect(questions('csv:')).toEqual(['csv: "which" one;\nhere?', 'csv: last?']);
    expect(leftInTmp()).toEqual([]);
  });

  it('imported twice adds nothing the second time', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#0c0');
    const path = write(set, 'twice.csv', 'question,image,answer\ntwice?,a.png,red\n');
    await importAll(path);
    expect(await importAll(path)).toMatchObject({ importedSamples: 0, duplicates: 1 });
  });

  it('shows before the import how rows would be read, and which image is missing', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#0c0');
    const path = write(set, 'check.csv', 'question,image,answer\nfine?,a.png,7\ngone?,b.png,8\n');
    const preview = await host.services.tables.open(path);
    const rows = await host.services.tables.check(
      { id: preview.id, mapping: proposed(preview), imagesFolder: null },
      10,
    );
    expect(rows).toEqual([
      expect.objectContaining({ ok: true, question: 'fine?', answers: ['7'], answerKind: 'number' }),
      { ok: false, row: 3, message: 'b.png: The image is not there.' },
    ]);
    expect(questions('fine?')).toEqual([]);
  });

  it('may name images in another folder, but none outside of it, by no kind of path', async () => {
    const set = newFolder();
    const elsewhere = newFolder();
    await writePng(join(elsewhere, 'inside.png'), '#abc');
    await writePng(join(set, 'outside.png'), '#cba');
    symlinkSync(join(set, 'outside.png'), join(elsewhere, 'link.png'));
    const rows = [
      'inside.png',
      join(elsewhere, 'inside.png'),
      '../outside.png',
      join(set, 'outside.png'),
      'link.png',
    ];
    const path = write(
      set,
      'far.csv',
      `question,image\n${rows.map((name, at) => `far ${at}?,${name}`).join('\n')}\n`,
    );
    const preview = await host.services.tables.open(path);
    const { id } = host.services.tables.start({
      id: preview.id,
      mapping: proposed(preview),
      imagesFolder: elsewhere,
    });
    const job = await host.services.imports.settled(id);
    expect(questions('far')).toEqual(['far 0?', 'far 1?']);
    expect(job.rejections.map(({ code }) => code)).toEqual([
      'missing_image',
      'outside_folder',
      'outside_folder',
    ]);
  });
});

describe('images inside a table', () => {
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

  it('come out of parquet with their bytes, as DeepEyes and Hugging Face write them', async () => {
    const set = newFolder();
    const png = await goodPng();
    const path = write(set, 'deepeyes.parquet', new Uint8Array(deepEyesParquet(png)));
    const preview = await host.services.tables.open(path);
    expect(preview).toMatchObject({ format: 'parquet', rowCount: 3, recognised: 'verl table' });
    const job = await importAll(path);
    expect(job).toMatchObject({ state: 'finished', importedSamples: 2, rejectedCount: 1 });
    expect(questions('parquet')).toEqual(['parquet one?', 'parquet two?']);
    const images = host.services.library.listImages({ limit: 500 }).items;
    expect(images.some(({ sha256 }) => sha256 === digest(png))).toBe(true);
    expect(leftInTmp()).toEqual([]);
  });

  it('come out of base64 in a tab-separated file', async () => {
    const set = newFolder();
    const base64 = Buffer.from(await goodPng()).toString('base64');
    const head = 'index\tquestion\tanswer\tcategory\tA\tB\tcycle_category\timage';
    const path = write(set, 'hr.tsv', `${head}\n4\ttsv "how many?\tB\tsingle\tfive\ttwo\t0\t${base64}\n`);
    const preview = await host.services.tables.open(path);
    expect(preview.recognised).toBe('HR-Bench table');
    expect(await importAll(path)).toMatchObject({ importedSamples: 1, rejectedCount: 0 });
    const [row] = rowsAsking('tsv "how');
    expect(row?.sample).toMatchObject({ choices: ['five', 'two'], answers: ['two'], kind: 'single' });
  });
});

describe('a folder', () => {
  it('of Hugging Face is read with its splits', async () => {
    const set = newFolder();
    for (const split of ['train', 'test']) {
      mkdirSync(join(set, split));
      await writePng(join(set, split, 'a.png'), split === 'train' ? '#111' : '#222');
      write(
        set,
        `${split}/metadata.jsonl`,
        `{"file_names": ["a.png"], "question": "folder ${split}?", "answer": "x"}\n`,
      );
    }
    const preview = await host.services.tables.open(set);
    expect(preview.format).toBe('imagefolder');
    expect(await importAll(set)).toMatchObject({ importedSamples: 2, rejectedCount: 0 });
    const rows = rowsAsking('folder ');
    expect(rows.map(({ sample }) => sample.split).toSorted()).toEqual(['test', 'train']);
  });

  it('of images alone takes the folder of each as its label', async () => {
    const set = newFolder();
    mkdirSync(join(set, 'cat'));
    await writePng(join(set, 'cat', 'a.png'), '#313');
    const job = await importAllWith(set, {
      question: { from: 'constant', text: 'label: what is it?' },
      images: ['file_name'],
      choices: { from: 'none' },
      answer: 'label',
      answerKind: 'auto',
      kind: null,
      tags: null,
      split: { from: 'column', column: 'split' },
    });
    expect(job).toMatchObject({ importedSamples: 1 });
    const [row] = rowsAsking('label:');
    expect(row?.sample.answers).toEqual(['cat']);
  });

  async function importAllWith(path: string, mapping: ColumnMapping): Promise<ImportJob> {
    const preview = await host.services.tables.open(path);
    const { id } = host.services.tables.start({ id: preview.id, mapping, imagesFolder: null });
    return await host.services.imports.settled(id);
  }
});

describe('an upload', () => {
  it('of a table with its images is mapped like a folder', async () => {
    const { id } = host.services.imports.beginUpload();
    const png = await goodPng();
    await host.services.imports.receive(id, 'set/pics/a.png', Readable.from([png]));
    await host.services.imports.receive(
      id,
      'set/rows.jsonl',
      Readable.from([Buffer.from('{"question":"uploaded?","image":"pics/a.png","answer":"x"}\n')]),
    );
    const preview = await host.services.tables.openUpload(id);
    host.services.tables.start({ id, mapping: proposed(preview), imagesFolder: null });
    expect(await host.services.imports.settled(id)).toMatchObject({ importedSamples: 1, rejectedCount: 0 });
  });
});

describe('an import that is cut off', () => {
  it('goes on at its next row after a restart, and no row is there half', async () => {
    const own = makeTempFolder('cut');
    const first = await startTestHost({ folder: own });
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#999');
    // Many, because the first host must be closed before it is through: progress is told every 80 milliseconds.
    const rows = 1500;
    const lines = Array.from(
      { length: rows },
      (_, at) => `{"question":"cut ${at}?","image":"a.png","answer":"x"}`,
    );
    const path = write(set, 'cut.jsonl', lines.join('\n'));
    const preview = await first.services.tables.open(path);
    const { id } = first.services.tables.start({
      id: preview.id,
      mapping: proposed(preview),
      imagesFolder: null,
    });
    for await (const job of first.services.imports.watch(id, new AbortController().signal)) {
      if (job.done > 0) break;
    }
    await first.close();

    const second = await startTestHost({ folder: own });
    const [before] = second.services.tables.list();
    expect(before).toMatchObject({ id, canResume: true });
    expect(second.services.library.listSamples({ limit: 1 }).total).toBe(before?.importedSamples);
    second.services.tables.resume(id);
    await second.services.imports.settled(id);
    expect(second.services.tables.list()[0]).toMatchObject({
      state: 'finished',
      done: rows,
      importedSamples: rows,
    });
    expect(second.services.library.listSamples({ limit: 1 }).total).toBe(rows);
    expect(() => second.services.tables.resume(id)).toThrow('has ended');
    await second.close();
    removeFolder(own);
  });
});

describe('hostile tables', () => {
  it('get a clear error each', async () => {
    const set = newFolder();
    const png = await goodPng();
    const parquet = new Uint8Array(deepEyesParquet(png));
    const forged = parquet.slice();
    new DataView(forged.buffer).setUint32(forged.length - 8, 0x7fff_ffff, true);
    expect(await refusalOf(join(set, 'nowhere.csv'))).toMatch(/could not be read/);
    expect(await refusalOf(write(set, 'empty.csv', ''))).toMatch(/empty/);
    expect(await refusalOf(write(set, 'head.csv', 'question,image\n'))).toMatch(/no rows/);
    expect(await refusalOf(write(set, 'twice.csv', 'a,a\n1,2\n'))).toMatch(/Two columns have the name "a"/);
    expect(await refusalOf(write(set, 'cut.parquet', parquet.slice(0, 200)))).toMatch(/cut off/);
    expect(await refusalOf(write(set, 'forged.parquet', forged))).toMatch(/false footer/);
    expect(await refusalOf(write(set, 'not.parquet', 'PAR1 nothing else'))).toMatch(/not parquet|cut off/);
    expect(await refusalOf(write(set, 'text.json', '{"a": 1'))).toMatch(/not JSON/);
    expect(await refusalOf(write(set, 'scalar.json', '{"a": 1}'))).toMatch(/no list of rows/);
    expect(await refusalOf(write(set, 'nothing/readme.txt', 'x').replace('/readme.txt', ''))).toMatch(
      /no table in it/,
    );
  });

  it('of JSON lines name the line, and the batch goes on', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#777');
    const good = (name: string): string => `{"question":"lines ${name}?","image":"a.png"}`;
    const bytes = Buffer.concat([
      Buffer.from(`${good('one')}\n{"question": \n`),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(
        `${'['.repeat(100)}\n[1]\n{"question":"lines proto?","image":"a.png","__proto__":{"x":1}}\n${good('two')}`,
      ),
    ]);
    const job = await importAll(write(set, 'bad.jsonl', bytes));
    expect(job.rejections.map(({ name, message }) => [name, message])).toEqual([
      ['bad.jsonl:2', 'The line is not JSON.'],
      ['bad.jsonl:3', 'The line is not UTF-8.'],
      ['bad.jsonl:4', 'The line is nested more than 64 deep.'],
      ['bad.jsonl:5', 'the row is not an object'],
    ]);
    expect(questions('lines')).toEqual(['lines one?', 'lines proto?', 'lines two?']);
  });

  it('with a quote that is never closed give what came before it', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#778');
    const path = write(
      set,
      'open.csv',
      'question,image\nopen one?,a.png\n"open two?,a.png\nopen three?,a.png\n',
    );
    const job = await importAll(path);
    expect(job).toMatchObject({ state: 'finished', importedSamples: 1, rejectedCount: 1 });
  });
});

/** Three rows as verl and DeepEyes write them, the last without an image. */
function deepEyesParquet(png: Uint8Array): ArrayBuffer {
  const image = { bytes: png, path: null };
  return parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 4 },
      { name: 'data_source', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'prompt', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'role', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'content', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'images', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'reward_model', repetition_type: 'OPTIONAL', num_children: 1 },
      { name: 'ground_truth', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    columnData: [
      { name: 'data_source', data: ['vstar', 'vstar', 'vstar'] },
      {
        name: 'prompt',
        data: ['parquet one?', 'parquet two?', 'parquet three?'].map((text) => [
          { role: 'system', content: 'You may zoom.' },
          { role: 'user', content: `<image>\n${text}` },
        ]),
      },
      { name: 'images', data: [[image], [image, image], []] },
      { name: 'reward_model', data: ['green', 'red', 'blue'].map((one) => ({ ground_truth: one })) },
    ],
  });
}

it('a table is never read on the host itself', () => {
  const host = readFileSync(
    new URL('../../../../main/services/imports/tables/tables-service.ts', import.meta.url),
    'utf8',
  );
  expect(host).not.toMatch(/row-readers|open-table|hyparquet|csv-parse/);
});
