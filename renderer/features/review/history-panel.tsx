import type { EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { useReviewers } from '../../state/reviewer.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatTime } from '../../ui/format.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import classes from './review.module.css';

/** Who did what to this episode, when and why; what was undone is kept too. */
export function HistoryPanel({ id }: { readonly id: EpisodeId }) {
  const { data, error, refetch } = useCall('journal.history', { subject: id, limit: 200 });
  const { reviewers } = useReviewers();
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  if (data.length === 0) {
    return (
      <EmptyState title="Nobody did anything here yet">
        Every verdict, flag and correction is kept with who did it, when and why.
      </EmptyState>
    );
  }
  return (
    <ol className={classes['history']} aria-label="History, newest first">
      {data.map((action) => (
        <li key={action.number} data-undone={action.undoneAt !== null || undefined}>
          <span className={classes['did']}>{action.label}</span>
          {action.undoneAt === null ? null : (
            <Tag tone="quiet" title={`Undone ${formatTime(action.undoneAt)}`}>
              undone
            </Tag>
          )}
          {action.reason === null ? null : <p>{action.reason}</p>}
          <p className={classes['quiet']}>
            {reviewers.find((reviewer) => reviewer.id === action.by)?.name ?? 'Somebody'} ·{' '}
            {formatTime(action.at)}
          </p>
        </li>
      ))}
    </ol>
  );
}
