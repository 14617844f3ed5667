import { StudioError } from '../../../shared/contract/errors.ts';
import type { ImageId } from '../../../shared/model/ids.ts';
import type { ImageFormat, ImageRecord } from '../../../shared/model/image.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { newId } from '../new-id.ts';
import type { Page } from './page.ts';
import { containing, placeAfter, toPage } from './page.ts';

/** An image as the host knows it: with where its files are, relative to the workspace folder. */
export interface StoredImage extends ImageRecord {
  /** The canonical pixels: orientation baked in, no alpha, one frame. */
  readonly file: string;
  readonly thumbnail: string;
}

export interface NewImage {
  readonly place: number;
  readonly sha256: string;
  readonly name: string;
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
  readonly importedAt: number;
  readonly file: string;
  readonly thumbnail: string;
}

export interface ImageRepository {
  add(image: NewImage): StoredImage;
  get(id: ImageId): StoredImage | null;
  /** Path of the canonical pixels, relative to the workspace folder, removed or not; null when it is not known. */
  fileOf(id: string): string | null;
  findBySha256(sha256: string): { readonly image: StoredImage; readonly removed: boolean } | null;
  /** The path, relative to the workspace folder, of what an opaque asset id stands for. */
  findAsset(assetId: string): string | null;
  list(query: {
    readonly cursor?: string | null | undefined;
    readonly limit: number;
    readonly search?: string | undefined;
  }): Page<StoredImage> & { readonly total: number };
  /** @throws StudioError conflict where a sample uses one of them; then none is removed. */
  remove(ids: readonly ImageId[], at: number): void;
  /** Those whose header was read and whose pixels were not, oldest first. */
  incoming(): readonly StoredImage[];
  /** The pixels were looked at: where the files are kept, and what the size really is. */
  settle(id: ImageId, kept: Pick<StoredImage, 'file' | 'thumbnail' | 'width' | 'height'>): void;
  /** The pixels can't be read. Gone, unless a sample uses it. */
  drop(id: ImageId, at: number): void;
  /** Takes back a removal: the same file was imported again. */
  restore(id: ImageId, place: number): void;
}

export interface ImageRow {
  readonly seq: number;
  readonly id: ImageId;
  readonly place: number;
  readonly sha256: string;
  readonly name: string;
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  readonly byte_size: number;
  readonly imported_at: number;
  readonly file: string;
  readonly thumbnail: string;
  readonly asset_full: string;
  readonly asset_thumbnail: string;
  readonly removed_at: number | null;
}

export function toStoredImage(row: ImageRow): StoredImage {
  return {
    id: row.id,
    sha256: row.sha256,
    name: row.name,
    format: row.format,
    width: row.width,
    height: row.height,
    byteSize: row.byte_size,
    importedAt: row.imported_at,
    assets: { full: row.asset_full, thumbnail: row.asset_thumbnail },
    file: row.file,
    thumbnail: row.thumbnail,
  };
}

/** What may leave the host: no path. */
export function toImageRecord(image: StoredImage): ImageRecord {
  const { id, sha256, name, format, width, height, byteSize, importedAt, assets } = image;
  return { id, sha256, name, format, width, height, byteSize, importedAt, assets };
}

