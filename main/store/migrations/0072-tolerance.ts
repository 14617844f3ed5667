import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/** How far from the reference a number may be: decimal text, because JSON would round a REAL. Null: the default. */
export const tolerance: Migration = {
  version: 72,
  name: 'tolerance',
  run: (database) => {
    // What was done before has rows without the column, and undo compares whole rows.
    database.exec(`
      ALTER TABLE samples ADD COLUMN tolerance TEXT;
      UPDATE journal SET before = json_insert(before, '$.tolerance', NULL),
        after = json_insert(after, '$.tolerance', NULL) WHERE name = 'samples';
    `);
    journalTable(database, 'samples');
  },
};
