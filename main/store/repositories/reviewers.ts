import { StudioError } from '../../../shared/contract/errors.ts';
import type { ReviewerId } from '../../../shared/model/ids.ts';
import type { Reviewer } from '../../../shared/model/reviewer.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { newId } from '../new-id.ts';

export interface ReviewerRepository {
  /** Oldest first. */
  list(): readonly Reviewer[];
  /** Gives back the reviewer of that name where there is one already. */
  add(name: string, at: number): Reviewer;
  /** @throws StudioError not_found */
  rename(id: ReviewerId, name: string): Reviewer;
  /** The workspace's first reviewer, made on the first call. */
  first(at: number): Reviewer;
}

interface ReviewerRow {
  readonly id: ReviewerId;
  readonly name: string;
  readonly added_at: number;
}

function toReviewer(row: ReviewerRow): Reviewer {
  return { id: row.id, name: row.name, addedAt: row.added_at };
}

export function createReviewerRepository(database: WorkspaceDatabase): ReviewerRepository {
  const { raw } = database;
  const all = raw.prepare<[], ReviewerRow>('SELECT * FROM reviewers ORDER BY seq');
  const byName = raw.prepare<[string], ReviewerRow>('SELECT * FROM reviewers WHERE name = ?');
  const insert = raw.prepare<[string, string, number]>(
    'INSERT INTO reviewers (id, name, added_at) VALUES (?, ?, ?)',
  );
  const change = raw.prepare<[string, string], ReviewerRow>(
    'UPDATE reviewers SET name = ? WHERE id = ? RETURNING *',
  );

  function add(name: string, at: number): Reviewer {
    const known = byName.get(name);
    if (known) return toReviewer(known);
    const id = newId.reviewer();
    insert.run(id, name, at);
    return { id, name, addedAt: at };
  }

  return {
    list: () => database.read(() => all.all().map(toReviewer)),
    add: (name, at) => database.write(() => add(name, at)),
    rename: (id, name) =>
      database.write(() => {
        const row = change.get(name, id);
        if (!row) throw new StudioError('not_found', 'This reviewer is not in the workspace.');
        return toReviewer(row);
      }),
    first: (at) => {
      const row = database.read(() => all.get());
      return row ? toReviewer(row) : database.write(() => add('Reviewer 1', at));
    },
  };
}
