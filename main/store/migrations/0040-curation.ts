import { reviewFlag } from '../../../shared/model/review.ts';
import { journalTable } from '../journal-triggers.ts';
import type { Migration } from './migration.ts';

/**
 * What makes 100,000 samples searchable at once. `sample_facts` is one narrow row a sample with everything that a
 * filter asks for; triggers write it in the same transaction as what it follows from, undo included. It is derived
 * and never journaled. `sample_text` is searched by words. Tags leave the samples' rows, so that tagging many is many
 * small rows and indexes no text again: a search looks for tags by their names.
 */
const SCHEMA = `
CREATE TABLE tags (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE sample_tags (
  sample_seq INTEGER NOT NULL REFERENCES samples (seq),
  tag_seq INTEGER NOT NULL REFERENCES tags (seq),
  PRIMARY KEY (sample_seq, tag_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_tags_by_tag ON sample_tags (tag_seq, sample_seq);
INSERT INTO tags (name) SELECT DISTINCT value FROM samples, json_each(samples.tags);
INSERT OR IGNORE INTO sample_tags
  SELECT samples.seq, tags.seq FROM samples, json_each(samples.tags) JOIN tags ON tags.name = value;

-- Lists read the facts now.
DROP INDEX samples_by_kind;
DROP INDEX samples_by_split;

-- A filter, an order and columns under a name.
CREATE TABLE saved_views (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sample_facts (
  sample_seq INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  removed INTEGER NOT NULL CHECK (removed IN (0, 1)),
  kind TEXT NOT NULL,
  split TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  image_count INTEGER NOT NULL,
  episode_count INTEGER NOT NULL,
  -- Runs that could be compared with a reference, and those of them that were right.
  scored_count INTEGER NOT NULL,
  right_count INTEGER NOT NULL,
  last_run_at INTEGER,
  -- The newest run that ended, and how it compares.
  ended_seq INTEGER,
  verdict TEXT,
  -- Bits, in the order of the enum.
  flags INTEGER NOT NULL DEFAULT 0,
  standing TEXT,
  reviewer_seq INTEGER,
  reviewed_at INTEGER,
  -- Names a state of the sample's tags; see Sample.revision.
  tags_revision INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sample_facts_by_place ON sample_facts (place) WHERE removed = 0;

CREATE VIRTUAL TABLE sample_text USING fts5 (
  question, answers, notes,
  content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE tag_text USING fts5 (
  name, content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO tag_text (rowid, name) SELECT seq, name FROM tags;
CREATE TRIGGER tags_added AFTER INSERT ON tags BEGIN
  INSERT INTO tag_text (rowid, name) VALUES (new.seq, new.name);
END;
CREATE TRIGGER sample_tags_added AFTER INSERT ON sample_tags BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'revision' AND name = 'next';
  UPDATE sample_facts SET tags_revision = (SELECT value - 1 FROM counters WHERE scope = 'revision' AND name = 'next')
    WHERE sample_seq = new.sample_seq;
END;
CREATE TRIGGER sample_tags_removed AFTER DELETE ON sample_tags BEGIN
  UPDATE counters SET value = value + 1 WHERE scope = 'revision' AND name = 'next';
  UPDATE sample_facts SET tags_revision = (SELECT value - 1 FROM counters WHERE scope = 'revision' AND name = 'next')
    WHERE sample_seq = old.sample_seq;
END;
`;

/** Bits of the flags that hold in any run of a sample, in the order of the enum. */
function flagsOf(sample: string): string {
  const bits = reviewFlag.options.map((flag, bit) => `max(flags LIKE '% ${flag} %') * ${1 << bit}`);
  return `(SELECT ifnull(${bits.join(' + ')}, 0) FROM queue WHERE sample_seq = ${sample})`;
}

/** The newest review of any run of a sample. */
function newestReview(sample: string): string {
  return `FROM episodes JOIN reviews ON episode_seq = episodes.seq WHERE sample_seq = ${sample}
    ORDER BY reviews.at DESC, episode_seq DESC, reviewer_seq DESC LIMIT 1`;
}

