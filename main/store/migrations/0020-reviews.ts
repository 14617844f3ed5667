import type Database from 'better-sqlite3';
import { drawOf } from '../../../shared/model/review.ts';
import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/** Sets what follows from the reviews of one episode. `standingOf` in shared/model/review.ts says the same. */
function standingFrom(row: 'new' | 'old'): string {
  return `
  UPDATE queue SET (opinions, standing) = (
    SELECT count(*) FILTER (WHERE verdict <> 'skip'),
      CASE
        WHEN count(DISTINCT iif(verdict IN ('accept', 'fix', 'reject'), verdict, NULL)) > 1 THEN 'disputed'
        WHEN max(verdict = 'accept') = 1 THEN 'accepted'
        WHEN max(verdict = 'fix') = 1 THEN 'to_fix'
        WHEN max(verdict = 'reject') = 1 THEN 'rejected'
        WHEN max(verdict = 'unsure') = 1 THEN 'unsure'
        WHEN count(*) > 0 THEN 'skipped'
        ELSE 'unreviewed'
      END
    FROM reviews WHERE episode_seq = ${row}.episode_seq
  ) WHERE episode_seq = ${row}.episode_seq;`;
}

/** A flag holds where it was proposed or raised, and not dismissed. */
function flagsFrom(row: 'new' | 'old'): string {
  return `
  UPDATE queue SET (flag_count, flags) = (
    SELECT count(*), ifnull(' ' || group_concat(flag, ' ') || ' ', '') FROM episode_flags
    WHERE episode_seq = ${row}.episode_seq AND (decision = 'confirmed' OR (decision IS NULL AND proposed = 1))
  ) WHERE episode_seq = ${row}.episode_seq;`;
}

/** A sample stands where its best episode does. */
function sampleStandingFrom(row: 'new' | 'old'): string {
  return `
  INSERT INTO sample_standings
    SELECT ${row}.sample_seq, CASE
      WHEN max(standing = 'accepted') = 1 THEN 'accepted'
      WHEN max(standing = 'disputed') = 1 THEN 'disputed'
      WHEN max(standing = 'to_fix') = 1 THEN 'to_fix'
      WHEN max(standing = 'unsure') = 1 THEN 'unsure'
      WHEN max(standing = 'rejected') = 1 THEN 'rejected'
      WHEN max(standing = 'skipped') = 1 THEN 'skipped'
      ELSE 'unreviewed'
    END
    FROM queue WHERE sample_seq = ${row}.sample_seq
    ON CONFLICT DO UPDATE SET standing = excluded.standing;`;
}

const COVERED = 'episode_seq, opinions, draw, standing, flags, outcome, sample_seq, agent_seq';

/**
 * Reviews and flags are what people do, so both are journaled. What the queue is ordered and filtered by stands in one
 * narrow table beside `episodes`, one row for each episode that ended by itself; triggers keep it in step, also when an
 * undo puts rows back. Every order has an index that holds all that the filters look at, so that a page of a filter
 * that lets little through is read from the index alone.
 */
