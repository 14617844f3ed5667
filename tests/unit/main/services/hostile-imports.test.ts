import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ImportJob } from '../../../../shared/model/import-job.ts';
import {
  animated,
  bombPng,
  goodPng,
  largeScreenGif,
  manyScansJpeg,
  mpo,
  withZipBehind,
} from '../../../helpers/hostile-images.ts';
import { lyingParquet } from '../../../helpers/hostile-tables.ts';
import { ROOT } from '../../../helpers/project.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { startTestHost, writePng } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';

// Decoders are processes of their own; on a busy machine their start takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/**
 * Whatever people hand to an import: each case says what becomes of it, that it is named, and that the rest of the
 * batch came in. The plain cases stand in imports.test.ts and tables.test.ts.
 */
let folder: string;
let host: TestHost;

beforeAll(async () => {
  folder = makeTempFolder('hostile');
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

async function importPath(path: string): Promise<ImportJob> {
  return await host.services.imports.settled(host.services.imports.startPaths([path]).id);
}

async function importTable(path: string): Promise<ImportJob> {
  const preview = await host.services.tables.open(path);
  if (preview.proposal === null) throw new Error(`nothing was proposed for ${path}`);
  const { id } = host.services.tables.start({
    id: preview.id,
    mapping: preview.proposal,
    imagesFolder: null,
  });
  return await host.services.imports.settled(id);
}

const refusals = (job: ImportJob): readonly (readonly [string, string])[] =>
  job.rejections.map(({ name, message }) => [name.split('/').at(-1) ?? name, message] as const);

const samplesAsking = (beginning: string) =>
  host.services.library
    .listSamples({ limit: 500 })
    .items.map(({ sample }) => sample)
    .filter(({ question }) => question.startsWith(beginning));
const questions = (beginning: string): readonly string[] =>
  samplesAsking(beginning)
    .map(({ question }) => question)
    .toSorted();

describe('images that are more, or other, than they seem', () => {
  const grey = (width: number, height: number) =>
    sharp(Buffer.alloc(width * height * 3, 120), { raw: { width, height, channels: 3 } });
  const heic = Buffer.concat([Buffer.of(0, 0, 0, 24), Buffer.from('ftypheic'), Buffer.alloc(99)]);
  const KEPT: Readonly<Record<string, readonly [number, number, () => Promise<Buffer>]>> = {
    'animated.gif': [20, 10, () => animated('gif')],
    'animated.webp': [20, 10, () => animated('webp')],
    'cmyk.jpg': [30, 20, () => grey(30, 20).toColourspace('cmyk').jpeg().toBuffer()],
    'grey-16.png': [31, 20, () => grey(31, 20).toColourspace('grey16').png().toBuffer()],
    'mpo.jpg': [40, 30, mpo],
    'palette-alpha.png': [32, 20, () => grey(32, 20).ensureAlpha(0.5).png({ palette: true }).toBuffer()],
    'tall.png': [1, 20_000, () => grey(1, 20_000).png().toBuffer()],
    'wide.png': [20_000, 1, () => grey(20_000, 1).png().toBuffer()],
    'zip-behind.png': [48, 32, withZipBehind],
    'zz-good.png': [48, 32, () => goodPng('#0a0b0c')],
  };

  it('are in as the plain pixels of their first picture, or refused by name', async () => {
    const set = newFolder();
    for (const [name, [, , make]] of Object.entries(KEPT)) write(set, name, await make());
    write(set, 'heic.jpg', heic);
    write(set, 'scans.jpg', await manyScansJpeg());
    write(set, 'screen.gif', largeScreenGif());
    const job = await importPath(set);
    expect(refusals(job)).toEqual([
      ['heic.jpg', 'HEIC photographs are not read; export it as JPEG or PNG first.'],
      ['screen.gif', '65535x65535 pixels; the limit is 100 megapixels.'],
      ['scans.jpg', 'The JPEG file is broken or cut off.'],
    ]);
    expect(job).toMatchObject({ state: 'finished', importedImages: Object.keys(KEPT).length });
    const images = host.services.library.listImages({ limit: 500 }).items;
    for (const [name, [width, height]] of Object.entries(KEPT)) {
      const image = images.find((one) => one.name === name);
      expect(image, name).toMatchObject({ width, height });
      const meta = await sharp(fileOf(image?.sha256 ?? '')).metadata();
      const plain = { width, height, pages: meta.pages ?? 1, depth: meta.depth, channels: meta.channels };
      expect(plain, name).toEqual({ width, height, pages: 1, depth: 'uchar', channels: 3 });
    }
  });

  function fileOf(sha256: string): string {
    const shard = join(host.workspacePath, 'images', sha256.slice(0, 2));
    return join(shard, readdirSync(shard).find((name) => name.startsWith(sha256)) ?? '');
  }
});

describe('lines of JSON', () => {
  const line = (question: string, rest: object = {}): string =>
    JSON.stringify({ question, images: ['a.png'], answers: ['x'], ...rest });
  /** Half of a surrogate pair: an escape that no text in UTF-8 can stand for. */
  const half = String.raw`\ud83d`;
  const lines = (word: string): readonly string[] => [
    `\u{feff}${line(`${word} mark?`)}\r`,
    '',
    ' \t\r',
    `{"question":"${word} first?","images":["a.png"],"question":"${word} last of two?","answers":["x"]}`,
    `{"question":"${word} proto?","images":["a.png"],"answers":["x"],"__proto__":{"split":"test"},"constructor":{"prototype":{"x":1}}}`,
    `{"question":"${word} half ${half}?","images":["a.png"],"answers":["x"]}`,
    `{"question":"${word} answers half?","images":["a.png"],"answers":["${half}"]}`,
    `{"question":"${word} pair ${half}\\ude00?","images":["a.png"],"answers":["x"]}`,
    `${line(`${word} lone`)}\r${line(`${word} return`)}`,
    `{"question":"${word} deep?","images":["a.png"],"meta":${'['.repeat(70)}${']'.repeat(70)}}`,
    line(`${word} no end?`),
  ];
  const KEPT = ['last of two?', 'mark?', 'no end?', 'pair 😀?', 'proto?'];

  it.each([
    ['samples.jsonl', importPath, 'set'],
    ['rows.jsonl', importTable, 'table'],
  ] as const)('in %s: each that does not fit is named by its number', async (name, bringIn, word) => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#aa0');
    const job = await bringIn(write(set, name, lines(word).join('\n')));
    expect(refusals(job)).toEqual([
      [`${name}:6`, 'question: half of a surrogate pair, which is no text'],
      [`${name}:7`, 'answers.0: half of a surrogate pair, which is no text'],
      [`${name}:9`, 'The line is not JSON.'],
      [`${name}:10`, 'The line is nested more than 64 deep.'],
    ]);
    expect(job.state).toBe('finished');
    expect(questions(word)).toEqual(KEPT.map((rest) => `${word} ${rest}`));
    expect(samplesAsking(`${word} proto`)).toMatchObject([{ split: 'none' }]);
  });

  it('keep numbers beyond what a double holds as they are written', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#ab0');
    const answers = ['9007199254740993', '-9007199254740993', '1e309', '12', '0.5'];
    const rows = answers.map(
      (answer, at) => `{"question":"number ${at}?","image":"a.png","answer":${answer}}`,
    );
    for (const [name, text] of [
      ['numbers.jsonl', rows.join('\n')],
      ['numbers.json', `[${rows.join(',').replaceAll('"number', '"whole number')}]`],
    ] as const) {
      const job = await importTable(write(set, name, text));
      expect(job).toMatchObject({ importedSamples: answers.length, rejectedCount: 0 });
    }
    for (const word of ['number', 'whole number'])
      expect(answers.map((_, at) => samplesAsking(`${word} ${at}?`)[0]?.answers)).toEqual(
        answers.map((answer) => [answer]),
      );
  });

  it('of a JSON file are capped in depth before anything recursive sees them', async () => {
    const set = newFolder();
    const deep = `[{"question":"deep?","image":"a.png","meta":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`;
    await expect(host.services.tables.open(write(set, 'deep.json', deep))).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringMatching(/nested more than 64 deep/),
    });
  });
});

