import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ImportJob } from '../../../../shared/model/import-job.ts';
import { cornersJpeg, cornersOf, goodPng, writeHostileSet } from '../../../helpers/hostile-images.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { startTestHost } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';

// The decoder is a process of its own; on a busy machine its start takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let host: TestHost;

beforeAll(async () => {
  folder = makeTempFolder('imports');
  host = await startTestHost({ folder });
});
afterAll(async () => {
  await host.close();
  removeFolder(folder);
});

const newFolder = (): string => mkdtempSync(join(folder, 'set-'));

async function importPaths(...paths: string[]): Promise<ImportJob> {
  return await host.services.imports.settled(host.services.imports.startPaths(paths).id);
}

/** `name -> why` of what was not taken, with the name of the chosen folder left out. */
function refused(job: ImportJob): Readonly<Record<string, string>> {
  return Object.fromEntries(
    job.rejections.map(({ name, code }) => [name.split('/').slice(1).join('/') || name, code]),
  );
}

const images = () => host.services.library.listImages({ limit: 500 }).items;
const stored = (id: string): string =>
  host.services.library.listImages({ limit: 500 }).items.find((one) => one.id === id)?.sha256 ?? '';
function canonicalFile(sha256: string): string {
  const shard = join(host.workspacePath, 'images', sha256.slice(0, 2));
  return join(shard, readdirSync(shard).find((name) => name.startsWith(sha256)) ?? '');
}

