import { Button } from '@mantine/core';
import { useMutation } from '../../client/hooks.ts';
import type { EditConflict } from '../../state/correcting.ts';
import { notifyFailure } from '../../state/notices.ts';
import { useReviewer, useReviewers } from '../../state/reviewer.ts';
import { formatPlural, formatTime } from '../../ui/format.ts';
import classes from './correct.module.css';
import type { CorrectionDesk } from './use-correction.ts';

/** Edits that lost a conflict: they wait here until somebody puts them on top or throws them away. */
export function SetAsideNotes({
  desk,
  onLook,
}: {
  readonly desk: CorrectionDesk;
  readonly onLook: (conflict: EditConflict) => void;
}) {
  const { reviewers } = useReviewers();
  const reviewer = useReviewer();
  const drop = useMutation('corrections.dropAside', { onFailure: notifyFailure });
  const { correction } = desk.state;
  if (correction === null) return null;
  return desk.setAside.map((one) => (
    <div key={one.id} className={classes['aside']} role="note">
      <span>
        {formatPlural(one.operations.length, 'edit')} of{' '}
        {reviewers.find(({ id }) => id === one.by)?.name ?? 'somebody'}, {formatTime(one.at)}, set aside after
        a conflict.
      </span>
      <span className={classes['asideActs']}>
        <Button
          size="compact-xs"
          onClick={() => onLook({ base: correction.operations, theirs: correction, mine: one })}
        >
          Look
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => drop.mutate({ ...reviewer, setAside: one.id })}
        >
          Throw away
        </Button>
      </span>
    </div>
  ));
}
