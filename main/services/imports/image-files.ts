import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import sharp from 'sharp';
import {
  DEFAULT_IMAGE_LIMITS,
  decodeImage,
  encodePng,
  ImageDecodeError,
  probeImage,
} from '../../agent/engine/image-decode.ts';
import type { ImageFault } from '../../agent/engine/image-decode.ts';
import { cropRgb, resizeBicubic } from '../../agent/engine/pillow-resize.ts';
import type { RgbImage } from '../../agent/engine/pillow-resize.ts';
import type { RejectionCode } from '../../../shared/model/import-job.ts';
import type {
  ImageAnswers,
  ImageOutcome,
  ImageRefusal,
  ImageRequest,
  ReceivedFile,
} from './image-messages.ts';

/** Longest side of a thumbnail, in pixels. */
const THUMBNAIL_SIDE = 256;

const CODES: Readonly<Record<ImageFault, RejectionCode>> = {
  missing: 'unreadable',
  not_a_file: 'not_an_image',
  empty: 'empty_file',
  file_too_large: 'too_many_bytes',
  unknown_format: 'not_an_image',
  too_many_pixels: 'too_many_pixels',
  broken: 'broken_image',
};

/** A refusal that is thrown inside this file only. */
class Refused extends Error {
  readonly refusal: ImageRefusal;

  constructor(code: RejectionCode, message: string) {
    super(message);
    this.refusal = { code, message };
  }
}

/** Does one request. Anything that a file can cause comes back as a refusal. */
export async function answerImageRequest(request: ImageRequest): Promise<ImageOutcome<ImageRequest['op']>> {
  try {
    return { ok: true, value: await answer(request) };
  } catch (error) {
    return { ok: false, refusal: toRefusal(error) };
  }
}

async function answer(request: ImageRequest): Promise<ImageAnswers[ImageRequest['op']]> {
  switch (request.op) {
    case 'take':
      return await take(request.path, request.draft);
    case 'prepare':
      return await prepare(request.draft);
    case 'receive':
      return { files: await receive(request.files) };
    case 'probe':
      return await probeImage(request.path);
    case 'look':
      return { look: await lookOf(await decodeImage(request.path)) };
    case 'view':
      return { png: await renderView(request) };
    default:
      throw new Error('unknown request');
  }
}

function toRefusal(error: unknown): ImageRefusal {
  if (error instanceof Refused) return error.refusal;
  if (error instanceof ImageDecodeError)
    return { code: CODES[error.fault], message: sentence(error.message) };
  const native = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (native === 'ENOSPC' || native === 'EDQUOT') throw error;
  if (native === 'ELOOP') return { code: 'outside_folder', message: 'A link that leads nowhere.' };
  if (/^E[A-Z]+$/.test(native) || native === 'ERR_INVALID_ARG_VALUE') {
    return {
      code: 'unreadable',
      message: 'The file could not be read. Check that it exists and that you may read it.',
    };
  }
  return { code: 'broken_image', message: 'The image could not be decoded.' };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

async function take(path: string, draft: string): Promise<ImageAnswers['take']> {
  // O_NONBLOCK: opening a named pipe must not hang.
  const source = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await fileSize(source);
    const target = await open(draft, 'wx', 0o600);
    try {
      const sha256 = await copyDigested(source, target, size);
      await target.sync();
      return { sha256, byteSize: size };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function fileSize(source: FileHandle): Promise<{ readonly size: number }> {
  const stat = await source.stat();
  if (!stat.isFile()) throw new Refused('not_an_image', 'Not a regular file.');
  if (stat.size === 0) throw new Refused('empty_file', 'The file is empty.');
  if (stat.size > DEFAULT_IMAGE_LIMITS.maxBytes) {
    const limit = Math.floor(DEFAULT_IMAGE_LIMITS.maxBytes / 1024 / 1024);
    throw new Refused(
      'too_many_bytes',
      `The file has ${Math.ceil(stat.size / 1024 / 1024)} MB; the limit is ${limit} MB.`,
    );
  }
  return stat;
}

async function copyDigested(source: FileHandle, target: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(size, 1 << 20));
  let copied = 0;
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, copied);
    if (bytesRead === 0) break;
    copied += bytesRead;
    if (copied > size) throw new Refused('unreadable', 'The file grew while it was read.');
    hash.update(buffer.subarray(0, bytesRead));
    await target.write(buffer, 0, bytesRead);
  }
  return hash.digest('hex');
}

