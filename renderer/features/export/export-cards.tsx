import { Button, Progress } from '@mantine/core';
import type { ExportJob } from '../../../shared/model/export-job.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { formatCount } from '../../ui/format.ts';
import classes from './export.module.css';
import { FORMATS } from './formats.ts';

/** The exports of this start of the app, newest first. */
export function ExportCards() {
  const exports = useCall('exports.list', undefined);
  if (exports.data === undefined || exports.data.length === 0) return null;
  return (
    <section aria-label="Exports" className={classes['cards']} aria-live="polite">
      {exports.data.map((job) => (
        <ExportCard key={job.id} job={job} />
      ))}
    </section>
  );
}

const STATE_WORDS: Readonly<Record<ExportJob['state'], string>> = {
  running: 'Writing…',
  finished: 'Written and checked',
  cancelled: 'Stopped; nothing was left behind',
  failed: 'Failed; nothing was left behind',
};

function ExportCard({ job }: { job: ExportJob }) {
  const cancel = useMutation('exports.cancel');
  const label = FORMATS.find(({ value }) => value === job.format)?.label ?? job.format;
  return (
    <article className={classes['section']} aria-label={`Export: ${label}`}>
      <div className={classes['cardHead']}>
        <h2>{label}</h2>
        <span className={classes['quiet']}>{STATE_WORDS[job.state]}</span>
        {job.state === 'running' ? (
          <Button variant="default" onClick={() => cancel.mutate({ id: job.id })}>
            Stop
          </Button>
        ) : null}
      </div>
      {job.state === 'running' ? (
        <Progress value={job.total === 0 ? 0 : (100 * job.done) / job.total} aria-label="Progress" animated />
      ) : null}
      {job.error === null ? null : (
        <p className={classes['bad']} role="alert">
          {job.error}
        </p>
      )}
      {job.report === null ? null : <Report report={job.report} />}
    </article>
  );
}

function Report({ report }: { report: NonNullable<ExportJob['report']> }) {
  const { folder, files, images, losses, checked } = report;
  return (
    <div className={classes['report']}>
      <p className={classes['folder']}>{folder}</p>
      <p>
        {[
          ...files.filter(({ rows }) => rows > 0).map(({ name, rows }) => `${name}: ${formatCount(rows)}`),
          `images: ${formatCount(images)}`,
        ].join(' · ')}
      </p>
      {checked.length === 0 ? null : (
        <ul>
          {checked.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {losses.length === 0 ? (
        <p>Nothing was left out.</p>
      ) : (
        <>
          <h3>Not taken along</h3>
          <ul>
            {losses.map(({ what, why, count }) => (
              <li key={`${what} ${why}`}>
                {count > 0 ? `${formatCount(count)} ` : ''}
                {what}: {why}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