describe('memory', () => {
  it('is not taken by a line that never ends: it is read away and named', () => {
    const path = write(newFolder(), 'endless.jsonl', '{"row":1}\n');
    // A hole in the file: 768 MB to read, and none of them on the disk.
    truncateSync(path, 768 << 20);
    appendFileSync(path, '\n{"row":3}');
    const reader = join(ROOT, 'main', 'services', 'json-lines.ts');
    const read = `
      const { readJsonLines } = await import(${JSON.stringify(pathToFileURL(reader).href)});
      const lines = [];
      for await (const line of readJsonLines(${JSON.stringify(path)})) lines.push(line);
      console.log(JSON.stringify({ lines, peak: process.resourceUsage().maxRSS / 1024 }));`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', read], { encoding: 'utf8' });
    const { lines, peak } = JSON.parse(printed) as { readonly lines: unknown; readonly peak: number };
    expect(lines).toEqual([
      { number: 1, ok: true, value: { row: 1 } },
      { number: 2, ok: false, message: 'The line is longer than 1 MB.' },
      { number: 3, ok: true, value: { row: 3 } },
    ]);
    expect(peak).toBeLessThan(400);
  });
});

describe('names', () => {
  it('that are twins but for their case or form are files of their own', async () => {
    const set = newFolder();
    const names = ['caf\u00e9.png', 'cafe\u0301.png', 'Twin.png', 'twin.PNG'];
    for (const [at, name] of names.entries()) await writePng(join(set, name), `#0${at}${at}`);
    // A file system that takes twins for one has fewer files, and nothing to tell apart.
    const there = readdirSync(set);
    const rows = there.map((name, at) => JSON.stringify({ question: `twin ${at}?`, images: [name] }));
    const job = await importPath(join(write(set, 'samples.jsonl', rows.join('\n')), '..'));
    expect(job).toMatchObject({
      importedSamples: there.length,
      importedImages: there.length,
      rejectedCount: 0,
    });
    const found = host.services.library.listSamples({ limit: 500 }).items;
    for (const [at, name] of there.entries())
      expect(found.find(({ sample }) => sample.question === `twin ${at}?`)?.images[0]?.name).toBe(name);
  });

  it.skipIf(process.platform === 'win32')('of devices, streams and drives are only names', async () => {
    const set = newFolder();
    const names = ['CON', 'aux.png', 'COM1.png', 'a.png:stream', 'C:evil.png', 'dot.png.', '-v.png'];
    for (const [at, name] of names.entries()) await writePng(join(set, name), `#1${at}0`);
    const rows = names.map((name, at) =>
      JSON.stringify({ question: `device ${at}?`, image: name, answer: 'x' }),
    );
    const job = await importTable(write(set, 'rows.jsonl', rows.join('\n')));
    expect(job).toMatchObject({ importedSamples: names.length, rejectedCount: 0 });
  });

  it.each([
    ['samples.jsonl', importPath, 'images'],
    ['rows.jsonl', importTable, 'image'],
  ] as const)(
    'in %s that no file can have are missing images of their rows',
    async (file, bringIn, field) => {
      const set = newFolder();
      await writePng(join(set, 'a.png'), '#c1a');
      const value = (name: string): unknown => (field === 'images' ? [name] : name);
      const names = ['nul\0.png', 'a\nb.png', `${'x'.repeat(300)}.png`, '../a.png', '/etc/hostname', 'a.png'];
      const rows = names.map((name, at) =>
        JSON.stringify({ question: `${field} named ${at}?`, [field]: value(name) }),
      );
      const job = await bringIn(write(set, file, rows.join('\n')));
      expect(job.rejections.map(({ name, code }) => [name.split('/').at(-1), code])).toEqual([
        [`${file}:1`, 'missing_image'],
        [`${file}:2`, 'missing_image'],
        [`${file}:3`, 'missing_image'],
        [`${file}:4`, 'missing_image'],
        [`${file}:5`, 'outside_folder'],
      ]);
      expect(questions(`${field} named`)).toEqual([`${field} named 5?`]);
    },
  );
});

