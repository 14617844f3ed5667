import { Button, Modal, Progress, Table } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { RunSeries } from '../../../shared/contract/runs.ts';
import { planOf } from '../../../shared/model/experiment.ts';
import type { Experiment, ExperimentArm, ExperimentState } from '../../../shared/model/experiment.ts';
import { useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';
import { Chart } from './chart.tsx';
import type { ChartSpec } from './chart-specs.ts';
import classes from './experiments.module.css';
import { secondsWords } from './words.ts';

const STATES: Readonly<
  Record<
    ExperimentState['kind'],
    { readonly words: string; readonly tone: 'accent' | 'quiet' | 'good' | 'bad' }
  >
> = {
  working: { words: 'Works', tone: 'accent' },
  stopped: { words: 'Stopped', tone: 'quiet' },
  done: { words: 'Done', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
};

/** One experiment: how far it is, its table and its curves, as far as they are there. */
export function ExperimentCard(props: { readonly experiment: Experiment; readonly isBusy: boolean }) {
  const { experiment } = props;
  const { id, name, seeds, state, done, total, arms } = experiment;
  const { title, question } = planOf(name);
  const [asking, setAsking] = useState(false);
  const failed = { onFailure: notifyFailure };
  const resume = useMutation('experiments.resume', failed);
  const stop = useMutation('experiments.stop', failed);
  const remove = useMutation('experiments.remove', failed);
  const { words, tone } = STATES[state.kind];
  return (
    <section className={classes['card']} aria-label={`${title}, ${formatTime(experiment.createdAt)}`}>
      <div className={classes['head']}>
        <h2>{title}</h2>
        <Tag tone={tone}>{words}</Tag>
        <span className={classes['quiet']}>
          {formatTime(experiment.createdAt)} · seeds {seeds.join(', ')}
        </span>
        <span className={classes['gap']} />
        {state.kind === 'working' ? (
          <Button
            variant="default"
            loading={stop.isPending}
            leftSection={<IconPlayerStop size={14} aria-hidden />}
            onClick={() => stop.mutate({ id })}
          >
            Stop
          </Button>
        ) : (
          <>
            {state.kind === 'done' ? null : (
              <Button
                variant="default"
                disabled={props.isBusy}
                loading={resume.isPending}
                leftSection={<IconPlayerPlay size={14} aria-hidden />}
                onClick={() => resume.mutate({ id })}
              >
                Go on
              </Button>
            )}
            <Button variant="default" aria-label={`Delete ${title}`} px={8} onClick={() => setAsking(true)}>
              <IconTrash size={15} />
            </Button>
          </>
        )}
      </div>
      <p className={classes['about']}>{question}</p>
      {state.kind === 'done' ? null : (
        <div className={classes['progress']} role="status">
          <span>
            {formatPlural(done, 'run')} of {formatCount(total)} done
            {state.kind === 'working' ? ` · ${doingWords(state, experiment.scale.steps)}` : ''}
          </span>
          <Progress
            size={6}
            value={share(experiment) * 100}
            color={state.kind === 'working' ? 'accent' : 'gray'}
            aria-label={`Runs of ${title}`}
          />
        </div>
      )}
      {state.kind === 'failed' ? (
        <p className={classes['failure']} role="alert">
          {state.message}
        </p>
      ) : null}
      {arms.length === 0 ? null : (
        <>
          <Arms arms={arms} />
          <Curves experiment={experiment} />
        </>
      )}
      <details className={classes['sizes']}>
        <summary>Where it is, and the same from a terminal</summary>
        <p className={classes['quiet']}>
          {experiment.hardware === null ? '' : `Measured on ${experiment.hardware}. `}Runs, table and plot are
          in <code>{experiment.folder}</code>.
        </p>
        <code className={classes['command']}>{experiment.command}</code>
      </details>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Delete ${title}?`}>
        <p>Its folder with every run, the table and the plot is deleted.</p>
        <div className={classes['dialogButtons']}>
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            Cancel
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate({ id })}>
            Delete
          </Button>
        </div>
      </Modal>
    </section>
  );
}

function doingWords(state: Extract<ExperimentState, { kind: 'working' }>, steps: number): string {
  return state.step === null ? state.doing : `${state.doing}, step ${state.step} of ${steps}`;
}

/** Of all runs, with the part of the one that trains now. */
function share({ state, done, total, scale }: Experiment): number {
  const part = state.kind === 'working' && state.step !== null ? Math.min(1, state.step / scale.steps) : 0;
  return Math.min(1, (done + part) / total);
}

function percent({ mean, sd }: { readonly mean: number; readonly sd: number }, seeds: number): string {
  const middle = (mean * 100).toFixed(1);
  return seeds < 2 ? `${middle} %` : `${middle} ± ${(sd * 100).toFixed(1)} %`;
}

function Arms({ arms }: { readonly arms: readonly ExperimentArm[] }) {
  return (
    <Table.ScrollContainer minWidth={620}>
      <Table aria-label="Settings against each other">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Setting</Table.Th>
            <Table.Th>Seeds</Table.Th>
            <Table.Th>Accuracy before</Table.Th>
            <Table.Th>after</Table.Th>
            <Table.Th>Tool use before</Table.Th>
            <Table.Th>after</Table.Th>
            <Table.Th>Calls after</Table.Th>
            <Table.Th>A run</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {arms.map((arm) => (
            <Table.Tr key={arm.name}>
              <Table.Td>{arm.name}</Table.Td>
              <Table.Td>{arm.seeds}</Table.Td>
              <Table.Td>{percent(arm.accuracyBefore, arm.seeds)}</Table.Td>
              <Table.Td className={classes['after'] ?? ''}>{percent(arm.accuracyAfter, arm.seeds)}</Table.Td>
              <Table.Td>{percent(arm.toolRateBefore, arm.seeds)}</Table.Td>
              <Table.Td className={classes['after'] ?? ''}>{percent(arm.toolRateAfter, arm.seeds)}</Table.Td>
              <Table.Td>{arm.callsAfter.toFixed(2)}</Table.Td>
              <Table.Td>{secondsWords(arm.seconds)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const FIGURES = [
  { key: 'accuracy', title: 'Accuracy of the rollouts' },
  { key: 'toolRate', title: 'Rollouts with a tool call' },
] as const;

function Curves({ experiment }: { readonly experiment: Experiment }) {
  const { arms } = experiment;
  const series = useMemo(() => FIGURES.map(({ key }) => seriesOf(arms, key)), [arms]);
  const names = arms.map((arm) => arm.name).join('\n');
  const specs = useMemo(
    () =>
      FIGURES.map(
        ({ key, title }): ChartSpec => ({
          id: key,
          title,
          about: 'Mean of the seeds; the band is between the least and the greatest of them.',
          lines: names.split('\n').map((name) => ({ name, label: name })),
          format: (value) => `${(value * 100).toFixed(0)} %`,
          range: [0, 1],
        }),
      ),
    [names],
  );
  return (
    <div className={classes['curves']}>
      {FIGURES.map(({ key }, index) => {
        const spec = specs[index];
        return spec === undefined ? null : <Chart key={key} spec={spec} series={series[index]} />;
      })}
    </div>
  );
}

function seriesOf(arms: readonly ExperimentArm[], key: 'accuracy' | 'toolRate'): RunSeries {
  return {
    first: 1,
    last: Math.max(1, ...arms.map((arm) => arm[key].step.at(-1) ?? 1)),
    series: arms.map((arm) => ({ name: arm.name, ...arm[key] })),
  };
}
