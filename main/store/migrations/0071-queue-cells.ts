import type { Migration } from './migration.ts';

/**
 * How many rows of the queue have the same standing, opinions, outcome, agent and flags, so that it is known before a
 * page is read how much a filter lets through, and where those rows stand. Kept by triggers, undo included. Beside it
 * an index for samples of a kind and split.
 */
const CELL = 'standing, opinions, outcome, agent_seq, flags';
const OLD = 'old.standing, old.opinions, old.outcome, old.agent_seq, old.flags';
const NEW = 'new.standing, new.opinions, new.outcome, new.agent_seq, new.flags';

function add(row: string, count: string): string {
  return `INSERT INTO queue_cells VALUES (${row}, ${count}) ON CONFLICT DO UPDATE SET count = count + excluded.count;`;
}

const SCHEMA = `
CREATE TABLE queue_cells (
  standing TEXT NOT NULL,
  opinions INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  agent_seq INTEGER NOT NULL,
  flags TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (${CELL})
) STRICT, WITHOUT ROWID;
INSERT INTO queue_cells SELECT ${CELL}, count(*) FROM queue WHERE hidden = 0 GROUP BY ${CELL};
CREATE INDEX queue_by_cell ON queue (${CELL}, draw) WHERE hidden = 0;

CREATE TRIGGER queue_cells_added AFTER INSERT ON queue WHEN new.hidden = 0 BEGIN ${add(NEW, '1')} END;
CREATE TRIGGER queue_cells_removed AFTER DELETE ON queue WHEN old.hidden = 0 BEGIN ${add(OLD, '-1')} END;
CREATE TRIGGER queue_cells_changed AFTER UPDATE OF ${CELL}, hidden ON queue
  WHEN (${OLD}, old.hidden) IS NOT (${NEW}, new.hidden) BEGIN
  ${add(OLD, 'old.hidden - 1')}
  ${add(NEW, '1 - new.hidden')}
END;

CREATE INDEX sample_facts_by_kind ON sample_facts (kind, split, sample_seq) WHERE removed = 0;
`;

export const queueCells: Migration = {
  version: 71,
  name: 'queue-cells',
  run: (database) => {
    database.exec(SCHEMA);
  },
};
