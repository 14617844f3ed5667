import type { SaveViewInput } from '../../../shared/contract/curation.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { ReviewerId, SavedViewId } from '../../../shared/model/ids.ts';
import type { SavedView } from '../../../shared/model/saved-view.ts';
import type { Workspace } from '../../store/workspace.ts';

export interface ViewsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
}

/** Saved views of the samples table. */
export interface ViewsService {
  list(): readonly SavedView[];
  save(input: SaveViewInput): SavedView;
  remove(id: SavedViewId, by: ReviewerId | undefined): void;
}

export function createViewsService({ workspace, now, notify }: ViewsDeps): ViewsService {
  function act<T>(by: ReviewerId | undefined, label: string, change: () => T): T {
    const at = now();
    const who = by ?? workspace.reviewers.first(at).id;
    const result = workspace.journal.act({ by: who, at, label, subject: null }, change);
    notify('views');
    notify('journal');
    return result;
  }
  return {
    list: () => workspace.savedViews.list(),
    save: ({ by, id, ...view }) => {
      if (id === undefined)
        return act(by, `Save view "${view.name}"`, () => workspace.savedViews.add(view, now()));
      const changed = { id, ...view };
      act(by, `Change view "${view.name}"`, () => workspace.savedViews.update(changed));
      return changed;
    },
    remove: (id, by) => act(by, 'Remove view', () => workspace.savedViews.remove(id)),
  };
}
