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
