import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/**
 * What people do, so that it can be undone: an action, and the rows that it changed as they were before and after.
 * Entries are written by triggers (journal-triggers.ts) while `journal_open` names an action.
 */
const SCHEMA = `
CREATE TABLE reviewers (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE actions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  reviewer_seq INTEGER NOT NULL REFERENCES reviewers (seq),
  at INTEGER NOT NULL,
  label TEXT NOT NULL,
  subject TEXT,
  reason TEXT,
  undone_at INTEGER,
  -- An undone action after which its reviewer did something else: it is history and can't be done again.
  superseded INTEGER NOT NULL DEFAULT 0 CHECK (superseded IN (0, 1))
) STRICT;
CREATE INDEX actions_to_undo ON actions (reviewer_seq, seq) WHERE undone_at IS NULL;
CREATE INDEX actions_to_redo ON actions (reviewer_seq, seq) WHERE undone_at IS NOT NULL AND superseded = 0;
CREATE INDEX actions_by_subject ON actions (subject, seq) WHERE subject IS NOT NULL;

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  action_seq INTEGER NOT NULL REFERENCES actions (seq),
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;
CREATE INDEX journal_by_action ON journal (action_seq, seq);

CREATE TABLE journal_open (only INTEGER PRIMARY KEY CHECK (only = 1), action_seq INTEGER) STRICT;
INSERT INTO journal_open VALUES (1, NULL);

-- A revision names one state of a row and is never given out again, also not after an undo: two equal revisions
-- mean the same content.
INSERT INTO counters SELECT 'revision', 'next', 1 + coalesce(max(revision), 1) FROM samples;

-- Undo brings rows back and takes added ones away; the counters follow both.
CREATE TRIGGER samples_restored AFTER UPDATE OF removed_at ON samples
  WHEN old.removed_at IS NOT NULL AND new.removed_at IS NULL BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'total' AND name = 'samples';
  INSERT INTO counters VALUES ('kind', new.kind, 1) ON CONFLICT DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER samples_deleted AFTER DELETE ON samples WHEN old.removed_at IS NULL BEGIN
  UPDATE counters SET value = value - 1 WHERE scope = 'total' AND name = 'samples';
  UPDATE counters SET value = value - 1 WHERE scope = 'kind' AND name = old.kind;
END;
`;

export const journal: Migration = {
  version: 2,
  name: 'journal',
  run: (database) => {
    database.exec(SCHEMA);
    for (const table of ['samples', 'sample_images', 'images']) journalTable(database, table);
  },
};