describe('a folder', () => {
  it('is read to its end, in natural order, without hidden files; the same picture twice is one', async () => {
    const set = newFolder();
    mkdirSync(join(set, 'deep', 'deeper'), { recursive: true });
    for (const [name, colour] of [
      ['page 10.png', '#100'],
      ['page 2.png', '#200'],
      ['deep/deeper/a.png', '#300'],
      ['.hidden.png', '#400'],
    ] as const) {
      writeFileSync(join(set, name), await goodPng(colour));
    }
    writeFileSync(join(set, 'same as page 2.png'), await goodPng('#200'));
    const job = await importPaths(set);
    expect(job).toMatchObject({
      state: 'finished',
      importedImages: 3,
      duplicates: 1,
      rejectedCount: 0,
      total: 4,
      done: 4,
    });
    expect(
      images()
        .slice(0, 3)
        .map(({ name }) => name),
    ).toEqual(['a.png', 'page 2.png', 'page 10.png']);
    const again = await importPaths(set);
    expect(again).toMatchObject({ importedImages: 0, duplicates: 4 });
  });

  it('that holds every broken thing gives the reason for each, and the good one is in', async () => {
    const set = newFolder();
    await writeHostileSet(set);
    writeFileSync(join(set, 'zz-good.png'), await goodPng('gold'));
    const job = await importPaths(set);
    expect(refused(job)).toEqual({
      'empty.png': 'empty_file',
      'truncated.jpg': 'broken_image',
      'truncated.png': 'broken_image',
      'bomb.png': 'too_many_pixels',
      'text.png': 'not_an_image',
      'drawing.png': 'not_an_image',
      'drawing.svg': 'unsupported_format',
      'photo.heic': 'unsupported_format',
      'archive.png': 'not_an_image',
    });
    expect(job).toMatchObject({ state: 'finished', importedImages: 1 });
    expect(
      job.rejections.every(({ message }) => /^[A-Z0-9].*\.$/.test(message) && !message.includes(folder)),
    ).toBe(true);
  });

  it('a name that lies about the format is no matter: the content decides', async () => {
    const set = newFolder();
    writeFileSync(join(set, 'really-a-png.jpg'), await goodPng('#123'));
    await importPaths(set);
    expect(images()[0]).toMatchObject({ name: 'really-a-png.jpg', format: 'png' });
  });

  it('names with newlines, umlauts, right-to-left marks and leading dashes are only names', async () => {
    const set = newFolder();
    const names = [
      '-rf.png',
      'a\nb.png',
      'ü 日本.png',
      '\u202Egnp.evil.png',
      '$(touch x).png',
      'it\'s "quoted".png',
      `${'x'.repeat(200)}.png`,
    ];
    for (const [index, name] of names.entries()) writeFileSync(join(set, name), await goodPng(`#0${index}a`));
    const job = await importPaths(set);
    expect(job).toMatchObject({ importedImages: names.length, rejectedCount: 0 });
    expect(
      new Set(
        images()
          .slice(0, names.length)
          .map(({ name }) => name),
      ),
    ).toEqual(new Set(names));
    for (const { sha256 } of images())
      expect(canonicalFile(sha256)).toMatch(/\/[0-9a-f]{64}\.(png|jpeg|webp)$/);
  });

  it('links out of it are refused, links in circles end, links to nothing are listed', async () => {
    const outside = newFolder();
    writeFileSync(join(outside, 'secret.png'), await goodPng('#999'));
    const set = newFolder();
    const sibling = `${set}-secret`;
    mkdirSync(sibling);
    writeFileSync(join(sibling, 'a.png'), await goodPng('#998'));
    writeFileSync(join(set, 'own.png'), await goodPng('#997'));
    symlinkSync(join(outside, 'secret.png'), join(set, 'file-out.png'));
    symlinkSync(outside, join(set, 'folder-out'));
    symlinkSync(join(sibling, 'a.png'), join(set, 'sibling.png'));
    symlinkSync(set, join(set, 'circle'));
    symlinkSync('loop.png', join(set, 'loop.png'));
    symlinkSync(join(set, 'gone.png'), join(set, 'dead.png'));
    symlinkSync('own.png', join(set, 'inside.png'));
    const job = await importPaths(set);
    expect(refused(job)).toEqual({
      'file-out.png': 'outside_folder',
      'folder-out': 'outside_folder',
      'sibling.png': 'outside_folder',
      'loop.png': 'unreadable',
      'dead.png': 'unreadable',
    });
    expect(job).toMatchObject({ state: 'finished', importedImages: 1 });
  });

  it('a pipe does not hang it, and what may not be read is listed', async () => {
    const set = newFolder();
    execFileSync('mkfifo', [join(set, 'pipe.png')]);
    writeFileSync(join(set, 'private.png'), await goodPng('#888'));
    chmodSync(join(set, 'private.png'), 0o000);
    const job = await importPaths(set, join(set, 'missing.png'), join(set, 'pipe.png'), `${set}/nul\0.png`);
    const codes = job.rejections.map(({ name, code }) => [name.split('/').at(-1), code]);
    expect(codes).toContainEqual(['missing.png', 'unreadable']);
    expect(codes).toContainEqual(['pipe.png', 'not_an_image']);
    // Root may read everything.
    const listed = codes.some(([name, code]) => name === 'private.png' && code === 'unreadable');
    expect(listed).toBe(process.getuid?.() !== 0);
    expect(job.state).toBe('finished');
  });
});

describe('an orientation', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    '%i is baked in: everybody sees the same corners',
    async (orientation) => {
      const set = newFolder();
      writeFileSync(join(set, `o${orientation}.jpg`), await cornersJpeg(orientation));
      const job = await importPaths(set);
      expect(job.importedImages).toBe(1);
      const image = images()[0];
      const file = canonicalFile(image?.sha256 ?? '');
      const meta = await sharp(file).metadata();
      expect(meta.orientation ?? 1).toBe(1);
      expect({ width: meta.width, height: meta.height }).toEqual({
        width: image?.width,
        height: image?.height,
      });
      expect((image?.width ?? 0) > (image?.height ?? 0)).toBe(orientation < 5);
      // What a viewer that obeys the tag shows of the original.
      const upright = join(set, 'upright.png');
      await sharp(await cornersJpeg(orientation))
        .autoOrient()
        .png()
        .toFile(upright);
      expect(await cornersOf(file)).toEqual(await cornersOf(upright));
      const thumbnail = host.answerAsset({
        method: 'GET',
        path: `/assets/${image?.assets.thumbnail}`,
        contentType: '',
        body: Readable.from([]),
      });
      expect((await thumbnail).status).toBe(200);
    },
  );
});

