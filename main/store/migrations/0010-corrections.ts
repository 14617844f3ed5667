import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/**
 * Corrections and their operations are what people do, so both are journaled, and so are edits that lost a conflict:
 * they are set aside, never thrown away unasked. `correction_runs` is what the model sampled from an edited step on: a
 * fact, which no undo takes away; the operation `continued` says which of its steps are in the correction.
 *
 * AUTOINCREMENT, so that a correction that was undone and one that began meanwhile never have one number.
 */
const SCHEMA = `
CREATE TABLE corrections (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  reviewer_seq INTEGER NOT NULL REFERENCES reviewers (seq),
  created_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  sizing TEXT NOT NULL,
  operation_count INTEGER NOT NULL
) STRICT;
CREATE INDEX corrections_by_episode ON corrections (episode_seq, seq);

CREATE TABLE correction_operations (
  correction_seq INTEGER NOT NULL REFERENCES corrections (seq),
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (correction_seq, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE corrections_set_aside (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  correction_id TEXT NOT NULL,
  reviewer_seq INTEGER NOT NULL REFERENCES reviewers (seq),
  at INTEGER NOT NULL,
  -- The revision that the edits were made on.
  revision INTEGER NOT NULL,
  operations TEXT NOT NULL
) STRICT;
CREATE INDEX corrections_set_aside_by_correction ON corrections_set_aside (correction_id, seq);

CREATE TABLE correction_runs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  correction_id TEXT NOT NULL,
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  -- The whole run but its steps: an episode that began behind the steps that were there.
  body TEXT NOT NULL,
  -- Null while it runs.
  status TEXT
) STRICT;
CREATE INDEX correction_runs_by_correction ON correction_runs (correction_id, seq);

CREATE TABLE correction_run_steps (
  run_seq INTEGER NOT NULL REFERENCES correction_runs (seq),
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  tokens TEXT NOT NULL,
  PRIMARY KEY (run_seq, number)
) STRICT, WITHOUT ROWID;
`;

export const corrections: Migration = {
  version: 10,
  name: 'corrections',
  run: (database) => {
    database.exec(SCHEMA);
    for (const table of ['corrections', 'correction_operations', 'corrections_set_aside']) {
      journalTable(database, table);
    }
  },
};
