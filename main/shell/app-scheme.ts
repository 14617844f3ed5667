import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { protocol } from 'electron';
import type { AssetReply, AssetRequest } from '../../shared/contract/desktop.ts';
import { PAGE_HEADERS } from '../../shared/contract/page-policy.ts';

const SCHEME = 'app';
const HOST = 'studio';
export const APP_ORIGIN = `${SCHEME}://${HOST}`;

const PAGE_FOLDER = join(import.meta.dirname, '..', 'renderer');

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Before the app is ready. `stream` and the rest stay off: the page needs nothing but fetch. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/**
 * Serves the page's own files by a list made at start, so that no path of a request ever reaches the disk; all
 * else is asked of the host.
 */
export function handleAppScheme(askHost: (request: Omit<AssetRequest, 'id'>) => Promise<AssetReply>): void {
  const files = new Map(listFiles('').map((path) => [`/${path}`, join(PAGE_FOLDER, path)]));
  protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url);
    if (url.host !== HOST) return new Response(null, { status: 404 });
    const file = files.get(url.pathname === '/' ? '/index.html' : url.pathname);
    if (file !== undefined) return servePageFile(request.method, file);
    const reply = await askHost({
      method: request.method,
      path: url.pathname + url.search,
      contentType: request.headers.get('content-type'),
      body: request.body === null ? null : new Uint8Array(await request.arrayBuffer()),
    });
    const body = reply.body === null ? null : new Uint8Array(reply.body);
    return new Response(body, { status: reply.status, headers: { ...PAGE_HEADERS, ...reply.headers } });
  });
}

async function servePageFile(method: string, file: string): Promise<Response> {
  if (method !== 'GET') return new Response(null, { status: 405 });
  const type = CONTENT_TYPES[extname(file)] ?? 'application/octet-stream';
  return new Response(await readFile(file), { headers: { ...PAGE_HEADERS, 'content-type': type } });
}

/** Paths below the page's folder, with forward slashes. */
function listFiles(folder: string): readonly string[] {
  return readdirSync(join(PAGE_FOLDER, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}
