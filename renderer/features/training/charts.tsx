import { useEffect } from 'react';
import type { RunId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { changes } from '../../state/changes.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { Chart } from './chart.tsx';
import { CHART_NAMES, CHARTS } from './chart-specs.ts';
import classes from './charts.module.css';

/** Spans of steps that a chart shows: about as many as it has pixels across. */
const BUCKETS = 400;
/** Charts are read again at most this often: every step is told, and 16 charts of 10,000 steps are work. */
const INTERVAL_MS = 1500;

export function Charts({ id }: { readonly id: RunId }) {
  const answer = useCall('charts.series', { id, names: [...CHART_NAMES], buckets: BUCKETS });
  const { refetch } = answer;
  useEffect(() => {
    let waiting: number | null = null;
    const stop = changes.listen((topic) => {
      if (topic !== 'runs' && topic !== 'all') return;
      waiting ??= window.setTimeout(() => {
        waiting = null;
        void refetch();
      }, INTERVAL_MS);
    });
    return () => {
      stop();
      if (waiting !== null) window.clearTimeout(waiting);
    };
  }, [refetch]);
  if (answer.error !== null && answer.data === undefined) {
    return <ErrorNotice failure={answer.error} onRetry={() => void refetch()} />;
  }
  return (
    <div className={classes['grid']}>
      {CHARTS.map((spec) => (
        <Chart key={spec.id} spec={spec} series={answer.data} />
      ))}
    </div>
  );
}