describe('cells', () => {
  it('that would be formulas, markup or control codes elsewhere are texts here', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#d1a');
    const cells = [
      '=cmd|calc!A1',
      '+1',
      '-1',
      '@SUM(A1)',
      '<img src=x onerror=alert(1)>',
      '\u001b[31mred',
      '\u202egnp',
      'nul\0nul',
    ];
    const rows = cells.map((cell, at) => `cell ${at}: ${cell}?,a.png,${cell}`);
    const job = await importTable(write(set, 'cells.csv', `question,image,answer\n${rows.join('\n')}\n`));
    expect(job).toMatchObject({ importedSamples: cells.length, rejectedCount: 0 });
    for (const [at, cell] of cells.entries())
      expect(samplesAsking(`cell ${at}:`)).toMatchObject([
        { question: `cell ${at}: ${cell}?`, answers: [cell] },
      ]);
  });

  it('that are not UTF-8, or stand in columns with strange names, cost their row at most', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#d2a');
    const path = write(
      set,
      'bytes.csv',
      Buffer.concat([
        Buffer.from('question,image,__proto__,constructor\rbytes one?,a.png,x,y\rbytes '),
        Buffer.of(0xff, 0xfe),
        Buffer.from('?,a.png,x,y\rbytes three?,a.png,x,y'),
      ]),
    );
    const job = await importTable(path);
    expect(refusals(job)).toEqual([['bytes.csv:3', 'the row is not UTF-8']]);
    expect(questions('bytes')).toEqual(['bytes one?', 'bytes three?']);
  });

  it('that never end are named by the line on which they begin', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#d3a');
    const open = write(
      set,
      'open.csv',
      'question,image\nnever one?,a.png\n"never two?,a.png\nnever three?,a.png\n',
    );
    expect((await importTable(open)).rejections).toMatchObject([{ name: 'open.csv:3', code: 'bad_row' }]);
    const long = Buffer.concat([
      Buffer.from('question,image\nlong one?,a.png\n"'),
      Buffer.alloc(65 << 20, 0x61),
      Buffer.from('",a.png\nlong three?,a.png\n'),
    ]);
    const job = await importTable(write(set, 'long.csv', long));
    expect(job).toMatchObject({ state: 'finished', importedSamples: 1, rejectedCount: 1 });
    expect(job.rejections[0]?.name).toBe('long.csv:3');
  });
});

