import type { Migration } from './migration.ts';

/**
 * Lists are ordered by `place`: the newest batch first, and inside a batch the order of the file or folder.
 * Rows are never deleted, only marked as removed, because episodes go on to refer to them.
 * Counters are kept by triggers so that a page of a long list does not count it.
 */
const SCHEMA = `
CREATE TABLE counters (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('total', 'images', 0), ('total', 'samples', 0), ('total', 'episodes', 0), ('batch', 'next', 1);

CREATE TABLE images (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  place INTEGER NOT NULL UNIQUE,
  sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  byte_size INTEGER NOT NULL CHECK (byte_size >= 0),
  imported_at INTEGER NOT NULL,
  file TEXT NOT NULL,
  thumbnail TEXT NOT NULL,
  asset_full TEXT NOT NULL UNIQUE,
  asset_thumbnail TEXT NOT NULL UNIQUE,
  removed_at INTEGER
) STRICT;
CREATE INDEX images_by_place ON images (place) WHERE removed_at IS NULL;

CREATE TABLE samples (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  place INTEGER NOT NULL UNIQUE,
  question TEXT NOT NULL,
  choices TEXT,
  answers TEXT NOT NULL,
  answer_kind TEXT NOT NULL,
  kind TEXT NOT NULL,
  tags TEXT NOT NULL,
  split TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  fingerprint TEXT,
  removed_at INTEGER
) STRICT;
CREATE INDEX samples_by_place ON samples (place) WHERE removed_at IS NULL;
CREATE INDEX samples_by_kind ON samples (kind, place) WHERE removed_at IS NULL;
CREATE INDEX samples_by_split ON samples (split, place) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX samples_by_fingerprint ON samples (fingerprint) WHERE fingerprint IS NOT NULL AND removed_at IS NULL;

CREATE TABLE sample_images (
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  position INTEGER NOT NULL,
  image_seq INTEGER NOT NULL REFERENCES images (seq),
  PRIMARY KEY (sample_seq, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_images_by_image ON sample_images (image_seq);

CREATE TABLE agents (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  source TEXT NOT NULL,
  is_demo INTEGER NOT NULL CHECK (is_demo IN (0, 1)),
  sizing TEXT NOT NULL,
  limits TEXT NOT NULL,
  sampling TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT;

CREATE TABLE episodes (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  agent_seq INTEGER NOT NULL REFERENCES agents (seq),
  started_at INTEGER NOT NULL,
  with_tools INTEGER NOT NULL CHECK (with_tools IN (0, 1)),
  sampling TEXT NOT NULL,
  limits TEXT NOT NULL,
  seed INTEGER NOT NULL,
  -- Null while it runs.
  status TEXT,
  ended_at INTEGER,
  answer TEXT,
  verdict TEXT NOT NULL,
  reward TEXT,
  flags TEXT NOT NULL,
  error TEXT,
  step_count INTEGER NOT NULL,
  call_count INTEGER NOT NULL,
  CHECK ((status IS NULL) = (ended_at IS NULL))
) STRICT;
CREATE INDEX episodes_by_sample ON episodes (sample_seq, seq);
CREATE INDEX episodes_running ON episodes (seq) WHERE status IS NULL;

-- What the episode is about, as it was when it began: the sample may be edited later.
CREATE TABLE episode_images (
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  position INTEGER NOT NULL,
  image_seq INTEGER NOT NULL REFERENCES images (seq),
  PRIMARY KEY (episode_seq, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE episode_views (
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (episode_seq, number)
) STRICT, WITHOUT ROWID;

-- The tokens of a step stand in a column of their own, a list per field, because they are most of its bytes.
CREATE TABLE steps (
  seq INTEGER PRIMARY KEY,
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  tokens TEXT NOT NULL,
  UNIQUE (episode_seq, number)
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER images_added AFTER INSERT ON images BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'total' AND name = 'images';
END;
CREATE TRIGGER images_removed AFTER UPDATE OF removed_at ON images
  WHEN (old.removed_at IS NULL) <> (new.removed_at IS NULL) BEGIN
  UPDATE counters SET value = value + iif(new.removed_at IS NULL, 1, -1) WHERE scope = 'total' AND name = 'images';
END;

CREATE TRIGGER samples_added AFTER INSERT ON samples BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'total' AND name = 'samples';
  INSERT INTO counters VALUES ('kind', new.kind, 1) ON CONFLICT DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER samples_removed AFTER UPDATE OF removed_at ON samples
  WHEN old.removed_at IS NULL AND new.removed_at IS NOT NULL BEGIN
  UPDATE counters SET value = value - 1 WHERE scope = 'total' AND name = 'samples';
  UPDATE counters SET value = value - 1 WHERE scope = 'kind' AND name = old.kind;
END;
CREATE TRIGGER samples_kind_changed AFTER UPDATE OF kind ON samples
  WHEN old.kind <> new.kind AND new.removed_at IS NULL BEGIN
  UPDATE counters SET value = value - 1 WHERE scope = 'kind' AND name = old.kind;
  INSERT INTO counters VALUES ('kind', new.kind, 1) ON CONFLICT DO UPDATE SET value = value + 1;
END;

CREATE TRIGGER episodes_added AFTER INSERT ON episodes BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'total' AND name = 'episodes';
END;
`;

export const initial: Migration = {
  version: 1,
  name: 'initial',
  run: (database) => {
    database.exec(SCHEMA);
  },
};
