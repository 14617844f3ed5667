import { extname } from 'node:path';
import { ASSET_PATH, UPLOAD_PATH } from '../../shared/contract/assets.ts';
import type { ImageRegion } from '../../shared/contract/assets.ts';
import type { ErrorCode } from '../../shared/contract/errors.ts';
import { isStudioError } from '../../shared/contract/errors.ts';
import { episodeId, importId } from '../../shared/model/ids.ts';
import type { EpisodeId, ImportId } from '../../shared/model/ids.ts';
import type { Log } from '../log.ts';

/** What the bytes of images and uploads need of the host. */
export interface AssetSource {
  /** Absolute path of what an opaque asset id stands for. */
  findAsset(assetId: string): string | null;
  /** PNG of a view as the model saw it. @throws StudioError not_found */
  renderView(episode: EpisodeId, view: number): Promise<Uint8Array>;
  /** PNG of a part of an episode's image. @throws StudioError not_found, bad_input */
  renderRegion(episode: EpisodeId, region: ImageRegion): Promise<Uint8Array>;
  /** @throws StudioError */
  receiveUpload(id: ImportId, name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface AssetQuery {
  readonly method: string;
  /** Path and query, as the request line has them. */
  readonly path: string;
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
}

export type AssetBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string };

export interface AssetAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AssetBody;
}

export type AnswerAsset = (query: AssetQuery) => Promise<AssetAnswer>;

/** On every answer with bytes that came from outside: never run, never framed, never kept, never guessed about. */
const ASSET_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const UPLOAD_TYPE = 'application/octet-stream';

const TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
};

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  bad_input: 400,
  not_found: 404,
  conflict: 409,
  image_broken: 422,
  image_too_large: 413,
  cancelled: 503,
  disk_full: 507,
};

/** Answers what is not a procedure: the bytes of images, and files that are sent. Both shells use it. */
export function createAssets(source: AssetSource, log: Log): AnswerAsset {
  return async (query) => {
    try {
      const url = new URL(query.path, 'http://host');
      if (url.pathname.startsWith(UPLOAD_PATH)) return await upload(source, query, url);
      if (query.method !== 'GET') return refusal(405, 'not_supported', 'Only GET here.');
      return await asset(source, url.pathname.slice(ASSET_PATH.length));
    } catch (error) {
      if (!isStudioError(error)) {
        log.error(`${query.method} ${query.path} failed`, error);
        return refusal(500, 'internal', 'Something went wrong inside the app. Its log has the details.');
      }
      return refusal(STATUS[error.code] ?? 500, error.code, error.message);
    }
  };
}

/** Whether a path is one that `createAssets` answers. */
export function isAssetPath(path: string): boolean {
  return path.startsWith(ASSET_PATH) || path.startsWith(UPLOAD_PATH);
}

async function asset(source: AssetSource, name: string): Promise<AssetAnswer> {
  const view = /^view\/(eps_[a-z0-9]{16,32})\/([1-9]\d{0,5})$/.exec(name);
  if (view !== null) return png(await source.renderView(episodeId.parse(view[1]), Number(view[2])));
  const region = REGION.exec(name);
  if (region !== null) {
    const [rootImage = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0, width = 0, height = 0] = region
      .slice(2)
      .map(Number);
    const wanted: ImageRegion = { rootImage, rootBox: [x1, y1, x2, y2], width, height };
    return png(await source.renderRegion(episodeId.parse(region[1]), wanted));
  }
  const path = /^ast_[a-z0-9]{32}$/.test(name) ? source.findAsset(name) : null;
  const type = path === null ? undefined : TYPES[extname(path)];
  if (path === null || type === undefined) return refusal(404, 'not_found', 'There is no such image.');
  return { status: 200, headers: { ...ASSET_HEADERS, 'content-type': type }, body: { kind: 'file', path } };
}

const REGION =
  /^region\/(eps_[a-z0-9]{16,32})\/(\d{1,4})\/(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})\/([1-9]\d{0,4})x([1-9]\d{0,4})$/;

function png(bytes: Uint8Array): AssetAnswer {
  return {
    status: 200,
    headers: { ...ASSET_HEADERS, 'content-type': 'image/png' },
    body: { kind: 'bytes', bytes },
  };
}

async function upload(source: AssetSource, query: AssetQuery, url: URL): Promise<AssetAnswer> {
  if (query.method !== 'POST') return refusal(405, 'not_supported', 'Only POST here.');
  if (query.contentType !== UPLOAD_TYPE) {
    return refusal(415, 'not_supported', `A file is sent as ${UPLOAD_TYPE}.`);
  }
  const id = importId.safeParse(url.pathname.slice(UPLOAD_PATH.length));
  const name = url.searchParams.get('name');
  if (!id.success || name === null) return refusal(404, 'not_found', 'There is no such import.');
  await source.receiveUpload(id.data, name, query.body);
  return { status: 204, headers: ASSET_HEADERS, body: { kind: 'none' } };
}

/** An answer that says why not, as the contract's errors do. */
export function refusal(status: number, code: ErrorCode, message: string): AssetAnswer {
  const bytes = Buffer.from(JSON.stringify({ code, message }));
  return {
    status,
    headers: { ...ASSET_HEADERS, 'content-type': 'application/json' },
    body: { kind: 'bytes', bytes },
  };
}
