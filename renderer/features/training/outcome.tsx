import { Button, Loader } from '@mantine/core';
import { IconAlertTriangle, IconScale, IconTrophy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { COMPARE, navigate, type Route } from '../../state/route.ts';
import { formatPlural } from '../../ui/format.ts';
import { gainWords, makeStageWords } from './words.ts';
import classes from './training.module.css';

/** What a run that has ended came to, and the one button that makes an agent of it and compares the two. */
export function Outcome({ detail }: { readonly detail: RunDetail }) {
  const { run, checkpoints, recent } = detail;
  const newest = checkpoints.find(({ whole }) => whole);
  const jobs = useCall('runs.jobs', undefined).data;
  const lineages = useCall('runs.lineages', undefined).data;
  const make = useMutation('runs.makeAgent', { onFailure: notifyFailure });
  const state = jobs?.find((job) => job.runId === run.id && job.step === newest?.step)?.state;
  const made = state?.kind === 'done' ? state.agentVersionId : null;
  const isThere = lineages?.some(({ agentVersionId }) => agentVersionId === made) === true;
  const comparison = made === null ? null : comparisonOf(run.agentVersionId, made);

  // Who asked here for the agent wants to see it; one that was made elsewhere is not pushed on anybody.
  const [waits, setWaits] = useState(false);
  useEffect(() => {
    if (waits && comparison !== null && isThere) navigate(comparison);
  });

  if (run.state.kind !== 'finished' || newest === undefined || jobs === undefined) return null;
  const { step } = newest;
  if (state?.kind === 'working') {
    const { stage, done, total } = state;
    return (
      <div className={classes['notice']} role="status" aria-label="Making the agent">
        <Loader size={18} aria-hidden />
        <div className={classes['noticeText']}>
          <strong>Making the agent</strong>
          <span>
            {makeStageWords(stage)}
            {total === 0 ? '…' : `, ${done} of ${total}.`}
            {waits ? ' The comparison opens by itself.' : ''}
          </span>
        </div>
      </div>
    );
  }
  if (comparison !== null && isThere) {
    return (
      <div className={classes['notice']} data-tone="good" role="note">
        <IconTrophy size={18} aria-hidden />
        <div className={classes['noticeText']}>
          <strong>Trained, and an agent of this workspace</strong>
          <span>{gainWords(recent['accuracy'] ?? [], run.step)}</span>
        </div>
        <Button leftSection={<IconScale size={14} aria-hidden />} onClick={() => navigate(comparison)}>
          See what changed
        </Button>
      </div>
    );
  }
  const isFailed = state?.kind === 'failed';
  return (
    <div
      className={classes['notice']}
      data-tone={isFailed ? 'bad' : 'good'}
      role={isFailed ? 'alert' : 'note'}
    >
      {isFailed ? <IconAlertTriangle size={18} aria-hidden /> : <IconTrophy size={18} aria-hidden />}
      <div className={classes['noticeText']}>
        <strong>{isFailed ? 'The agent could not be made' : 'Trained'}</strong>
        <span>{isFailed ? state.message : gainWords(recent['accuracy'] ?? [], run.step)}</span>
      </div>
      <Button
        loading={make.isPending}
        leftSection={<IconScale size={14} aria-hidden />}
        title="The weights are merged, exported and checked against PyTorch; then both agents answer the held-out questions, or all where none is held out."
        onClick={() => {
          setWaits(true);
          make.mutate({ id: run.id, step, name: nameOf(run.agentName, step), evaluate: true });
        }}
      >
        {isFailed ? 'Try again' : 'Make the agent and compare'}
      </Button>
    </div>
  );
}

function nameOf(agent: string, steps: number): string {
  return `${agent.slice(0, 160)}, trained ${formatPlural(steps, 'step')}`;
}

function comparisonOf(before: AgentVersionId, after: AgentVersionId): Route {
  return { ...COMPARE, a: before, b: after };
}
