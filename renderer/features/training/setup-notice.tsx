import { Button, Loader } from '@mantine/core';
import { IconAlertTriangle, IconDownload } from '@tabler/icons-react';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { formatPlural } from '../../ui/format.ts';
import classes from './training.module.css';

/** The trainer's Python where it is not there: how to get it, how far it is, what went wrong. */
export function SetupNotice() {
  const setup = useCall('trainer.setup', undefined).data;
  const begin = useMutation('trainer.setUp', { onFailure: notifyFailure });
  const stop = useMutation('trainer.stopSetUp', { onFailure: notifyFailure });
  if (setup === undefined || setup.kind === 'ready') return null;
  if (setup.kind === 'working') {
    return (
      <div className={classes['notice']} role="status" aria-label="Setting up the trainer">
        <Loader size={18} aria-hidden />
        <div className={classes['noticeText']}>
          <strong>
            Setting up the trainer
            {setup.packages === 0 ? '' : ` · ${formatPlural(setup.packages, 'package')} looked at`}
          </strong>
          <span className={classes['line']}>{setup.line}</span>
        </div>
        <Button variant="default" onClick={() => stop.mutate(undefined)}>
          Stop
        </Button>
      </div>
    );
  }
  const isFailed = setup.kind === 'failed';
  const [first = '', ...rest] = isFailed ? setup.message.split('\n\n') : [];
  return (
    <div
      className={classes['notice']}
      data-tone={isFailed ? 'bad' : 'warn'}
      role={isFailed ? 'alert' : 'note'}
    >
      <IconAlertTriangle size={18} aria-hidden />
      <div className={classes['noticeText']}>
        <strong>{isFailed ? 'The trainer could not be set up' : 'The trainer is not set up yet'}</strong>
        <span>
          {isFailed
            ? first
            : 'It is a Python program with PyTorch, about 3 GB on disk. It is fetched once, and goes on where it was stopped; after that nothing needs the network.'}
        </span>
        {rest.length === 0 ? null : (
          <details>
            <summary>What the installer said</summary>
            <pre className={classes['output']}>{rest.join('\n\n')}</pre>
          </details>
        )}
      </div>
      <Button
        leftSection={<IconDownload size={14} aria-hidden />}
        loading={begin.isPending}
        onClick={() => begin.mutate(undefined)}
      >
        {isFailed ? 'Go on' : 'Set up the trainer'}
      </Button>
    </div>
  );
}
