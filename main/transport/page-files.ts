import { readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { PAGE_HEADERS } from '../../shared/contract/page-policy.ts';
import type { AssetAnswer } from './assets.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The files of the built page, the only thing that anybody may read. */
export interface PageFiles {
  /** Null where no file of the page has this address. */
  answer(path: string): AssetAnswer | null;
  /** Every address, for the test that walks all routes. */
  readonly addresses: readonly string[];
}

/**
 * The addresses are listed once, from the folder: nothing that a request says is ever joined to a path, so no
 * request can leave the folder.
 */
export function readPageFiles(folder: string): PageFiles {
  const files = new Map(filesIn(folder).map((path) => [addressOf(folder, path), path]));
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return {
    addresses: [...files.keys()],
    answer: (address) => {
      const path = files.get(address);
      const type = path === undefined ? undefined : TYPES[extname(path)];
      if (path === undefined || type === undefined) return null;
      // Names of built files change with their content; the document's does not.
      const cache = address.startsWith('/static/') ? 'max-age=31536000, immutable' : 'no-store';
      return {
        status: 200,
        headers: { ...PAGE_HEADERS, 'content-type': type, 'cache-control': cache },
        body: { kind: 'file', path },
      };
    },
  };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function addressOf(folder: string, path: string): string {
  return `/${relative(folder, path).split(sep).join('/')}`;
}