describe('parquet that lies', () => {
  const QUESTIONS = [['lie one?', 'lie two?', 'lie three?'], ['lie four?']];

  it('about how many rows it has is refused, or costs the rows of that group', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#e1a');
    const whole = write(set, 'whole.parquet', lyingParquet(QUESTIONS, 'a.png', {}));
    expect(await importTable(whole)).toMatchObject({ importedSamples: 4, rejectedCount: 0 });
    await expect(
      host.services.tables.open(
        write(set, 'many.parquet', lyingParquet(QUESTIONS, 'a.png', { rows: 900_000_000n })),
      ),
    ).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringMatching(/more rows than it can hold/),
    });
  });

  it('about what a page holds costs the rows of that group, and the next one is in', async () => {
    const set = newFolder();
    await writePng(join(set, 'a.png'), '#e2a');
    const path = write(
      set,
      'page.parquet',
      lyingParquet([['page one?', 'page two?', 'page three?'], ['page four?']], 'a.png', {
        pageValues: 2_000_000_000,
      }),
    );
    const job = await importTable(path);
    expect(questions('page')).toEqual(['page four?']);
    expect(job.rejections.map(({ name }) => name)).toEqual([
      'page.parquet:1',
      'page.parquet:2',
      'page.parquet:3',
    ]);
  });
});

