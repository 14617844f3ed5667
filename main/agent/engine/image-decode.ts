import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import type { RgbImage } from './pillow-resize.ts';

/**
 * Reads image files into the RGB bytes that Pillow's `ImageOps.exif_transpose(image).convert('RGB')` gives:
 * orientation baked in, alpha dropped (not blended: the trainer does the same), palettes resolved, colour profiles
 * ignored, CMYK converted without a profile, the first frame of an animation. Where Pillow does something useless
 * (16-bit grey is cut off at 255) the high byte is taken instead. The content decides what a file is, never its
 * name. Only the loaders below are enabled in this process: SVG, PDF and the rest of libvips' are shut off.
 */

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

export const IMAGE_FAULTS = [
  'missing',
  'not_a_file',
  'empty',
  'file_too_large',
  'unknown_format',
  'too_many_pixels',
  'broken',
] as const;

export type ImageFault = (typeof IMAGE_FAULTS)[number];

/** The message is a sentence for people and never holds a path. */
export class ImageDecodeError extends Error {
  override readonly name = 'ImageDecodeError';
  readonly fault: ImageFault;

  constructor(fault: ImageFault, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.fault = fault;
  }
}

export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

export const DEFAULT_IMAGE_LIMITS: ImageLimits = { maxBytes: 256 * 1024 * 1024, maxPixels: 100_000_000 };

/** Width and height are those after the orientation is baked in. */
export interface ImageInfo {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
}

sharp.cache(false);
// One image is decoded by one thread in any case; more only wait for each other. Several images go side by side.
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadNsgif',
    'VipsForeignLoadTiff',
    'VipsForeignLoadHeif',
  ],
});

const DECODE_SECONDS = 60;

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** What a file is by its first bytes; null when it is none of the formats that are read. */
export function sniffImageFormat(bytes: Uint8Array): ImageFormat | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (ascii(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'webp';
  if (ascii(bytes, 0, 6) === 'GIF87a' || ascii(bytes, 0, 6) === 'GIF89a') return 'gif';
  const start = ascii(bytes, 0, 4);
  if (start === 'II*\0' || start === 'MM\0*' || start === 'II+\0' || start === 'MM\0+') return 'tiff';
  if (ascii(bytes, 4, 8) === 'ftyp' && ['avif', 'avis'].includes(ascii(bytes, 8, 12))) return 'avif';
  return null;
}

function unknownFormat(bytes: Uint8Array): ImageDecodeError {
  const isHeic = ascii(bytes, 4, 8) === 'ftyp' && /^(hei|hev|mif1|msf1)/.test(ascii(bytes, 8, 12));
  return new ImageDecodeError(
    'unknown_format',
    isHeic
      ? 'HEIC photographs are not read; export it as JPEG or PNG first'
      : 'not an image of a known format (JPEG, PNG, WebP, GIF, TIFF, AVIF)',
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MB`;
}

function openFile(path: string): number {
  try {
    // O_NONBLOCK: opening a named pipe must not hang.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new ImageDecodeError('missing', 'the file is missing or may not be read', { cause });
  }
}

/** At once: this runs in worker processes, and hops between threads cost more than reading a file of usual size. */
function readLimited(path: string, limits: ImageLimits): Uint8Array {
  const file = openFile(path);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new ImageDecodeError('not_a_file', 'not a regular file');
    if (stat.size === 0) throw new ImageDecodeError('empty', 'the file is empty');
    if (stat.size > limits.maxBytes) {
      const message = `the file has ${megabytes(stat.size)}; the limit is ${megabytes(limits.maxBytes)}`;
      throw new ImageDecodeError('file_too_large', message);
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function checkPixels(width: number, height: number, limits: ImageLimits): void {
  if (width * height <= limits.maxPixels) return;
  const message = `${width}x${height} pixels; the limit is ${Math.floor(limits.maxPixels / 1e6)} megapixels`;
  throw new ImageDecodeError('too_many_pixels', message);
}

/**
 * What a PNG says of itself at its start. Canonical images are PNGs, and asking libvips costs a hop to another thread
 * and back; whether the rest of the file holds what the start promises shows when it is decoded.
 */
function pngHeader(bytes: Uint8Array, limits: ImageLimits): (ImageInfo & { readonly space: string }) | null {
  if (sniffImageFormat(bytes) !== 'png' || ascii(bytes, 12, 16) !== 'IHDR' || bytes.length < 24) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  checkPixels(width, height, limits);
  return { format: 'png', width, height, space: 'srgb' };
}

async function probe(
  bytes: Uint8Array,
  limits: ImageLimits,
): Promise<ImageInfo & { readonly space: string }> {
  const format = sniffImageFormat(bytes);
  if (format === null) throw unknownFormat(bytes);
  const meta = await sharp(bytes, { limitInputPixels: false, failOn: 'error' })
    .metadata()
    .catch((cause: unknown) => {
      throw new ImageDecodeError('broken', `the ${format.toUpperCase()} file is broken`, { cause });
    });
  const { width, height } = meta.autoOrient;
  checkPixels(width, height, limits);
  return { format, width, height, space: meta.space };
}

/** Pillow's cmyk2rgb, which is what convert('RGB') runs. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const white = 255 - (cmyk[from + 3] as number);
    for (let channel = 0; channel < 3; channel += 1) {
      const product = (cmyk[from + channel] as number) * white + 128;
      rgb[to + channel] = Math.max(0, white - (((product >> 8) + product) >> 8));
    }
  }
  return rgb;
}

/** Format and size of a file, from its header only. Source: a path, or the bytes themselves. */
export async function probeImage(
  source: string | Uint8Array,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<ImageInfo> {
  const bytes = typeof source === 'string' ? readLimited(source, limits) : source;
  const { format, width, height } = await probe(bytes, limits);
  return { format, width, height };
}

/** @throws ImageDecodeError and nothing else. */
export async function decodeImage(
  source: string | Uint8Array,
  limits: ImageLimits = DEFAULT_IMAGE_LIMITS,
): Promise<RgbImage> {
  const bytes = typeof source === 'string' ? readLimited(source, limits) : source;
  const info = pngHeader(bytes, limits) ?? (await probe(bytes, limits));
  const isCmyk = info.space === 'cmyk';
  const pipeline = sharp(bytes, { limitInputPixels: limits.maxPixels, failOn: 'error', ignoreIcc: true })
    .timeout({ seconds: DECODE_SECONDS })
    .autoOrient();
  const inSpace = isCmyk
    ? pipeline.pipelineColourspace('cmyk').toColourspace('cmyk')
    : pipeline.toColourspace('srgb').removeAlpha();
  const decoded = await inSpace
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      const message = `the ${info.format.toUpperCase()} file is broken or cut off`;
      throw new ImageDecodeError('broken', message, { cause });
    });
  const { width, height, channels } = decoded.info;
  if (channels !== (isCmyk ? 4 : 3)) {
    throw new ImageDecodeError(
      'broken',
      `the ${info.format.toUpperCase()} file has ${channels} colour channels`,
    );
  }
  return { width, height, data: isCmyk ? cmykToRgb(decoded.data) : decoded.data };
}

/** An 8-bit RGB PNG of exactly these pixels. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  const raw = { width: image.width, height: image.height, channels: 3 as const };
  return await sharp(image.data, { raw }).png({ compressionLevel: 6 }).toBuffer();
}
