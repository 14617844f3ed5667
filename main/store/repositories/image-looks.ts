import type { ImageId } from '../../../shared/model/ids.ts';
import type { WorkspaceDatabase } from '../database.ts';
import type { ImageRow, StoredImage } from './images.ts';
import { toStoredImage } from './images.ts';

/** A look as four bands of 16 bits. */
export type Bands = readonly [number, number, number, number];

export interface ImageLookRepository {
  /** `look`: 64 bits as hex. */
  put(id: ImageId, look: string): void;
  /** Looks of the images that are there, with their rows. */
  all(): readonly { readonly seq: number; readonly bands: Bands }[];
  /** Images that nobody has looked at, the first ones. */
  missing(limit: number): readonly StoredImage[];
  imagesAt(seqs: readonly number[]): readonly StoredImage[];
  count(): { readonly known: number; readonly total: number };
}

function bandsOf(look: string): Bands {
  const band = (at: number): number => Number.parseInt(look.slice(at * 4, at * 4 + 4), 16);
  return [band(0), band(1), band(2), band(3)];
}

export function createImageLookRepository(database: WorkspaceDatabase): ImageLookRepository {
  const { raw } = database;
  const put = raw.prepare<[number, number, number, number, string]>(
    'INSERT OR REPLACE INTO image_looks SELECT seq, ?, ?, ?, ? FROM images WHERE id = ?',
  );
  const all = raw
    .prepare<[], [number, number, number, number, number]>(
      `SELECT image_seq, band0, band1, band2, band3 FROM image_looks JOIN images ON images.seq = image_seq
       WHERE removed_at IS NULL ORDER BY place`,
    )
    .raw();
  const missing = raw.prepare<[number], ImageRow>(`
    SELECT images.* FROM images LEFT JOIN image_looks ON image_seq = images.seq
    WHERE image_seq IS NULL AND removed_at IS NULL AND file NOT LIKE 'incoming/%' ORDER BY images.seq LIMIT ?`);
  const at = raw.prepare<[string], ImageRow>(
    'SELECT images.* FROM json_each(?) JOIN images ON images.seq = value ORDER BY json_each.key',
  );
  const counts = raw.prepare<[], { known: number; total: number }>(`
    SELECT count(image_seq) AS known, count(*) AS total FROM images LEFT JOIN image_looks ON image_seq = images.seq
    WHERE removed_at IS NULL`);
  return {
    put: (id, look) =>
      database.write(() => {
        put.run(...bandsOf(look), id);
      }),
    all: () => database.read(() => all.all().map(([seq, ...bands]) => ({ seq, bands }))),
    missing: (limit) => database.read(() => missing.all(limit).map(toStoredImage)),
    imagesAt: (seqs) => database.read(() => at.all(JSON.stringify(seqs)).map(toStoredImage)),
    count: () => database.read(() => counts.get() ?? { known: 0, total: 0 }),
  };
}
