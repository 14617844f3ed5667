import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { StudioError } from '../../../../shared/contract/errors.ts';
import { resolveInside } from '../scan.ts';
import type { ResolvedImage } from '../scan.ts';
import type { TableSource } from './table-messages.ts';

/** Finds the images that rows name. */
export interface ImagePlaces {
  resolve(name: string): Promise<ResolvedImage>;
}

/**
 * Images lie beside the table, or in `imagesFolder`; nothing outside of it is read, by whatever name.
 * @throws StudioError path_unreadable
 */
export async function imagePlaces(source: TableSource, imagesFolder: string | null): Promise<ImagePlaces> {
  if (source.uploaded !== null) return amongUploads(source.uploaded);
  const root = await realpath(imagesFolder ?? (await folderOf(source.path))).catch(() => null);
  if (root === null) {
    throw new StudioError('path_unreadable', 'The folder of the images could not be read. Check its path.');
  }
  return { resolve: (name) => resolveInside(root, isAbsolute(name) ? name : join(root, name), name) };
}

async function folderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true ? path : dirname(path);
}

/** By the name that the row says, from the top of what was sent or from beside the table. */
function amongUploads(uploaded: Readonly<Record<string, string>>): ImagePlaces {
  const byName = new Map(Object.entries(uploaded));
  const tops = new Set([...byName.keys()].map((name) => name.split('/')[0] ?? ''));
  return {
    resolve: async (name) => {
      const plain = posix.normalize(name.replaceAll('\\', '/'));
      const names = [plain, ...[...tops].map((top) => posix.join(top, plain))];
      const path = names.flatMap((one) => byName.get(one) ?? [])[0];
      return path === undefined
        ? {
            ok: false,
            code: 'missing_image',
            message: 'The image was not among the files. Add its folder too.',
          }
        : { ok: true, file: { name, path } };
    },
  };
}
