import type { Migration } from './migration.ts';

/**
 * What images look like, for finding near-duplicates: 64 bits in four bands of 16. Two looks that differ in at most
 * three bits have a band in common, which the indices find. Derived from the files and never journaled.
 */
const SCHEMA = `
CREATE TABLE image_looks (
  image_seq INTEGER PRIMARY KEY REFERENCES images (seq),
  band0 INTEGER NOT NULL,
  band1 INTEGER NOT NULL,
  band2 INTEGER NOT NULL,
  band3 INTEGER NOT NULL
) STRICT;

-- Images whose header was read and whose pixels were not yet: they stand in incoming/.
CREATE INDEX images_incoming ON images (seq) WHERE file LIKE 'incoming/%';
`;

export const imageLooks: Migration = {
  version: 42,
  name: 'image looks',
  run: (database) => {
    database.exec(SCHEMA);
  },
};