const SCHEMA = `
CREATE TABLE reviews (
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  reviewer_seq INTEGER NOT NULL REFERENCES reviewers (seq),
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'fix', 'reject', 'skip', 'unsure')),
  reasons TEXT NOT NULL,
  note TEXT NOT NULL,
  at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (episode_seq, reviewer_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX reviews_by_reviewer ON reviews (reviewer_seq, at);

CREATE TABLE episode_flags (
  episode_seq INTEGER NOT NULL REFERENCES episodes (seq),
  flag TEXT NOT NULL,
  proposed INTEGER NOT NULL CHECK (proposed IN (0, 1)),
  decision TEXT CHECK (decision IN ('confirmed', 'dismissed')),
  reviewer_seq INTEGER REFERENCES reviewers (seq),
  at INTEGER,
  revision INTEGER NOT NULL,
  PRIMARY KEY (episode_seq, flag)
) STRICT, WITHOUT ROWID;
CREATE INDEX episode_flags_by_flag ON episode_flags (flag, decision, episode_seq);

CREATE TABLE queue (
  episode_seq INTEGER PRIMARY KEY REFERENCES episodes (seq),
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  agent_seq INTEGER NOT NULL REFERENCES agents (seq),
  outcome TEXT NOT NULL,
  standing TEXT NOT NULL DEFAULT 'unreviewed',
  seen INTEGER NOT NULL AS (standing <> 'unreviewed') STORED,
  -- Reviewers who said more than skip.
  opinions INTEGER NOT NULL DEFAULT 0,
  -- Those that hold, each between two spaces.
  flags TEXT NOT NULL DEFAULT '',
  flag_count INTEGER NOT NULL DEFAULT 0,
  -- Millionths; -1 where it is not known.
  answer_entropy INTEGER NOT NULL DEFAULT -1,
  group_variance INTEGER NOT NULL DEFAULT -1,
  group_disagreement INTEGER NOT NULL DEFAULT -1,
  -- drawOf(id): who gets a second opinion, and where in a random order it comes.
  draw INTEGER NOT NULL,
  -- Its sample was removed.
  hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1))
) STRICT;
CREATE INDEX queue_by_seen ON queue (seen, ${COVERED}) WHERE hidden = 0;
CREATE INDEX queue_by_entropy ON queue (answer_entropy, ${COVERED}) WHERE hidden = 0;
CREATE INDEX queue_by_variance ON queue (group_variance, ${COVERED}) WHERE hidden = 0;
CREATE INDEX queue_by_disagreement ON queue (group_disagreement, ${COVERED}) WHERE hidden = 0;
CREATE INDEX queue_by_flags ON queue (flag_count, ${COVERED}) WHERE hidden = 0;
CREATE INDEX queue_by_draw ON queue (draw, episode_seq, opinions, standing, flags, outcome, sample_seq, agent_seq) WHERE hidden = 0;
CREATE INDEX queue_by_sample ON queue (sample_seq, standing);
CREATE INDEX queue_several ON queue (episode_seq) WHERE opinions > 1;

CREATE TABLE sample_standings (
  sample_seq INTEGER PRIMARY KEY REFERENCES samples (seq),
  standing TEXT NOT NULL
) STRICT;
CREATE INDEX sample_standings_by_standing ON sample_standings (standing, sample_seq);

CREATE TRIGGER reviews_added AFTER INSERT ON reviews BEGIN ${standingFrom('new')} END;
CREATE TRIGGER reviews_changed AFTER UPDATE OF verdict ON reviews BEGIN ${standingFrom('new')} END;
CREATE TRIGGER reviews_deleted AFTER DELETE ON reviews BEGIN ${standingFrom('old')} END;

CREATE TRIGGER episode_flags_added AFTER INSERT ON episode_flags BEGIN ${flagsFrom('new')} END;
CREATE TRIGGER episode_flags_changed AFTER UPDATE OF decision ON episode_flags BEGIN ${flagsFrom('new')} END;
CREATE TRIGGER episode_flags_deleted AFTER DELETE ON episode_flags BEGIN ${flagsFrom('old')} END;

CREATE TRIGGER queue_added AFTER INSERT ON queue BEGIN
  INSERT INTO counters VALUES ('standing', new.standing, 1 - new.hidden)
    ON CONFLICT DO UPDATE SET value = value + 1 - new.hidden;
  ${sampleStandingFrom('new')}
END;
CREATE TRIGGER queue_standing_changed AFTER UPDATE OF standing, hidden ON queue
  WHEN old.standing <> new.standing OR old.hidden <> new.hidden BEGIN
  UPDATE counters SET value = value - 1 + old.hidden WHERE scope = 'standing' AND name = old.standing;
  INSERT INTO counters VALUES ('standing', new.standing, 1 - new.hidden)
    ON CONFLICT DO UPDATE SET value = value + 1 - new.hidden;
  ${sampleStandingFrom('new')}
END;
CREATE TRIGGER queue_sample_removed AFTER UPDATE OF removed_at ON samples
  WHEN (old.removed_at IS NULL) <> (new.removed_at IS NULL) BEGIN
  UPDATE queue SET hidden = (new.removed_at IS NOT NULL) WHERE sample_seq = new.seq;
END;
`;

/** For episodes that ended before there was a queue. What their answers' entropy was is not looked up again. */
const FILL = `
INSERT INTO queue (episode_seq, sample_seq, agent_seq, outcome, draw, hidden)
  SELECT episodes.seq, sample_seq, agent_seq, verdict, draw_of(episodes.id), removed_at IS NOT NULL
  FROM episodes JOIN samples ON samples.seq = sample_seq
  WHERE status IS NOT NULL AND status NOT IN ('stopped', 'failed');
INSERT INTO episode_flags (episode_seq, flag, proposed, revision)
  SELECT queue.episode_seq, json_each.value, 1, 0
  FROM queue JOIN episodes ON episodes.seq = queue.episode_seq, json_each(episodes.flags);
`;

export const reviews: Migration = {
  version: 20,
  name: 'reviews',
  run: (database: Database.Database) => {
    database.exec(SCHEMA);
    database.function('draw_of', { deterministic: true }, (id) => drawOf(String(id)));
    database.exec(FILL);
    for (const table of ['reviews', 'episode_flags']) journalTable(database, table);
  },
};
