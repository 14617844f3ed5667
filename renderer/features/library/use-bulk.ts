import { useState } from 'react';
import type { BulkEdit, BulkProgress } from '../../../shared/model/bulk-edit.ts';
import type { SampleSelection } from '../../../shared/model/sample-filter.ts';
import { useMutation, useStream } from '../../client/hooks.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { formatCount } from '../../ui/format.ts';
import type { Dealing } from './split-dialogs.tsx';

export interface Bulk {
  /** The edit that goes on; null when none does. */
  readonly running: BulkProgress | null;
  readonly start: (edit: BulkEdit, selection: SampleSelection) => void;
  /** Deals the samples out to the splits, as one edit. */
  readonly deal: (dealing: Dealing, selection: SampleSelection) => void;
  readonly cancel: () => void;
}

/** An edit of many samples: started, watched, and told of when it has ended. */
export function useBulk(onDone: () => void): Bulk {
  const as = useReviewer();
  const [progress, setProgress] = useState<BulkProgress | null>(null);
  const begin = useMutation('curation.startBulk', {
    onSuccess: setProgress,
    onFailure: (failure) => notifyFailure(failure),
  });
  const dealOut = useMutation('curation.assignSplits', {
    onSuccess: setProgress,
    onFailure: (failure) => notifyFailure(failure),
  });
  const { mutate: cancel } = useMutation('curation.cancelBulk');
  const running = progress?.state === 'running' ? progress : null;
  useStream('curation.watchBulk', running === null ? null : { id: running.id }, {
    onValue: (next) => {
      setProgress(next);
      if (next.state === 'running') return;
      onDone();
      if (next.state === 'failed') notify(next.error ?? '', 'Not all of it was done');
      else
        notify(
          `${formatCount(next.changed)} of ${formatCount(next.total)} samples changed. Undo takes it back.`,
          next.state === 'cancelled' ? 'Stopped' : undefined,
        );
    },
    onFailure: (failure) => {
      setProgress(null);
      notifyFailure(failure);
    },
  });
  return {
    running,
    start: (edit, selection) => begin.mutate({ ...as, edit, selection }),
    deal: ({ seed, shares }, selection) => dealOut.mutate({ ...as, selection, seed, shares }),
    cancel: () => {
      if (running !== null) cancel({ id: running.id });
    },
  };
}
