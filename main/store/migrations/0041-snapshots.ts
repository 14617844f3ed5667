import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/**
 * Snapshots hold rows of their own. A row's content is kept once, by its digest, however many snapshots have it, so a
 * snapshot of 100,000 samples costs little where little changed. Nothing of a snapshot can be changed once it has its
 * hash: the triggers refuse it. `made_at` is set by an action of the journal, so that making one can be undone.
 */
const SCHEMA = `
CREATE TABLE snapshots (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  note TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  reviewer_seq INTEGER REFERENCES reviewers (seq),
  filter TEXT NOT NULL,
  -- Null while its rows are being written.
  hash TEXT,
  counts TEXT,
  -- Null while it is not there for people: not ready, removed, or undone.
  made_at INTEGER,
  CHECK (made_at IS NULL OR (hash IS NOT NULL AND counts IS NOT NULL))
) STRICT;

CREATE TABLE snapshot_bodies (
  seq INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
) STRICT;

-- kind: 0 sample, 1 demonstration, 2 image. key: the sample's id, the source of the demonstration, the digest.
CREATE TABLE snapshot_members (
  snapshot_seq INTEGER NOT NULL,
  kind INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),
  number INTEGER NOT NULL,
  key TEXT NOT NULL,
  body_seq INTEGER NOT NULL REFERENCES snapshot_bodies (seq),
  -- Ids that are no part of the content.
  ids TEXT,
  PRIMARY KEY (snapshot_seq, kind, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX snapshot_members_by_key ON snapshot_members (snapshot_seq, kind, key);

CREATE TRIGGER snapshots_fixed BEFORE UPDATE ON snapshots
  WHEN old.hash IS NOT NULL AND (new.id, new.name, new.note, new.created_at, new.filter, new.hash, new.counts)
    IS NOT (old.id, old.name, old.note, old.created_at, old.filter, old.hash, old.counts) BEGIN
  SELECT RAISE(ABORT, 'a snapshot never changes');
END;
CREATE TRIGGER snapshot_bodies_fixed BEFORE UPDATE ON snapshot_bodies BEGIN
  SELECT RAISE(ABORT, 'a snapshot never changes');
END;
CREATE TRIGGER snapshot_bodies_kept BEFORE DELETE ON snapshot_bodies BEGIN
  SELECT RAISE(ABORT, 'a snapshot never changes');
END;
CREATE TRIGGER snapshot_members_fixed BEFORE UPDATE ON snapshot_members BEGIN
  SELECT RAISE(ABORT, 'a snapshot never changes');
END;
CREATE TRIGGER snapshot_members_kept BEFORE DELETE ON snapshot_members
  WHEN (SELECT hash FROM snapshots WHERE seq = old.snapshot_seq) IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'a snapshot never changes');
END;
CREATE TRIGGER snapshot_members_closed BEFORE INSERT ON snapshot_members
  WHEN (SELECT hash FROM snapshots WHERE seq = new.snapshot_seq) IS NOT NULL BEGIN
  SELECT RAISE(ABORT, 'a snapshot never changes');
END;
`;

export const snapshots: Migration = {
  version: 41,
  name: 'snapshots',
  run: (database) => {
    database.exec(SCHEMA);
    journalTable(database, 'snapshots');
  },
};
