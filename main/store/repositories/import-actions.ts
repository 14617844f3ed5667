import type { ImageId } from '../../../shared/model/ids.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { PLACES_PER_BATCH } from './page.ts';

/** Which action of the journal a batch of imported rows came by. */
export interface ImportActions {
  /** Null for a batch that nobody's action brought, or that changed nothing so far. */
  of(batch: number): ImportActionState | null;
  ofImage(id: ImageId): ImportActionState | null;
  /** Inside the transaction of the action's first part. */
  link(batch: number, action: number): void;
}

export interface ImportActionState {
  readonly action: number;
  readonly isUndone: boolean;
}

interface Row {
  readonly action: number;
  readonly undone_at: number | null;
}

const SELECT =
  'SELECT actions.seq AS action, undone_at FROM import_actions JOIN actions ON actions.seq = action_seq';

export function createImportActions(database: WorkspaceDatabase): ImportActions {
  const { raw } = database;
  const byBatch = raw.prepare<[number], Row>(`${SELECT} WHERE batch = ?`);
  // The batch is in the place: see placeInBatch.
  const byImage = raw.prepare<[string], Row>(`${SELECT} WHERE batch =
    (SELECT (${PLACES_PER_BATCH - 1} - place) / ${PLACES_PER_BATCH} FROM images WHERE id = ?)`);
  const insert = raw.prepare<[number, number]>(
    'INSERT INTO import_actions (batch, action_seq) VALUES (?, ?)',
  );
  const toState = (row: Row | undefined): ImportActionState | null =>
    row === undefined ? null : { action: row.action, isUndone: row.undone_at !== null };
  return {
    of: (batch) => database.read(() => toState(byBatch.get(batch))),
    ofImage: (id) => database.read(() => toState(byImage.get(id))),
    link: (batch, action) =>
      database.write(() => {
        insert.run(batch, action);
      }),
  };
}
