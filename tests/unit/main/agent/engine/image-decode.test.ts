import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import {
  decodeImage,
  encodePng,
  type ImageFault,
  ImageDecodeError,
  probeImage,
  sniffImageFormat,
} from '../../../../../main/agent/engine/image-decode.ts';

const folder = mkdtempSync(join(tmpdir(), 'imagent-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, sum]);
}

/** A PNG written by hand: `rows` are the bytes of each row, without a filter byte. */
function png(
  width: number,
  height: number,
  depth: number,
  colour: number,
  rows: readonly Buffer[],
  extra: readonly Buffer[] = [],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.concat(rows.map((row) => Buffer.concat([Buffer.of(0), row]))));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function photo(width = 64, height = 48): Promise<Buffer> {
  const data = Buffer.from(
    Array.from({ length: width * height * 3 }, (_, index) => (index * 7 + (index >> 5)) & 255),
  );
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

async function faultOf(source: string | Uint8Array): Promise<ImageFault> {
  const error = await decodeImage(source).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ImageDecodeError);
  return (error as ImageDecodeError).fault;
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('what Pillow would give', () => {
  it('drops alpha without blending', async () => {
    const bytes = png(2, 1, 8, 6, [Buffer.of(10, 20, 30, 0, 40, 50, 60, 128)]);
    expect([...(await decodeImage(bytes)).data]).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('takes the high byte of 16-bit colour and 16-bit grey', async () => {
    const colour = png(1, 1, 16, 2, [Buffer.of(0x12, 0xff, 0x34, 0x80, 0x56, 0x00)]);
    expect([...(await decodeImage(colour)).data]).toEqual([0x12, 0x34, 0x56]);
    const grey = png(2, 1, 16, 0, [Buffer.of(0xfe, 0xff, 0x01, 0x00)]);
    expect([...(await decodeImage(grey)).data]).toEqual([0xfe, 0xfe, 0xfe, 1, 1, 1]);
  });

  it('resolves a palette, with a transparent entry too', async () => {
    const palette = chunk('PLTE', Buffer.of(1, 2, 3, 200, 100, 50));
    const transparent = chunk('tRNS', Buffer.of(0, 255));
    const bytes = png(2, 1, 8, 3, [Buffer.of(0, 1)], [palette, transparent]);
    expect([...(await decodeImage(bytes)).data]).toEqual([1, 2, 3, 200, 100, 50]);
  });

  it('spreads grey and one-bit images over three channels', async () => {
    expect([...(await decodeImage(png(2, 1, 8, 0, [Buffer.of(7, 250)]))).data]).toEqual([
      7, 7, 7, 250, 250, 250,
    ]);
    expect([...(await decodeImage(png(2, 1, 1, 0, [Buffer.of(0x40)]))).data]).toEqual([
      0, 0, 0, 255, 255, 255,
    ]);
  });

  it('bakes the orientation in, and counts sizes after it', async () => {
    const raw = Buffer.of(255, 0, 0, 0, 255, 0);
    const bytes = await sharp(raw, { raw: { width: 2, height: 1, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const image = await decodeImage(bytes);
    expect([image.width, image.height]).toEqual([1, 2]);
    expect([...image.data]).toEqual([255, 0, 0, 0, 255, 0]);
    expect(await probeImage(bytes)).toEqual({ format: 'png', width: 1, height: 2 });
  });

  it('converts CMYK as Pillow does', async () => {
    const bytes = await sharp(Buffer.of(0, 128, 255), { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('cmyk')
      .tiff({ compression: 'none' })
      .toBuffer();
    const raw = await sharp(bytes, { ignoreIcc: true })
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw()
      .toBuffer();
    const [cyan = 0, magenta = 0, yellow = 0, black = 0] = raw;
    const white = 255 - black;
    const ink = (amount: number): number => white - Math.round((amount * white) / 255);
    expect([...(await decodeImage(bytes)).data]).toEqual([ink(cyan), ink(magenta), ink(yellow)]);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 200), Buffer.alloc(12, 10)]);
    const gif = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
      .gif()
      .toBuffer();
    const image = await decodeImage(gif);
    expect([image.width, image.height]).toEqual([2, 2]);
    expect([...image.data]).toEqual([...Buffer.alloc(12, 200)]);
  });

  it.each([
    [
      'webp',
      () =>
        sharp({ create: { width: 3, height: 2, channels: 3, background: '#0a141e' } }).webp({
          lossless: true,
        }),
    ],
    ['tiff', () => sharp({ create: { width: 3, height: 2, channels: 3, background: '#0a141e' } }).tiff()],
    [
      'avif',
      () =>
        sharp({ create: { width: 3, height: 2, channels: 3, background: '#0a141e' } }).avif({
          lossless: true,
        }),
    ],
  ] as const)('reads %s', async (format, make) => {
    const bytes = await make().toBuffer();
    expect(sniffImageFormat(bytes)).toBe(format);
    expect([...(await decodeImage(bytes)).data.subarray(0, 3)]).toEqual([10, 20, 30]);
  });

  it('reads images of one pixel width, however long', async () => {
    const image = await decodeImage(
      png(
        1,
        3000,
        8,
        0,
        Array.from({ length: 3000 }, () => Buffer.of(9)),
      ),
    );
    expect([image.width, image.height, image.data.length]).toEqual([1, 3000, 9000]);
  });

  it('writes PNGs that read back the same', async () => {
    const image = { width: 3, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    expect([...(await decodeImage(await encodePng(image))).data]).toEqual([...image.data]);
  });
});

describe('hostile files', () => {
  it('go by what they hold, not by their name', async () => {
    const image = await decodeImage(file('a.png', await photo()));
    expect([image.width, image.height]).toEqual([64, 48]);
    expect(await faultOf(file('text.jpg', Buffer.from('not an image')))).toBe('unknown_format');
  });

  it('are refused when empty, missing, or no files at all', async () => {
    expect(await faultOf(file('empty.png', Buffer.alloc(0)))).toBe('empty');
    expect(await faultOf(join(folder, 'nowhere.png'))).toBe('missing');
    expect(await faultOf(folder)).toBe('not_a_file');
  });

  it.skipIf(process.platform === 'win32')('do not hang the reader when they are pipes', async () => {
    const pipe = join(folder, 'pipe.png');
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
    expect(await faultOf(pipe)).toBe('not_a_file');
  });

  it.each([0.1, 0.5, 0.9])('are refused when cut off at %f of their length', async (share) => {
    const jpeg = await photo(400, 300);
    expect(await faultOf(jpeg.subarray(0, Math.floor(jpeg.length * share)))).toBe('broken');
    const image = png(
      50,
      50,
      8,
      2,
      Array.from({ length: 50 }, (_, row) => Buffer.alloc(150, row * 5)),
    );
    expect(await faultOf(image.subarray(0, Math.floor(image.length * share)))).toBe('broken');
  });

  it('are refused by the size that their header tells, before a pixel is read', async () => {
    const bomb = png(60_000, 60_000, 8, 2, []);
    const error = await decodeImage(bomb).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      fault: 'too_many_pixels',
      message: expect.stringContaining('60000x60000') as string,
    });
    await expect(probeImage(bomb)).rejects.toMatchObject({ fault: 'too_many_pixels' });
  });

  it('are refused when the file itself is over the limit', async () => {
    const path = file('large.jpg', await photo());
    await expect(decodeImage(path, { maxBytes: 100, maxPixels: 1e6 })).rejects.toMatchObject({
      fault: 'file_too_large',
    });
  });

  it('never reach the loaders that are shut off', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    );
    expect(await faultOf(svg)).toBe('unknown_format');
    await expect(sharp(svg).metadata()).rejects.toThrow(/unsupported|blocked/);
    expect(await faultOf(Buffer.from('%PDF-1.7\n'))).toBe('unknown_format');
  });

  it('says what to do with an HEIC photograph', async () => {
    const heic = Buffer.concat([Buffer.of(0, 0, 0, 24), Buffer.from('ftypheic'), Buffer.alloc(12)]);
    await expect(decodeImage(heic)).rejects.toThrow(/export it as JPEG or PNG/);
  });

  it('are broken, never a crash, when their bytes are random after a good start', async () => {
    const starts = [
      '\x89PNG\r\n\x1a\n',
      '\xff\xd8\xff',
      'GIF89a',
      'II*\0',
      'RIFF\x20\0\0\0WEBP',
      '\0\0\0\x18ftypavif',
    ];
    for (const start of starts) {
      const noise = Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 73 + 41) & 255));
      const fault = await faultOf(Buffer.concat([Buffer.from(start, 'latin1'), noise]));
      expect({ start, fault }).toMatchObject({
        fault: expect.stringMatching(/broken|too_many_pixels/) as string,
      });
    }
  });
});
