import type { JournalAction, JournalState } from '../../shared/model/journal.ts';
import { episodeId } from '../../shared/model/ids.ts';
import { useCall, useClient } from '../client/hooks.ts';
import { toFailure } from '../client/failure.ts';
import { notify, notifyFailure, notifyIfSlow } from './notices.ts';
import { useReviewer } from './reviewer.ts';
import { currentRoute, navigate } from './route.ts';

export interface Undo {
  readonly state: JournalState | null;
  readonly undo: () => void;
  readonly redo: () => void;
}

/** Where the review screen is open, an undone review is shown, or a person would not see what happened. */
function show(action: JournalAction): void {
  const subject = episodeId.safeParse(action.subject);
  if (subject.success && currentRoute().screen === 'review') {
    navigate({ screen: 'review', episodeId: subject.data });
  }
}

/** Undo and redo of everything that this page's reviewer did, in any feature, also before a restart. */
export function useUndo(): Undo {
  const client = useClient();
  const who = useReviewer();
  const state = useCall('journal.state', who, { keepWhileLoading: true }).data ?? null;

  const replay = (way: 'undo' | 'redo'): void => {
    const done = notifyIfSlow(
      `${way === 'undo' ? 'Undoing' : 'Doing again'}: ${state?.[way]?.label ?? ''} …`,
    );
    void client
      .mutate(`journal.${way}`, who)
      .then(
        (action) => {
          if (action === null)
            return notify(way === 'undo' ? 'There is nothing to undo.' : 'There is nothing to redo.');
          show(action);
          return notify(`${way === 'undo' ? 'Undone' : 'Done again'}: ${action.label}`);
        },
        (error: unknown) => notifyFailure(toFailure(error)),
      )
      .finally(done);
  };
  return { state, undo: () => replay('undo'), redo: () => replay('redo') };
}
