import { Loader } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { SnapshotFinding } from '../../../shared/contract/snapshots.ts';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { formatRoute } from '../../state/route.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, formatPlural } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { PROBLEM_WORDS } from './problem-words.ts';
import classes from './snapshots.module.css';

/** What training could not use of a snapshot, with the first samples that have each trouble. */
export function SnapshotCheckPane({ id }: { id: SnapshotId }) {
  const { data: check, error, refetch } = useCall('snapshots.check', { id });
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  if (check === undefined) {
    return (
      <div className={classes['busy']} role="status">
        <Loader size="xs" /> Looking at every sample and file …
      </div>
    );
  }
  const { findings, usable, trainable } = check;
  return (
    <div className={classes['check']}>
      <p className={classes['outcome']} data-good={trainable || undefined}>
        {trainable ? <IconCircleCheck size={18} aria-hidden /> : <IconAlertTriangle size={18} aria-hidden />}
        {trainable
          ? `Training can use ${formatPlural(usable, 'sample')}.`
          : 'Training refuses this snapshot: it has nothing to train on.'}
        {findings.length === 0 ? ' Nothing is wrong with any of them.' : ''}
      </p>
      {findings.map((finding) => (
        <Finding key={finding.problem} finding={finding} />
      ))}
    </div>
  );
}

function Finding({ finding }: { finding: SnapshotFinding }) {
  const { problem, leftOut, count, examples } = finding;
  const { title, advice } = PROBLEM_WORDS[problem];
  const named = examples.filter(({ sampleId }) => sampleId !== null);
  return (
    <section className={classes['finding']}>
      <h2>
        {title} <span className={classes['quiet']}>{formatCount(count)}</span>
        <Tag tone={leftOut ? 'bad' : 'warn'}>{leftOut ? 'Left out' : 'Told only'}</Tag>
      </h2>
      <p>{advice}</p>
      {named.length === 0 ? null : (
        <ul>
          {named.map(({ sampleId, text }, index) => (
            <li key={`${sampleId} ${index}`}>
              <a href={formatRoute({ screen: 'watch', sampleId, episodeId: null })}>{text}</a>
            </li>
          ))}
          {count > named.length ? (
            <li className={classes['quiet']}>and {formatCount(count - named.length)} more</li>
          ) : null}
        </ul>
      )}
    </section>
  );
}