describe('an export of ours', () => {
  it('whose files are not the images that it says names each, and brings the rest', async () => {
    const set = newFolder();
    for (const [name, colour] of [
      ['a.png', '#311'],
      ['b.png', '#321'],
      ['c.png', '#331'],
      ['d.png', '#341'],
    ] as const)
      await writePng(join(set, name), colour);
    const from = await startTestHost({ folder: newFolder() });
    await from.services.imports.settled(from.services.imports.startPaths([set]).id);
    const target = join(newFolder(), 'export');
    await from.services.exports.settled(
      from.services.exports.start({ format: 'imagent', folder: target }).id,
    );
    await from.close();
    const rowsOf = (name: string): Record<string, unknown>[] =>
      readFileSync(join(target, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const rows = rowsOf('images.jsonl').toSorted((one, other) =>
      String(one['name']).localeCompare(String(other['name'])),
    );
    const digests = rowsOf('files.jsonl');
    const [bomb, drawing, larger, good] = rows;
    /** Swaps a file, and says so: digests can be forged too. */
    const swap = (path: unknown, bytes: Buffer): void => {
      writeFileSync(join(target, String(path)), bytes);
      const digest = digests.find((one) => one['path'] === path);
      if (digest)
        Object.assign(digest, {
          sha256: createHash('sha256').update(bytes).digest('hex'),
          bytes: bytes.length,
        });
    };
    swap(bomb?.['file'], bombPng(60_000, 60_000));
    swap(drawing?.['thumbnail'], Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'));
    Object.assign(larger ?? {}, { width: 900_000_000 });
    for (const [name, all] of [
      ['files.jsonl', digests],
      ['images.jsonl', rows],
    ] as const)
      writeFileSync(join(target, name), all.map((one) => JSON.stringify(one)).join('\n'));

    const into = await startTestHost({ folder: newFolder() });
    const job = await into.services.imports.settled(into.services.imports.startPaths([target]).id);
    expect(job).toMatchObject({ state: 'finished', importedImages: 1 });
    expect(job.rejections.map(({ name, message }) => [name, message.replace(/^\S+?:? /u, '')])).toEqual([
      ['images.jsonl:1', '60000x60000 pixels; the limit is 100 megapixels.'],
      ['images.jsonl:2', 'Not an image of a known format (JPEG, PNG, WebP, GIF, TIFF, AVIF).'],
      ['images.jsonl:3', 'is not 900000000x40 pixels, as the row says'],
    ]);
    expect(into.services.library.listImages({ limit: 9 }).items.map(({ name }) => name)).toEqual([
      good?.['name'],
    ]);
    await into.close();
  });
});

describe('an upload', () => {
  it('with a name that no file may have goes on without it', async () => {
    const { id } = host.services.imports.beginUpload();
    const png = await goodPng('#f1a');
    await expect(
      host.services.imports.receive(id, 'x'.repeat(5000), Readable.from([png])),
    ).rejects.toMatchObject({ code: 'bad_input' });
    for (const name of ['set/nul\0.png', 'set/\u202egnp.png'])
      await host.services.imports.receive(
        id,
        name,
        Readable.from([await goodPng(name.includes('nul') ? '#f2a' : '#f3a')]),
      );
    host.services.imports.finishUpload(id);
    expect(await host.services.imports.settled(id)).toMatchObject({ state: 'finished', importedImages: 2 });
  });
});