/** Files that are copied and read at once: libvips and the disk have work at the same time. */
const AT_ONCE = 8;

async function receive(
  files: readonly { readonly path: string; readonly draft: string }[],
): Promise<readonly ReceivedFile[]> {
  const received: ReceivedFile[] = [];
  for (let from = 0; from < files.length; from += AT_ONCE)
    received.push(...(await Promise.all(files.slice(from, from + AT_ONCE).map(receiveOne))));
  return received;
}

async function receiveOne(file: { readonly path: string; readonly draft: string }): Promise<ReceivedFile> {
  try {
    const taken = await take(file.path, file.draft);
    return { ok: true, ...taken, ...(await probeImage(file.draft)) };
  } catch (error) {
    return { ok: false, refusal: toRefusal(error) };
  }
}

/** A difference hash: whether each of 8 x 8 cells is brighter than its neighbour, from the image made small and grey. */
async function lookOf({ data, width, height }: RgbImage): Promise<string> {
  const cells = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: 9, height: 8, fit: 'fill' })
    .greyscale()
    .raw()
    .toBuffer();
  let bits = 0n;
  for (let at = 0; at < 64; at += 1) {
    const cell = Math.floor(at / 8) * 9 + (at % 8);
    bits = (bits << 1n) | ((cells[cell] ?? 0) > (cells[cell + 1] ?? 0) ? 1n : 0n);
  }
  return bits.toString(16).padStart(16, '0');
}

async function prepare(draft: string): Promise<ImageAnswers['prepare']> {
  const info = await probeImage(draft);
  // Decoded whole: the header of a cut-off file looks sound.
  const pixels = await decodeImage(draft);
  const raw = { width: pixels.width, height: pixels.height, channels: 3 as const };
  const thumbnail = `${draft}.thumbnail`;
  const small = await sharp(pixels.data, { raw })
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 82 })
    .toBuffer();
  await writeSynced(thumbnail, small);
  const { width, height } = pixels;
  const look = await lookOf(pixels);
  if (await isCanonical(draft, info.format)) {
    return { format: info.format, width, height, canonical: draft, extension: info.format, thumbnail, look };
  }
  const canonical = `${draft}.canonical`;
  await writeSynced(canonical, await encodePng(pixels));
  return { format: info.format, width, height, canonical, extension: 'png', thumbnail, look };
}

/**
 * Whether every program that opens the file shows the pixels that the model gets: upright, opaque, one frame,
 * 8 bits, in a format that browsers read. Otherwise a person would draw a box on another picture.
 */
async function isCanonical(path: string, format: string): Promise<boolean> {
  if (format !== 'png' && format !== 'jpeg' && format !== 'webp') return false;
  const meta = await sharp(path, { limitInputPixels: false }).metadata();
  return (
    (meta.orientation ?? 1) === 1 &&
    !meta.hasAlpha &&
    (meta.pages ?? 1) === 1 &&
    meta.depth === 'uchar' &&
    meta.space !== 'cmyk'
  );
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { flag: 'wx', mode: 0o600, flush: true });
}

async function renderView(request: Extract<ImageRequest, { op: 'view' }>): Promise<Uint8Array> {
  const image = await decodeImage(request.path);
  return await encodePng(resizeBicubic(cropRgb(image, request.box), request.width, request.height));
}
