import type { Migration } from './migration.ts';

/**
 * Training runs. `runs.body` is what lists show; the other tables hold what was read out of a run's events.jsonl, so
 * they can be thrown away and read again: the file is the record, this is its index. `runs.file_*` say how far it was
 * read. Metrics are narrow (one value a row), so that a chart of one name over 10,000 steps reads only its own rows.
 */
const SCHEMA = `
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL,
  file_id TEXT,
  file_offset INTEGER NOT NULL DEFAULT 0 CHECK (file_offset >= 0),
  removed_at INTEGER
) STRICT;

CREATE TABLE run_metrics (
  run_seq INTEGER NOT NULL REFERENCES runs (seq),
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run_seq, name, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_rollouts (
  run_seq INTEGER NOT NULL REFERENCES runs (seq),
  step INTEGER NOT NULL,
  file TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (run_seq, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_log (
  seq INTEGER PRIMARY KEY,
  run_seq INTEGER NOT NULL REFERENCES runs (seq),
  time INTEGER NOT NULL,
  step INTEGER,
  kind TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
CREATE INDEX run_log_by_run ON run_log (run_seq, seq);

CREATE TABLE make_agent_jobs (
  run_seq INTEGER NOT NULL REFERENCES runs (seq),
  step INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run_seq, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE agent_lineage (
  agent_seq INTEGER PRIMARY KEY REFERENCES agents (seq),
  body TEXT NOT NULL
) STRICT;
`;

export const runs: Migration = {
  version: 50,
  name: 'runs',
  run: (database) => {
    database.exec(SCHEMA);
  },
};