export function createImageRepository(database: WorkspaceDatabase): ImageRepository {
  const { raw } = database;
  const insert = raw.prepare(`
    INSERT INTO images (id, place, sha256, name, format, width, height, byte_size, imported_at, file, thumbnail,
      asset_full, asset_thumbnail, removed_at)
    VALUES (@id, @place, @sha256, @name, @format, @width, @height, @byteSize, @importedAt, @file, @thumbnail,
      @assetFull, @assetThumbnail, @importedAt)`);
  const byId = raw.prepare<[string], ImageRow>('SELECT * FROM images WHERE id = ?');
  const fileOf = raw.prepare<[string], { file: string }>('SELECT file FROM images WHERE id = ?');
  const bySha = raw.prepare<[string], ImageRow>('SELECT * FROM images WHERE sha256 = ?');
  const byAsset = raw.prepare<[string, string], ImageRow>(
    'SELECT * FROM images WHERE asset_full = ? OR asset_thumbnail = ?',
  );
  const page = raw.prepare<[number, number], ImageRow>(
    'SELECT * FROM images WHERE removed_at IS NULL AND place > ? ORDER BY place LIMIT ?',
  );
  const searchPage = raw.prepare<[number, string, number], ImageRow>(
    "SELECT * FROM images WHERE removed_at IS NULL AND place > ? AND name LIKE ? ESCAPE '\\' ORDER BY place LIMIT ?",
  );
  const searchCount = raw.prepare<[string], { n: number }>(
    "SELECT count(*) AS n FROM images WHERE removed_at IS NULL AND name LIKE ? ESCAPE '\\'",
  );
  const total = raw.prepare<[], { value: number }>(
    "SELECT value FROM counters WHERE scope = 'total' AND name = 'images'",
  );
  const user = raw.prepare<[number], { n: number }>(`
    SELECT count(*) AS n FROM sample_images JOIN samples ON samples.seq = sample_images.sample_seq
    WHERE image_seq = ? AND samples.removed_at IS NULL`);
  const mark = raw.prepare<[number, string]>(
    'UPDATE images SET removed_at = ? WHERE id = ? AND removed_at IS NULL',
  );
  const unmark = raw.prepare<[number, string]>('UPDATE images SET removed_at = NULL, place = ? WHERE id = ?');

  const incoming = raw.prepare<[], ImageRow>(
    "SELECT * FROM images WHERE file LIKE 'incoming/%' AND removed_at IS NULL ORDER BY seq",
  );
  const settle = raw.prepare<[string, string, number, number, string]>(
    'UPDATE images SET file = ?, thumbnail = ?, width = ?, height = ? WHERE id = ?',
  );

  const get = (id: ImageId): StoredImage | null => {
    const row = byId.get(id);
    return row ? toStoredImage(row) : null;
  };

  return {
    add: (image) =>
      database.write(() => {
        const id = newId.image();
        insert.run({ ...image, id, assetFull: newId.asset(), assetThumbnail: newId.asset() });
        // The row is a fact and stays; that it is shown is what an action can undo.
        unmark.run(image.place, id);
        const added = get(id);
        if (added === null) throw new Error('the row that was just inserted is not there');
        return added;
      }),
    get: (id) => database.read(() => get(id)),
    fileOf: (id) => database.read(() => fileOf.get(id)?.file ?? null),
    findBySha256: (sha256) =>
      database.read(() => {
        const row = bySha.get(sha256);
        return row ? { image: toStoredImage(row), removed: row.removed_at !== null } : null;
      }),
    findAsset: (assetId) =>
      database.read(() => {
        const row = byAsset.get(assetId, assetId);
        if (!row) return null;
        return row.asset_full === assetId ? row.file : row.thumbnail;
      }),
    list: ({ cursor, limit, search }) =>
      database.read(() => {
        const after = placeAfter(cursor);
        if (search === undefined || search === '') {
          return {
            ...toPage(page.all(after, limit + 1), limit, toStoredImage),
            total: total.get()?.value ?? 0,
          };
        }
        const pattern = containing(search);
        const rows = searchPage.all(after, pattern, limit + 1);
        return { ...toPage(rows, limit, toStoredImage), total: searchCount.get(pattern)?.n ?? 0 };
      }),
    remove: (ids, at) =>
      database.write(() => {
        for (const id of ids) {
          const row = byId.get(id);
          if (!row || row.removed_at !== null) continue;
          if ((user.get(row.seq)?.n ?? 0) > 0) {
            throw new StudioError('conflict', `${row.name} is used by a sample. Remove that sample first.`);
          }
          mark.run(at, id);
        }
      }),
    incoming: () => database.read(() => incoming.all().map(toStoredImage)),
    settle: (id, { file, thumbnail, width, height }) =>
      database.write(() => {
        settle.run(file, thumbnail, width, height, id);
      }),
    drop: (id, at) =>
      database.write(() => {
        const row = byId.get(id);
        if (row && (user.get(row.seq)?.n ?? 0) === 0) mark.run(at, id);
      }),
    restore: (id, place) =>
      database.write(() => {
        unmark.run(place, id);
      }),
  };
}
