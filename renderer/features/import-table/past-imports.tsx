import { Button } from '@mantine/core';
import type { TableImport } from '../../../shared/model/table-import.ts';
import { useCall, useClient, useMutation } from '../../client/hooks.ts';
import { followImport } from '../../state/imports.ts';
import { notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { formatCount, formatPlural } from '../../ui/format.ts';
import classes from './import-table.module.css';

const STATE_WORDS: Readonly<Record<TableImport['state'], string>> = {
  running: 'Running',
  interrupted: 'Cut off',
  finished: 'Finished',
  cancelled: 'Stopped',
  failed: 'Failed',
};

/** Tables that were imported into this workspace; one that was cut off can go on. */
export function PastImports() {
  const client = useClient();
  const who = useReviewer();
  const past = useCall('tables.list', undefined);
  const resume = useMutation('tables.resume', {
    onSuccess: (job) => {
      followImport(client, job);
      void past.refetch();
    },
    onFailure: (failure) => notifyFailure(failure),
  });
  if (past.data === undefined || past.data.length === 0) return null;
  return (
    <section className={classes['section']} aria-label="Tables imported before">
      <h2>Imported before</h2>
      <ul className={classes['past']}>
        {past.data.map((one) => (
          <li key={one.id} className={classes['pastLine']}>
            <span className={classes['pastName']} title={one.name}>
              {one.name}
            </span>
            <span className={classes['quiet']}>
              {one.isUndone ? 'Undone' : STATE_WORDS[one.state]} · {formatCount(one.done)}
              {one.total === null ? '' : ` of ${formatCount(one.total)}`} rows ·{' '}
              {formatPlural(one.importedSamples, 'sample')}
              {one.rejectedCount === 0 ? '' : ` · ${formatCount(one.rejectedCount)} left out`}
            </span>
            {one.canResume ? (
              <Button
                variant="default"
                loading={resume.isPending && resume.variables.id === one.id}
                onClick={() => resume.mutate({ ...who, id: one.id })}
              >
                Go on<span className="only-read"> with {one.name}</span>
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
