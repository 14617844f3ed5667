import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { ReviewerId } from '../../../shared/model/ids.ts';
import type { JournalAction, JournalState } from '../../../shared/model/journal.ts';
import type { Reviewer } from '../../../shared/model/reviewer.ts';
import type { Replayed } from '../../store/journal.ts';
import type { Workspace } from '../../store/workspace.ts';

/** What lists show of a journaled table. A table that is added there is added here. */
export const TOPIC_OF_TABLE: Readonly<Record<string, ChangeTopic>> = {
  agents: 'agents',
  correction_operations: 'corrections',
  corrections: 'corrections',
  corrections_set_aside: 'corrections',
  demonstrations: 'groups',
  episode_flags: 'reviews',
  images: 'images',
  reviewers: 'reviewers',
  reviews: 'reviews',
  samples: 'samples',
  sample_images: 'samples',
  sample_tags: 'samples',
  saved_views: 'views',
  snapshots: 'snapshots',
};

export interface JournalDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  /** Images were brought back, some perhaps before their pixels were looked at. */
  readonly imagesBack: () => void;
}

/** What people did: who they are, and undo and redo of all of it. */
export interface JournalService {
  listReviewers(): readonly Reviewer[];
  addReviewer(name: string): Reviewer;
  renameReviewer(id: ReviewerId, name: string): Reviewer;
  state(by: ReviewerId | undefined): JournalState;
  undo(by: ReviewerId | undefined): JournalAction | null;
  redo(by: ReviewerId | undefined): JournalAction | null;
  history(subject: string, limit: number): readonly JournalAction[];
}

export function createJournalService({ workspace, now, notify, imagesBack }: JournalDeps): JournalService {
  const { journal, reviewers } = workspace;

  function told(replayed: Replayed | null): JournalAction | null {
    if (replayed === null) return null;
    if (replayed.tables.includes('images')) imagesBack();
    const topics = replayed.tables.flatMap((table) => TOPIC_OF_TABLE[table] ?? []);
    for (const topic of new Set<ChangeTopic>([...topics, 'journal'])) notify(topic);
    return replayed.action;
  }

  return {
    listReviewers: () => {
      reviewers.first(now());
      return reviewers.list();
    },
    addReviewer: (name) => {
      const added = reviewers.add(name, now());
      notify('reviewers');
      return added;
    },
    renameReviewer: (id, name) => {
      const before = reviewers.list().find((one) => one.id === id)?.name ?? '';
      // Whoever is renamed did it: the page names the reviewer who sits at it.
      const renamed = journal.act({ by: id, at: now(), label: `Rename "${before}"`, subject: id }, () =>
        reviewers.rename(id, name),
      );
      notify('reviewers');
      notify('journal');
      return renamed;
    },
    state: (by) => journal.state(by ?? reviewers.first(now()).id),
    undo: (by) => told(journal.undo(by ?? reviewers.first(now()).id, now())),
    redo: (by) => told(journal.redo(by ?? reviewers.first(now()).id)),
    history: (subject, limit) => journal.history(subject, limit),
  };
}