describe('what a browser would show otherwise than the model gets it', () => {
  it.each([
    [
      'transparent',
      async () =>
        await sharp({
          create: { width: 9, height: 9, channels: 4, background: { r: 9, g: 99, b: 199, alpha: 0.5 } },
        })
          .png()
          .toBuffer(),
    ],
    [
      '16 bits',
      async () =>
        await sharp(Buffer.alloc(9 * 9 * 3, 77), { raw: { width: 9, height: 9, channels: 3 } })
          .toColourspace('rgb16')
          .png()
          .toBuffer(),
    ],
    [
      'a GIF',
      async () =>
        await sharp(Buffer.alloc(9 * 9 * 3, 55), { raw: { width: 9, height: 9, channels: 3 } })
          .gif()
          .toBuffer(),
    ],
    [
      'a TIFF',
      async () =>
        await sharp(Buffer.alloc(9 * 9 * 3, 33), { raw: { width: 9, height: 9, channels: 3 } })
          .tiff()
          .toBuffer(),
    ],
  ])("%s becomes plain pixels once, and those are everybody's", async (_what, make) => {
    const set = newFolder();
    writeFileSync(join(set, 'a.png'), await make());
    await importPaths(set);
    const meta = await sharp(canonicalFile(images()[0]?.sha256 ?? '')).metadata();
    expect(meta).toMatchObject({ format: 'png', hasAlpha: false, depth: 'uchar', channels: 3 });
  });
});

