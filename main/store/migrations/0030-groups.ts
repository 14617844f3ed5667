import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/**
 * Rollouts in the background: the jobs, what each has played, and the groups that come of it.
 *
 * A job finds its samples while it goes along and keeps only where it stands (`cursor`), so that one over 100,000
 * samples is one row. `rollouts` says which episode is which rollout; a group is the rollouts of one job and sample.
 * The statistics of a group are written when one of its episodes ends, so that lists can order by them.
 */
const SCHEMA = `
CREATE TABLE rollout_jobs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  evaluation_id TEXT UNIQUE,
  agent_seq INTEGER NOT NULL REFERENCES agents (seq),
  scope TEXT NOT NULL,
  plan TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'finished', 'cancelled')),
  reason TEXT,
  -- Samples up to here are done: a place for a filter, a position for chosen ones.
  cursor INTEGER,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  spent_ms INTEGER NOT NULL DEFAULT 0,
  -- What is left of the cap on time; null without one.
  cap_left_ms INTEGER,
  sample_total INTEGER NOT NULL,
  samples_done INTEGER NOT NULL DEFAULT 0,
  episodes_done INTEGER NOT NULL DEFAULT 0,
  episodes_failed INTEGER NOT NULL DEFAULT 0,
  episodes_right INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX rollout_jobs_active ON rollout_jobs (seq) WHERE state = 'active';

-- The samples of a job that names them.
CREATE TABLE rollout_job_samples (
  job_seq INTEGER NOT NULL REFERENCES rollout_jobs (seq),
  position INTEGER NOT NULL,
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  PRIMARY KEY (job_seq, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollouts (
  job_seq INTEGER NOT NULL REFERENCES rollout_jobs (seq),
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  number INTEGER NOT NULL,
  episode_seq INTEGER NOT NULL UNIQUE REFERENCES episodes (seq),
  -- Null while it runs; is_right also where no reference judges the answer.
  is_right INTEGER CHECK (is_right IN (0, 1)),
  valid_calls INTEGER,
  look_backs INTEGER,
  PRIMARY KEY (job_seq, sample_seq, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  job_seq INTEGER NOT NULL REFERENCES rollout_jobs (seq),
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  agent_seq INTEGER NOT NULL REFERENCES agents (seq),
  created_at INTEGER NOT NULL,
  -- Rollouts wanted, with tools and without.
  size INTEGER NOT NULL,
  size_without INTEGER NOT NULL,
  done INTEGER NOT NULL DEFAULT 0,
  done_without INTEGER NOT NULL DEFAULT 0,
  masked INTEGER NOT NULL DEFAULT 0,
  accuracy REAL,
  accuracy_without REAL,
  gain REAL,
  reward_mean REAL,
  reward_variance REAL,
  disagreement REAL,
  all_equal INTEGER NOT NULL DEFAULT 1 CHECK (all_equal IN (0, 1)),
  UNIQUE (job_seq, sample_seq)
) STRICT;
CREATE INDEX groups_by_sample ON groups (sample_seq, seq);
-- A group of which nothing is known comes after all others: below any value that can be.
CREATE INDEX groups_by_variance ON groups (ifnull(reward_variance, -2), seq);
CREATE INDEX groups_by_disagreement ON groups (ifnull(disagreement, -2), seq);
CREATE INDEX groups_by_gain ON groups (ifnull(gain, -2), seq);
CREATE INDEX groups_by_accuracy ON groups (ifnull(accuracy, -2), seq);

-- The rollout that shows how it is done, at most one a sample; picking another replaces it.
CREATE TABLE demonstrations (
  sample_seq INTEGER PRIMARY KEY REFERENCES samples (seq),
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  picked_at INTEGER NOT NULL
) STRICT;
`;

export const groups: Migration = {
  version: 30,
  name: 'groups',
  run: (database) => {
    database.exec(SCHEMA);
    journalTable(database, 'demonstrations');
  },
};
