import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import { toStoreError } from '../../store/store-error.ts';
import { isHidden, kindOfName, naturalOrder, reject } from './scan.ts';
import type { FoundFile, FoundSamples, ScanResult } from './scan.ts';

/** Most bytes of one uploaded file. */
const MAX_FILE_BYTES = 1 << 30;
const MAX_FILES = 100_000;
const MAX_NAME = 4096;

/** Files that a page sends one by one, kept in a temporary folder under names of ours. */
export interface UploadSession {
  /** @throws StudioError bad_input, image_too_large, disk_full */
  receive(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** What was received, as if it had been found on the disk. */
  found(): ScanResult;
  files(): readonly FoundFile[];
  dispose(): Promise<void>;
}

export function createUploadSession(parent: string): UploadSession {
  const folder = join(parent, randomUUID());
  const received: FoundFile[] = [];
  let opened = 0;
  return {
    receive: async (name, bytes) => {
      opened += 1;
      if (opened > MAX_FILES)
        throw new StudioError('bad_input', `More than ${MAX_FILES} files in one import.`);
      const clean = cleanName(name);
      const path = join(folder, randomUUID());
      try {
        await mkdir(folder, { recursive: true });
        await save(path, bytes);
      } catch (error) {
        await rm(path, { force: true });
        throw toStoreError(error);
      }
      received.push({ name: clean, path });
    },
    found: () => sortOut(received),
    files: () => received,
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The name is data: it is shown, and rows of a samples file refer to it. No file is ever made under it. */
function cleanName(name: string): string {
  if (name === '' || name.length > MAX_NAME) {
    throw new StudioError('bad_input', 'A file name is missing or longer than 4096 characters.');
  }
  const normal = posix.normalize(name.replaceAll('\\', '/')).replace(/^(\.\.\/|\/)+/, '');
  return normal === '' || normal === '.' || normal === '..' ? 'file' : normal;
}

async function save(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > MAX_FILE_BYTES) throw new StudioError('image_too_large', 'A file may have at most 1 GB.');
      await file.write(chunk);
    }
  } finally {
    await file.close();
  }
}

function sortOut(received: readonly FoundFile[]): ScanResult {
  const files = received
    .filter(({ name }) => !name.split('/').some(isHidden))
    .sort((one, other) => naturalOrder(one.name, other.name));
  const byName = new Map(files.map((file) => [file.name, file]));
  const ofKind = (kind: ReturnType<typeof kindOfName>) =>
    files.filter(({ name }) => kindOfName(name) === kind);
  const alone = files.length === 1;
  return {
    images: [...ofKind('image'), ...(alone ? ofKind('other') : [])],
    samples: ofKind('samples').map((file) => samplesOf(file, byName)),
    rejections: ofKind('unread').map(({ name }) =>
      reject(
        name,
        'unsupported_format',
        'This format is not read. Convert it to PNG, JPEG, WebP, GIF, TIFF or AVIF.',
      ),
    ),
  };
}

function samplesOf(file: FoundFile, byName: ReadonlyMap<string, FoundFile>): FoundSamples {
  return {
    ...file,
    resolve: async (imagePath) => {
      const name = posix.join(posix.dirname(file.name), imagePath.replaceAll('\\', '/'));
      const image = byName.get(name);
      return image === undefined
        ? {
            ok: false,
            code: 'missing_image',
            message: 'The image was not among the files. Add its folder too.',
          }
        : { ok: true, file: image };
    },
  };
}
