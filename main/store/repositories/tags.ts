import type { WorkspaceDatabase } from '../database.ts';

export interface TagRepository {
  /** In order of the alphabet. */
  of(sample: number): readonly string[];
  /** Makes these the tags of a sample; rows that hold already stay as they are. Inside `write`. */
  put(sample: number | bigint, names: readonly string[]): void;
  /** The row of a tag, made where it is new. Inside `write`. */
  rowOf(name: string): number;
  /** Tags of samples that are there, with how many. */
  list(): readonly { readonly tag: string; readonly count: number }[];
}

export function createTagRepository(database: WorkspaceDatabase): TagRepository {
  const { raw } = database;
  const ofSample = raw
    .prepare<[number | bigint], string>(
      'SELECT name FROM sample_tags JOIN tags ON tags.seq = tag_seq WHERE sample_seq = ? ORDER BY name',
    )
    .pluck();
  const find = raw.prepare<[string], number>('SELECT seq FROM tags WHERE name = ?').pluck();
  const add = raw.prepare<[string]>('INSERT INTO tags (name) VALUES (?)');
  const link = raw.prepare<[number | bigint, number]>('INSERT OR IGNORE INTO sample_tags VALUES (?, ?)');
  const unlink = raw.prepare<[number | bigint, number]>(
    'DELETE FROM sample_tags WHERE sample_seq = ? AND tag_seq = ?',
  );
  const counted = raw.prepare<[], { tag: string; count: number }>(`
    SELECT name AS tag, count(*) AS count FROM sample_tags
    JOIN sample_facts USING (sample_seq) JOIN tags ON tags.seq = tag_seq
    WHERE removed = 0 GROUP BY tag_seq ORDER BY name`);

  const rowOf = (name: string): number => find.get(name) ?? Number(add.run(name).lastInsertRowid);

  return {
    of: (sample) => ofSample.all(sample),
    put: (sample, names) => {
      const wanted = new Set(names);
      const there = ofSample.all(sample);
      for (const name of there) if (!wanted.has(name)) unlink.run(sample, rowOf(name));
      const known = new Set(there);
      for (const name of wanted) if (!known.has(name)) link.run(sample, rowOf(name));
    },
    rowOf,
    list: () => database.read(() => counted.all()),
  };
}
