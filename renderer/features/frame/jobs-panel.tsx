import { ActionIcon, Button, Progress } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { RolloutJob } from '../../../shared/model/rollout-job.ts';
import { episodeTotal, remainingMs } from '../../../shared/model/rollout-job.ts';
import { useClient, useStream } from '../../client/hooks.ts';
import {
  changeJob,
  dismissJob,
  goesOn,
  jobsArrived,
  jobsStore,
  jobsToShow,
} from '../../state/rollout-jobs.ts';
import { formatRoute, GROUPS, navigate } from '../../state/route.ts';
import { useStore } from '../../state/store.ts';
import { formatCount, formatDuration, formatPlural } from '../../ui/format.ts';
import classes from './app-frame.module.css';

function title(job: RolloutJob): string {
  const what = job.evaluationId === null ? 'Rollouts' : 'Evaluation';
  switch (job.state) {
    case 'active':
      return job.running ? `${what}…` : `${what}, waiting`;
    case 'paused':
      return job.running ? `${what}, pausing after this one` : `${what} paused`;
    case 'finished':
      return `${what} finished`;
    case 'cancelled':
      return `${what} cancelled`;
  }
}

function countLine(job: RolloutJob): string {
  const left = goesOn(job) ? remainingMs(job) : null;
  return [
    `${formatCount(job.episodesDone)} of ${formatPlural(episodeTotal(job), 'rollout')}`,
    `${formatCount(job.samplesDone)} of ${formatPlural(job.sampleTotal, 'sample')}`,
    job.episodesFailed === 0 ? '' : `${formatCount(job.episodesFailed)} failed`,
    left === null || left === 0 ? '' : `about ${formatDuration(left)} left`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** Rollouts in the background, in the corner. */
export function JobsPanel() {
  const shown = useStore(jobsStore, (state) => state);
  useStream('jobs.watch', undefined, { onValue: jobsArrived });
  return (
    <section className={classes['imports']} aria-label="Jobs">
      {jobsToShow(shown).map((job) => (
        <JobCard key={job.id} job={job} />
      ))}
    </section>
  );
}

/** How long the end of an evaluation is told: it leads nowhere, and would lie over the comparison it was for. */
const TOLD_MS = 6000;

function JobCard({ job }: { job: RolloutJob }) {
  const client = useClient();
  const total = episodeTotal(job);
  const passes = job.evaluationId !== null && job.state === 'finished' && job.episodesFailed === 0;
  useEffect(() => {
    if (!passes) return undefined;
    const timer = setTimeout(() => dismissJob(job.id), TOLD_MS);
    return () => clearTimeout(timer);
  }, [passes, job.id]);
  return (
    <div className={classes['importCard']}>
      <div className={classes['importHead']}>
        <strong aria-live="polite">{title(job)}</strong>
        {job.state === 'active' ? (
          <ActionIcon
            size="sm"
            aria-label="Pause"
            title="Pause after the rollout that runs"
            onClick={() => void changeJob(client, 'pause', job.id)}
          >
            <IconPlayerPause size={16} />
          </ActionIcon>
        ) : null}
        {job.state === 'paused' ? (
          <ActionIcon
            size="sm"
            aria-label="Resume"
            title="Resume"
            onClick={() => void changeJob(client, 'resume', job.id)}
          >
            <IconPlayerPlay size={16} />
          </ActionIcon>
        ) : null}
        {goesOn(job) ? (
          <Button
            variant="default"
            size="compact-xs"
            onClick={() => void changeJob(client, 'cancel', job.id)}
          >
            Cancel
          </Button>
        ) : (
          <ActionIcon size="sm" aria-label="Close" onClick={() => dismissJob(job.id)}>
            <IconX size={16} />
          </ActionIcon>
        )}
      </div>
      {goesOn(job) ? (
        <Progress
          value={total === 0 ? 0 : (100 * job.episodesDone) / total}
          size="sm"
          {...(job.state === 'active' ? {} : { color: 'gray' })}
          aria-label={title(job)}
        />
      ) : null}
      <div className={classes['importLine']}>
        {countLine(job)} · {job.agentName}{' '}
        {job.evaluationId === null ? (
          <a
            className={classes['jobLink']}
            href={formatRoute({ ...GROUPS, jobId: job.id })}
            onClick={(event) => {
              event.preventDefault();
              navigate({ ...GROUPS, jobId: job.id });
            }}
          >
            Show its groups
          </a>
        ) : null}
      </div>
      {job.reason === null ? null : <div className={classes['importLine']}>{job.reason}</div>}
    </div>
  );
}