describe('samples.jsonl', () => {
  const row = (change: object = {}): string =>
    JSON.stringify({
      id: 'x',
      kind: 'read',
      images: ['images/a.png'],
      question: 'What?',
      choices: null,
      answers: ['red'],
      answer_kind: 'text',
      tags: ['t'],
      split: 'test',
      meta: { any: 1 },
      ...change,
    });

  async function worldFolder(lines: readonly (string | Buffer)[]): Promise<string> {
    const set = newFolder();
    mkdirSync(join(set, 'images'));
    writeFileSync(join(set, 'images', 'a.png'), await goodPng('#a1a'));
    writeFileSync(join(set, 'images', 'b.png'), await goodPng('#b1b'));
    writeFileSync(
      join(set, 'samples.jsonl'),
      Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])),
    );
    return set;
  }
  const newest = () => host.services.library.listSamples({ limit: 20 }).items;

  it('comes in with its images, row by row; a second time nothing is doubled', async () => {
    const set = await worldFolder([
      row({ question: 'One?' }),
      row({
        question: 'Two?',
        images: ['images/b.png', 'images/a.png'],
        choices: ['red', 'blue'],
        answer_kind: 'choice',
      }),
    ]);
    const job = await importPaths(join(set, 'samples.jsonl'));
    expect(job).toMatchObject({ state: 'finished', importedSamples: 2, importedImages: 2, rejectedCount: 0 });
    expect(newest()[0]?.sample).toMatchObject({
      question: 'One?',
      kind: 'read',
      split: 'test',
      answers: ['red'],
      tags: ['t'],
    });
    expect(newest()[1]?.images.map(({ name }) => name)).toEqual(['b.png', 'a.png']);
    const again = await importPaths(set);
    expect(again).toMatchObject({ importedSamples: 0, importedImages: 0 });
  });

  it('brings the tolerance of a number; rows that differ in it alone are two samples, and none is the default', async () => {
    const number = { question: 'How long?', answers: ['200'], answer_kind: 'number' };
    const set = await worldFolder([
      row({ ...number, tolerance: 0.05 }),
      row({ ...number, tolerance: null }),
      row(number),
      row({ ...number, tolerance: -1 }),
    ]);
    const job = await importPaths(set);
    expect(job).toMatchObject({ importedSamples: 2, rejectedCount: 1 });
    expect(job.rejections[0]?.message).toMatch(/^tolerance: /);
    const found = newest().filter(({ sample }) => sample.question === number.question);
    expect(found.map(({ sample }) => sample.tolerance)).toEqual([0.05, undefined]);
  });

  it('a bad row is listed with its line, and the others come in', async () => {
    const deep = `{"question": "q", "images": ["images/a.png"], "meta": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const set = await worldFolder([
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(row({ question: 'Mark?' }))]),
      '',
      '{"question": ',
      row({ question: '' }),
      row({ images: [] }),
      row({ images: ['images/gone.png'] }),
      row({ images: ['../../secret.png'] }),
      row({ images: ['/etc/passwd'] }),
      row({ split: 'holdout' }),
      Buffer.concat([Buffer.from('{"question": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      deep,
      `{"question": "${'x'.repeat(1_100_000)}"}`,
      'NaN',
      '[1, 2]',
      `${row({ question: 'Carriage return?' })}\r`,
      row({ question: 'Proto?', __proto__: null }),
    ]);
    const job = await importPaths(join(set, 'samples.jsonl'));
    expect(job.rejections.map(({ name, code }) => `${name} ${code}`)).toEqual([
      'samples.jsonl:3 bad_row',
      'samples.jsonl:4 bad_row',
      'samples.jsonl:5 bad_row',
      'samples.jsonl:6 missing_image',
      'samples.jsonl:7 missing_image',
      'samples.jsonl:8 outside_folder',
      'samples.jsonl:9 bad_row',
      'samples.jsonl:10 bad_row',
      'samples.jsonl:11 bad_row',
      'samples.jsonl:12 bad_row',
      'samples.jsonl:13 bad_row',
      'samples.jsonl:14 bad_row',
    ]);
    expect(job).toMatchObject({ state: 'finished', importedSamples: 3 });
  });

  it('an image outside of the chosen folder is refused, also through a link', async () => {
    const outside = newFolder();
    writeFileSync(join(outside, 'secret.png'), await goodPng('#5ec'));
    const set = await worldFolder([row({ images: ['images/link.png'] })]);
    symlinkSync(join(outside, 'secret.png'), join(set, 'images', 'link.png'));
    const job = await importPaths(join(set, 'samples.jsonl'));
    expect(job.rejections).toMatchObject([{ code: 'outside_folder' }]);
    expect(job.importedSamples).toBe(0);
  });
});

describe('an upload', () => {
  const send = async (id: ImportJob['id'], name: string, bytes: Buffer): Promise<void> =>
    await host.services.imports.receive(id, name, Readable.from([bytes]));

  it('is imported as if it had been found on the disk, with the names that it had there', async () => {
    const { id } = host.services.imports.beginUpload();
    await send(id, 'set/images/a.png', await goodPng('#c1c'));
    await send(
      id,
      'set/samples.jsonl',
      Buffer.from(JSON.stringify({ question: 'Uploaded?', images: ['images/a.png'] })),
    );
    await send(id, 'set/.DS_Store', Buffer.from('x'));
    await send(id, 'set/broken.png', Buffer.from('x'));
    host.services.imports.finishUpload(id);
    const job = await host.services.imports.settled(id);
    expect(job).toMatchObject({ state: 'finished', importedSamples: 1, importedImages: 1, rejectedCount: 1 });
    expect(host.services.library.listSamples({ limit: 1 }).items[0]?.sample.question).toBe('Uploaded?');
  });

  it('a name that climbs is only a name, and nothing is left when it has ended', async () => {
    const { id } = host.services.imports.beginUpload();
    await send(id, '../../../../escaped.png', await goodPng('#d1d'));
    await send(id, String.raw`..\..\escaped-too.png`, await goodPng('#d2d'));
    host.services.imports.finishUpload(id);
    expect(await host.services.imports.settled(id)).toMatchObject({ importedImages: 2 });
    expect(existsSync(join(folder, 'escaped.png'))).toBe(false);
    expect(readdirSync(join(host.workspacePath, 'tmp'))).toEqual([]);
  });

  it('takes nothing more once it has begun or was cancelled', async () => {
    const { id } = host.services.imports.beginUpload();
    host.services.imports.cancel(id);
    await expect(send(id, 'a.png', await goodPng())).rejects.toMatchObject({ code: 'conflict' });
    expect((await host.services.imports.settled(id)).state).toBe('cancelled');
  });
});

it('the originals stay as they were', async () => {
  const set = newFolder();
  const path = join(set, 'a.jpg');
  writeFileSync(path, await cornersJpeg(6));
  const before = readFileSync(path);
  await importPaths(set);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(stored(images()[0]?.id ?? '')).toHaveLength(64);
});