function standingOf(sample: string): string {
  return `(SELECT standing FROM sample_standings WHERE sample_seq = ${sample} AND standing <> 'unreviewed')`;
}

function notesOf(sample: string): string {
  return `(SELECT ifnull(group_concat(note, char(10)), '') FROM episodes JOIN reviews ON episode_seq = episodes.seq
    WHERE sample_seq = ${sample} AND note <> '')`;
}

/** The facts of one sample as they follow from all that is there. */
function factsOf(sample: string): string {
  const episodes = `FROM episodes WHERE sample_seq = ${sample}.seq`;
  return `
    ${sample}.seq, ${sample}.place, ${sample}.removed_at IS NOT NULL, ${sample}.kind, ${sample}.split,
    ${sample}.created_at,
    (SELECT count(*) FROM sample_images WHERE sample_seq = ${sample}.seq),
    (SELECT count(*) ${episodes}),
    (SELECT count(*) ${episodes} AND status IS NOT NULL AND verdict <> 'unknown'),
    (SELECT count(*) ${episodes} AND status IS NOT NULL AND verdict = 'right'),
    (SELECT max(started_at) ${episodes}),
    (SELECT max(seq) ${episodes} AND status IS NOT NULL),
    (SELECT verdict ${episodes} AND status IS NOT NULL ORDER BY seq DESC LIMIT 1),
    ${flagsOf(`${sample}.seq`)}, ${standingOf(`${sample}.seq`)},
    (SELECT reviewer_seq ${newestReview(`${sample}.seq`)}), (SELECT at ${newestReview(`${sample}.seq`)})`;
}

const FACT_COLUMNS = `sample_seq, place, removed, kind, split, created_at, image_count, episode_count, scored_count,
  right_count, last_run_at, ended_seq, verdict, flags, standing, reviewer_seq, reviewed_at`;

function textOf(sample: string): string {
  return `${sample}.seq, ${sample}.question,
    (SELECT ifnull(group_concat(value, char(10)), '') FROM json_each(${sample}.answers)) || char(10)
      || (SELECT ifnull(group_concat(value, char(10)), '') FROM json_each(ifnull(${sample}.choices, '[]'))),
    ${notesOf(`${sample}.seq`)}`;
}

