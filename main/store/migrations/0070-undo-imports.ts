import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/**
 * Imports become actions. An image stays in the table once its file is there, and an import shows it; so undo hides it
 * again, and where its file lies meanwhile is no matter of the journal. `import_actions` says which action a batch
 * came by: an image that turns out broken later is taken away by the same action, and a table that was cut off goes on
 * in it.
 */
const SCHEMA = `
CREATE TABLE import_actions (
  batch INTEGER PRIMARY KEY,
  action_seq INTEGER NOT NULL REFERENCES actions (seq)
) STRICT;

DROP TRIGGER images_added;
CREATE TRIGGER images_added AFTER INSERT ON images WHEN new.removed_at IS NULL BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'total' AND name = 'images';
END;

-- A sample that was undone and one that was made meanwhile never have one number, or the first could not come back.
INSERT INTO counters SELECT 'row', 'samples', ifnull(max(seq), 0) FROM samples;
CREATE TRIGGER samples_numbered AFTER INSERT ON samples BEGIN
  UPDATE counters SET value = max(value, new.seq) WHERE scope = 'row' AND name = 'samples';
END;

UPDATE journal SET
  before = json_remove(before, '$.file', '$.thumbnail', '$.width', '$.height'),
  after = json_remove(after, '$.file', '$.thumbnail', '$.width', '$.height')
  WHERE name = 'images';
`;

export const undoImports: Migration = {
  version: 70,
  name: 'undo-imports',
  run: (database) => {
    database.exec(SCHEMA);
    for (const table of ['agents', 'images', 'reviewers']) journalTable(database, table);
  },
};
