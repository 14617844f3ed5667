import { crc32, deflateSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Files that somebody could hand to the app, made when a test wants them. */

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of a few hundred bytes whose header promises width x height pixels. */
export function bombPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.alloc(1 << 16));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A picture in which no two corners are alike: red, green, blue and white, clockwise from the top left. */
export async function cornersJpeg(orientation: number): Promise<Buffer> {
  const width = 64;
  const height = 32;
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const right = x >= width / 2;
      const bottom = y >= height / 2;
      const colour = bottom ? (right ? [0, 0, 255] : [255, 255, 255]) : right ? [0, 255, 0] : [255, 0, 0];
      data.set(colour, (y * width + x) * 3);
    }
  }
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .withMetadata({ orientation })
    .toBuffer();
}

/** Corners clockwise from the top left, by name. */
export async function cornersOf(path: string): Promise<readonly string[]> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const name = (x: number, y: number): string => {
    const at = (y * info.width + x) * info.channels;
    const [red, green, blue] = [0, 1, 2].map((channel) => (data[at + channel] ?? 0) > 128);
    return red ? (green ? 'white' : 'red') : green ? 'green' : blue ? 'blue' : 'black';
  };
  const right = info.width - 4;
  const bottom = info.height - 4;
  return [name(3, 3), name(right, 3), name(right, bottom), name(3, bottom)];
}

export async function goodPng(colour = 'teal'): Promise<Buffer> {
  return await sharp({ create: { width: 48, height: 32, channels: 3, background: colour } })
    .png()
    .toBuffer();
}

export async function writeHostileSet(folder: string): Promise<void> {
  const put = (name: string, bytes: Buffer | string): void => writeFileSync(join(folder, name), bytes);
  const jpeg = await sharp(Buffer.alloc(200 * 150 * 3, 90), { raw: { width: 200, height: 150, channels: 3 } })
    .jpeg()
    .toBuffer();
  put('empty.png', '');
  put('truncated.jpg', jpeg.subarray(0, Math.floor(jpeg.length / 2)));
  put('truncated.png', (await goodPng('olive')).subarray(0, 60));
  put('bomb.png', bombPng(60_000, 60_000));
  put('text.png', 'just text');
  put(
    'drawing.png',
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
  );
  put('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
  put('photo.heic', 'x');
  put('archive.png', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(200)]));
  put('notes.txt', 'not looked at');
  put('.hidden.png', await goodPng('black'));
}

/** Two frames; the first is grey, the second white. */
export async function animated(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = Buffer.concat([Buffer.alloc(20 * 10 * 3, 120), Buffer.alloc(20 * 10 * 3, 255)]);
  const image = sharp(frames, { raw: { width: 20, height: 20, channels: 3, pageHeight: 10 } });
  return await (format === 'gif' ? image.gif() : image.webp({ lossless: true })).toBuffer();
}

/** A GIF of 40 bytes whose screen has 65,535 x 65,535 pixels, and its one frame too. */
export function largeScreenGif(): Buffer {
  const side = [0xff, 0xff];
  return Buffer.from([
    ...Buffer.from('GIF89a', 'latin1'),
    ...side,
    ...side,
    ...[0x80, 0, 0, 0, 0, 0, 255, 255, 255],
    ...[0x2c, 0, 0, 0, 0, ...side, ...side, 0],
    ...[2, 2, 0x4c, 0x01, 0, 0x3b],
  ]);
}

const jpegOf = async (width: number, height: number, progressive = false): Promise<Buffer> => {
  const data = Buffer.from(Array.from({ length: width * height * 3 }, (_, at) => (at * 7) % 256));
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ progressive })
    .toBuffer();
};

/** Two JPEGs in one file, as cameras with two lenses write them. */
export async function mpo(): Promise<Buffer> {
  const first = await jpegOf(40, 30);
  const index = Buffer.concat([
    Buffer.from('MPF\0II*\0', 'latin1'),
    Buffer.from([8, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(index.length + 2);
  const second = await jpegOf(20, 20);
  return Buffer.concat([
    first.subarray(0, 2),
    Buffer.of(0xff, 0xe2),
    length,
    index,
    first.subarray(2),
    second,
  ]);
}

/** A progressive JPEG in which a scan comes a thousand times: each goes over all of its pixels again. */
export async function manyScansJpeg(): Promise<Buffer> {
  const jpeg = await jpegOf(64, 48, true);
  const starts = [...jpeg.keys()].filter((at) => jpeg[at] === 0xff && jpeg[at + 1] === 0xda);
  const [last = 0] = starts.slice(-1);
  const end = jpeg.length - 2;
  const scan = jpeg.subarray(last, end);
  return Buffer.concat([
    jpeg.subarray(0, end),
    ...Array.from({ length: 1000 }, () => scan),
    jpeg.subarray(end),
  ]);
}

/** A good PNG with an archive behind its end. */
export async function withZipBehind(): Promise<Buffer> {
  return Buffer.concat([await goodPng('#135'), Buffer.from('PK\u0003\u0004'), Buffer.alloc(500, 7)]);
}