const TRIGGERS = `
INSERT INTO sample_facts (${FACT_COLUMNS}) SELECT ${factsOf('samples')} FROM samples;
INSERT INTO sample_text (rowid, question, answers, notes) SELECT ${textOf('samples')} FROM samples;

CREATE TRIGGER sample_facts_added AFTER INSERT ON samples BEGIN
  INSERT INTO sample_facts (${FACT_COLUMNS}) SELECT ${factsOf('new')};
  INSERT INTO sample_text (rowid, question, answers, notes) SELECT ${textOf('new')};
END;
CREATE TRIGGER sample_facts_changed AFTER UPDATE OF place, removed_at, kind, split ON samples BEGIN
  UPDATE sample_facts SET place = new.place, removed = new.removed_at IS NOT NULL, kind = new.kind, split = new.split
    WHERE sample_seq = new.seq;
END;
CREATE TRIGGER sample_text_changed AFTER UPDATE OF question, answers, choices ON samples
  WHEN old.question <> new.question OR old.answers <> new.answers OR old.choices IS NOT new.choices BEGIN
  INSERT OR REPLACE INTO sample_text (rowid, question, answers, notes) SELECT ${textOf('new')};
END;
CREATE TRIGGER sample_facts_deleted AFTER DELETE ON samples BEGIN
  DELETE FROM sample_facts WHERE sample_seq = old.seq;
  DELETE FROM sample_text WHERE rowid = old.seq;
END;
CREATE TRIGGER sample_facts_image_added AFTER INSERT ON sample_images BEGIN
  UPDATE sample_facts SET image_count = image_count + 1 WHERE sample_seq = new.sample_seq;
END;
CREATE TRIGGER sample_facts_image_removed AFTER DELETE ON sample_images BEGIN
  UPDATE sample_facts SET image_count = image_count - 1 WHERE sample_seq = old.sample_seq;
END;
CREATE TRIGGER sample_facts_episode_added AFTER INSERT ON episodes BEGIN
  UPDATE sample_facts SET
    episode_count = episode_count + 1,
    last_run_at = max(ifnull(last_run_at, new.started_at), new.started_at),
    scored_count = scored_count + (new.status IS NOT NULL AND new.verdict <> 'unknown'),
    right_count = right_count + (new.status IS NOT NULL AND new.verdict = 'right'),
    verdict = iif(new.status IS NOT NULL, new.verdict, verdict),
    ended_seq = iif(new.status IS NOT NULL, new.seq, ended_seq)
    WHERE sample_seq = new.sample_seq;
END;
CREATE TRIGGER sample_facts_episode_changed AFTER UPDATE OF status, verdict ON episodes BEGIN
  UPDATE sample_facts SET
    scored_count = scored_count + (new.status IS NOT NULL AND new.verdict <> 'unknown')
      - (old.status IS NOT NULL AND old.verdict <> 'unknown'),
    right_count = right_count + (new.status IS NOT NULL AND new.verdict = 'right')
      - (old.status IS NOT NULL AND old.verdict = 'right'),
    verdict = iif(new.status IS NOT NULL AND new.seq >= ifnull(ended_seq, 0), new.verdict, verdict),
    ended_seq = iif(new.status IS NOT NULL, max(ifnull(ended_seq, 0), new.seq), ended_seq)
    WHERE sample_seq = new.sample_seq;
END;
CREATE TRIGGER sample_facts_flags_changed AFTER UPDATE OF flags ON queue WHEN old.flags <> new.flags BEGIN
  UPDATE sample_facts SET flags = ${flagsOf('new.sample_seq')} WHERE sample_seq = new.sample_seq;
END;
CREATE TRIGGER sample_facts_standing_added AFTER INSERT ON sample_standings WHEN new.standing <> 'unreviewed' BEGIN
  UPDATE sample_facts SET standing = ${standingOf('new.sample_seq')} WHERE sample_seq = new.sample_seq;
END;
CREATE TRIGGER sample_facts_standing_changed AFTER UPDATE ON sample_standings WHEN old.standing <> new.standing BEGIN
  UPDATE sample_facts SET standing = ${standingOf('new.sample_seq')} WHERE sample_seq = new.sample_seq;
END;
${['INSERT', 'UPDATE', 'DELETE'].map(reviewTrigger).join('')}
`;

/** What follows from a review that was written, changed or taken back. */
function reviewTrigger(event: string): string {
  const row = event === 'DELETE' ? 'old' : 'new';
  const sample = `(SELECT sample_seq FROM episodes WHERE seq = ${row}.episode_seq)`;
  const noteChanged = event === 'UPDATE' ? 'old.note <> new.note' : `${row}.note <> ''`;
  return `
CREATE TRIGGER sample_facts_review_${event.toLowerCase()} AFTER ${event} ON reviews BEGIN
  UPDATE sample_facts SET (reviewer_seq, reviewed_at) = (SELECT reviewer_seq, at ${newestReview(sample)})
    WHERE sample_seq = ${sample};
END;
CREATE TRIGGER sample_text_review_${event.toLowerCase()} AFTER ${event} ON reviews WHEN ${noteChanged} BEGIN
  INSERT OR REPLACE INTO sample_text (rowid, question, answers, notes)
    SELECT ${textOf('samples')} FROM samples WHERE seq = ${sample};
END;`;
}

export const curation: Migration = {
  version: 40,
  name: 'curation',
  run: (database) => {
    database.exec(SCHEMA);
    database.exec(TRIGGERS);
    for (const end of ['insert', 'update', 'delete']) database.exec(`DROP TRIGGER journal_samples_${end}`);
    // What was done before is undone without the tags, which stand elsewhere now.
    database.exec(`
      UPDATE journal SET before = json_remove(before, '$.tags'), after = json_remove(after, '$.tags')
        WHERE name = 'samples';
      ALTER TABLE samples DROP COLUMN tags`);
    for (const table of ['samples', 'sample_tags', 'saved_views']) journalTable(database, table);
  },
};
