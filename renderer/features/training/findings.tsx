import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import { useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { findFailures, type Recent } from './detectors.ts';
import classes from './training.module.css';
import { failureTitle, remedyFor } from './words.ts';

/** What the newest steps, and the whole run, say in words. */
export function Findings({ recent, whole }: { readonly recent: Recent; readonly whole: Recent }) {
  return findFailures(recent, whole).map(({ id, title, what, advice }) => (
    <div key={id} className={classes['notice']} data-tone="warn" role="note">
      <IconAlertTriangle size={18} aria-hidden />
      <div className={classes['noticeText']}>
        <strong>{title}</strong>
        <span>
          {what} {advice}
        </span>
      </div>
    </div>
  ));
}

/** Why the run ended before its time, and what helps. */
export function Trouble({ detail }: { readonly detail: RunDetail }) {
  const { run, config } = detail;
  const start = useMutation('runs.start', { onFailure: notifyFailure });
  const { state } = run;
  if (state.kind === 'interrupted') {
    return (
      <div className={classes['notice']} data-tone="warn" role="note">
        <IconAlertTriangle size={18} aria-hidden />
        <div className={classes['noticeText']}>
          <strong>Its process is gone</strong>
          <span>
            It was killed, or the machine went down. It can go on from its last whole checkpoint; the steps
            after that are done again.
          </span>
        </div>
      </div>
    );
  }
  if (state.kind !== 'failed') return null;
  const { code, message, detail: words } = state.failure;
  const remedy = remedyFor(code, config);
  return (
    <div className={classes['notice']} data-tone="bad" role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <div className={classes['noticeText']}>
        <strong>{failureTitle(code)}</strong>
        <span>{message}</span>
        {words === null ? null : (
          <details>
            <summary>Details for a report</summary>
            <pre className={classes['output']}>{words}</pre>
          </details>
        )}
      </div>
      {remedy === null ? null : (
        <Button
          loading={start.isPending}
          title={Object.entries(remedy.changes)
            .map(([name, value]) => `${name} = ${String(value)}`)
            .join('\n')}
          onClick={() => start.mutate({ id: run.id, changes: { ...remedy.changes } })}
        >
          {remedy.label}
        </Button>
      )}
    </div>
  );
}
