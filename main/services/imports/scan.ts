import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, sep } from 'node:path';
import type { Rejection, RejectionCode } from '../../../shared/model/import-job.ts';

/** A file to import. `name` is what a person is shown: relative to what was chosen, with forward slashes. */
export interface FoundFile {
  readonly name: string;
  readonly path: string;
}

/** A samples.jsonl, and how the image paths in its rows become files. */
export interface FoundSamples extends FoundFile {
  resolve(imagePath: string): Promise<ResolvedImage>;
}

export type ResolvedImage =
  | { readonly ok: true; readonly file: FoundFile }
  | { readonly ok: false; readonly code: RejectionCode; readonly message: string };

export interface ScanResult {
  readonly images: readonly FoundFile[];
  readonly samples: readonly FoundSamples[];
  readonly rejections: readonly Rejection[];
}

const IMAGE_ENDINGS = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.avif',
]);
const KNOWN_BUT_UNREAD = new Set([
  '.svg',
  '.heic',
  '.heif',
  '.bmp',
  '.ico',
  '.psd',
  '.jp2',
  '.jxl',
  '.raw',
  '.dng',
  '.cr2',
  '.nef',
  '.arw',
  '.exr',
  '.pdf',
]);
const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini']);
const SAMPLES_FILE = 'samples.jsonl';
/** Deeper than any folder that people make, and less than the deepest path of a system. */
const MAX_DEPTH = 64;

/** "page 2" before "page 10". Ties are broken by code points, so that the order never depends on the system. */
const natural = new Intl.Collator('en', { numeric: true });
export function naturalOrder(one: string, other: string): number {
  return natural.compare(one, other) || (one < other ? -1 : one > other ? 1 : 0);
}

export function isHidden(name: string): boolean {
  return name.startsWith('.') || SYSTEM_FILES.has(name.toLowerCase());
}

export type FileKind = 'image' | 'samples' | 'unread' | 'other';

/** By name only, to choose what is looked at; the content decides what it is. */
export function kindOfName(name: string): FileKind {
  const ending = extname(name).toLowerCase();
  if (IMAGE_ENDINGS.has(ending)) return 'image';
  if (ending === '.jsonl') return 'samples';
  return KNOWN_BUT_UNREAD.has(ending) ? 'unread' : 'other';
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way));
}

export function reject(name: string, code: RejectionCode, message: string): Rejection {
  return { name, code, message };
}

const UNSUPPORTED = 'This format is not read. Convert it to PNG, JPEG, WebP, GIF, TIFF or AVIF.';
const OUTSIDE = 'A link to something outside of the folder is not followed.';

interface Scan {
  readonly images: FoundFile[];
  readonly samples: FoundSamples[];
  readonly rejections: Rejection[];
  readonly signal: AbortSignal;
}

/**
 * What there is to import under `paths`, in natural order. Folders are read to their end; hidden files and links
 * that leave the folder are not. Never throws for what it finds: that is listed.
 */
export async function scanPaths(paths: readonly string[], signal: AbortSignal): Promise<ScanResult> {
  const scan: Scan = { images: [], samples: [], rejections: [], signal };
  for (const path of paths) {
    if (signal.aborted) break;
    try {
      const root = await realpath(path);
      const found = await stat(root);
      if (found.isDirectory()) await scanFolder(scan, root, root, basename(root), 0);
      else addChosenFile(scan, root, basename(path));
    } catch {
      const name = basename(path);
      scan.rejections.push(
        reject(name, 'unreadable', 'It could not be read. Check that it exists and that you may read it.'),
      );
    }
  }
  return scan;
}

function addChosenFile(scan: Scan, path: string, name: string): void {
  if (kindOfName(name) === 'samples') scan.samples.push(samplesOf(path, name, dirname(path)));
  else if (kindOfName(name) === 'unread')
    scan.rejections.push(reject(name, 'unsupported_format', UNSUPPORTED));
  else scan.images.push({ name, path });
}

async function scanFolder(
  scan: Scan,
  root: string,
  folder: string,
  name: string,
  depth: number,
): Promise<void> {
  if (depth > MAX_DEPTH) {
    scan.rejections.push(reject(name, 'unreadable', `Folders are read ${MAX_DEPTH} deep.`));
    return;
  }
  let entries: readonly string[];
  try {
    entries = (await readdir(folder)).filter((entry) => !isHidden(entry)).sort(naturalOrder);
  } catch {
    scan.rejections.push(
      reject(name, 'unreadable', 'The folder could not be read. Check that you may read it.'),
    );
    return;
  }
  for (const entry of entries) {
    if (scan.signal.aborted) return;
    await scanEntry(scan, root, join(folder, entry), `${name}/${entry}`, depth);
  }
}

async function scanEntry(scan: Scan, root: string, path: string, name: string, depth: number): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) await scanLink(scan, root, path, name);
    else if (found.isDirectory()) await scanFolder(scan, root, path, name, depth + 1);
    else if (found.isFile()) addFoundFile(scan, root, path, name);
  } catch {
    scan.rejections.push(reject(name, 'unreadable', 'It could not be read. Check that you may read it.'));
  }
}

/** A link to a folder inside is not followed either: what it shows is found at its own place, and only once. */
async function scanLink(scan: Scan, root: string, path: string, name: string): Promise<void> {
  const target = await realpath(path).catch(() => null);
  if (target === null) {
    scan.rejections.push(reject(name, 'unreadable', 'A link that leads nowhere.'));
  } else if (!isInside(root, target)) {
    scan.rejections.push(reject(name, 'outside_folder', OUTSIDE));
  } else if ((await stat(target)).isFile()) {
    addFoundFile(scan, root, target, name);
  }
}

function addFoundFile(scan: Scan, root: string, path: string, name: string): void {
  const kind = kindOfName(name);
  if (kind === 'image') scan.images.push({ name, path });
  else if (basename(name).toLowerCase() === SAMPLES_FILE) scan.samples.push(samplesOf(path, name, root));
  else if (kind === 'unread') scan.rejections.push(reject(name, 'unsupported_format', UNSUPPORTED));
}

/** Images of a samples file are named relative to it, and must lie inside the folder that was chosen. */
function samplesOf(path: string, name: string, root: string): FoundSamples {
  return {
    path,
    name,
    resolve: async (imagePath) =>
      isAbsolute(imagePath)
        ? {
            ok: false,
            code: 'outside_folder',
            message: 'An image path must be relative to the samples file.',
          }
        : await resolveInside(root, join(dirname(path), imagePath), imagePath),
  };
}

/** The file at `path`, links followed, where it lies inside `root` (a real path). `name` is what is shown. */
export async function resolveInside(root: string, path: string, name: string): Promise<ResolvedImage> {
  try {
    const target = await realpath(path);
    return isInside(root, target)
      ? { ok: true, file: { path: target, name } }
      : { ok: false, code: 'outside_folder', message: 'The image lies outside of the folder.' };
  } catch {
    return { ok: false, code: 'missing_image', message: 'The image is not there.' };
  }
}
