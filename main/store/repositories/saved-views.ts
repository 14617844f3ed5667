import { StudioError } from '../../../shared/contract/errors.ts';
import type { SavedViewId } from '../../../shared/model/ids.ts';
import type { SavedView } from '../../../shared/model/saved-view.ts';
import { savedView } from '../../../shared/model/saved-view.ts';
import type { WorkspaceDatabase } from '../database.ts';
import { newId } from '../new-id.ts';

export interface SavedViewRepository {
  /** In order of their names. */
  list(): readonly SavedView[];
  add(view: Omit<SavedView, 'id'>, at: number): SavedView;
  /** @throws StudioError not_found */
  update(view: SavedView): void;
  remove(id: SavedViewId): void;
}

interface ViewRow {
  readonly id: SavedViewId;
  readonly name: string;
  readonly body: string;
}

function bodyOf({ filter, sort, columns }: Omit<SavedView, 'id'>): string {
  return JSON.stringify({ filter, sort, columns });
}

export function createSavedViewRepository(database: WorkspaceDatabase): SavedViewRepository {
  const { raw } = database;
  const all = raw.prepare<[], ViewRow>('SELECT id, name, body FROM saved_views ORDER BY name, seq');
  const insert = raw.prepare('INSERT INTO saved_views (id, name, body, created_at) VALUES (?, ?, ?, ?)');
  const change = raw.prepare('UPDATE saved_views SET name = ?, body = ? WHERE id = ?');
  const drop = raw.prepare('DELETE FROM saved_views WHERE id = ?');
  return {
    list: () =>
      database.read(() =>
        all.all().map(({ id, name, body }) => savedView.parse({ id, name, ...JSON.parse(body) })),
      ),
    add: (view, at) =>
      database.write(() => {
        const id = newId.savedView();
        insert.run(id, view.name, bodyOf(view), at);
        return { id, ...view };
      }),
    update: (view) =>
      database.write(() => {
        const { changes } = change.run(view.name, bodyOf(view), view.id);
        if (changes !== 1) throw new StudioError('not_found', 'This view is not in the workspace any more.');
      }),
    remove: (id) =>
      database.write(() => {
        drop.run(id);
      }),
  };
}
