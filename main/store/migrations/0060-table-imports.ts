import type { Migration } from './migration.ts';

/** Imports of tables, with how far each got: one that was cut off goes on at its next row. */
const SCHEMA = `
CREATE TABLE table_imports (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  images_folder TEXT,
  mapping TEXT NOT NULL,
  batch INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  -- Rows that were dealt with, written with the sample of the last of them.
  done INTEGER NOT NULL,
  total INTEGER,
  imported_samples INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  rejected INTEGER NOT NULL
) STRICT;
`;

export const tableImports: Migration = {
  version: 60,
  name: 'table imports',
  run: (database) => {
    database.exec(SCHEMA);
  },
};
