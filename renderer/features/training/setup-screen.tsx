import { Button, CopyButton, Loader } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCircleX, IconCopy, IconRefresh } from '@tabler/icons-react';
import type { DoctorCheck } from '../../../shared/model/trainer-setup.ts';
import { useCall } from '../../client/hooks.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { RunsButton } from './runs-button.tsx';
import { SetupNotice } from './setup-notice.tsx';
import classes from './training.module.css';

const ICONS: Readonly<Record<DoctorCheck['state'], typeof IconCheck>> = {
  good: IconCheck,
  warn: IconAlertTriangle,
  bad: IconCircleX,
};
const WORDS: Readonly<Record<DoctorCheck['state'], string>> = {
  good: 'Good',
  warn: 'To know',
  bad: 'Missing',
};

/** What training needs, what this machine has of it, and what to do about the rest. */
export function SetupScreen() {
  const { data, error, isFetching, refetch } = useCall('trainer.doctor', {});
  return (
    <div className={classes['screen']}>
      <ScreenHeader title="What training needs" subtitle="Looked at on this machine, now">
        <RunsButton />
        {data === undefined ? null : (
          <CopyButton value={report(data)}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>
                {copied ? 'Copied' : 'Copy report'}
              </Button>
            )}
          </CopyButton>
        )}
        <Button
          variant="default"
          loading={isFetching}
          leftSection={<IconRefresh size={14} aria-hidden />}
          onClick={() => void refetch()}
        >
          Look again
        </Button>
      </ScreenHeader>
      <SetupNotice />
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      <div className={classes['scroll']}>
        {data === undefined && error === null ? (
          <p className={classes['waiting']} role="status">
            <Loader size={16} aria-hidden /> Looking at Python, PyTorch, memory and disk…
          </p>
        ) : (
          <ul className={classes['checks']} aria-label="Checks">
            {(data ?? []).map((check) => (
              <Check key={check.id} check={check} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function Check({ check }: { readonly check: DoctorCheck }) {
  const Icon = ICONS[check.state];
  return (
    <li className={classes['check']} data-state={check.state}>
      <Icon size={18} aria-label={WORDS[check.state]} role="img" />
      <div className={classes['checkText']}>
        <strong>{check.title}</strong>
        <span>{check.found}</span>
        {check.advice === null ? null : <span className={classes['quiet']}>{check.advice}</span>}
      </div>
    </li>
  );
}

function report(checks: readonly DoctorCheck[]): string {
  return checks
    .map(
      ({ title, state, found, advice }) =>
        `${title}: ${WORDS[state]}. ${found}${advice === null ? '' : `\n  ${advice}`}`,
    )
    .join('\n');
}
