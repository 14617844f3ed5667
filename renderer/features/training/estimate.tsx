import { Loader } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ProbeReport } from '../../../shared/trainer-protocol/run-folder.ts';
import { formatBytes, formatCount } from '../../ui/format.ts';
import classes from './new-run.module.css';
import { secondsWords } from './words.ts';

/** What the whole run would take on this machine, measured by playing and training a little of it. */
export function Estimate(props: {
  readonly report: ProbeReport | null;
  readonly steps: number;
  readonly isRunning: boolean;
}) {
  const { report } = props;
  if (props.isRunning) {
    return (
      <p className={classes['waiting']} role="status">
        <Loader size={16} aria-hidden /> Playing and training a little of it, to see what it takes…
      </p>
    );
  }
  if (report === null) {
    return (
      <p className={classes['hint']}>
        A short probe says how long this takes and whether it fits into memory. It can be skipped.
      </p>
    );
  }
  const total = report.seconds_per_step === null ? null : report.seconds_per_step * props.steps;
  return (
    <section aria-label="Estimate" role="status">
      <dl className={classes['facts']}>
        <Fact name="Whole run">{secondsWords(total)}</Fact>
        <Fact name="A step">{secondsWords(report.seconds_per_step)}</Fact>
        <Fact name="Device">
          {report.devices.find(({ kind }) => report.device.startsWith(kind))?.name ?? report.device}
        </Fact>
        <Fact name="Memory, at most">
          {report.peak_bytes === null ? 'not known' : formatBytes(report.peak_bytes)}
        </Fact>
        <Fact name="A checkpoint">
          {report.checkpoint_bytes === null ? 'not known' : formatBytes(report.checkpoint_bytes)}
        </Fact>
        <Fact name="Weights that train">
          {report.parameters === null
            ? 'not known'
            : `${formatCount(report.parameters.trainable)} of ${formatCount(report.parameters.all)}`}
        </Fact>
      </dl>
      {report.warnings.map((warning) => (
        <p key={warning.message} className={classes['warning']}>
          <IconAlertTriangle size={16} aria-label="Warning" role="img" />
          {warning.message}
        </p>
      ))}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
