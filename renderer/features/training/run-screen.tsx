import { Button, Menu, Modal, Progress, Tabs } from '@mantine/core';
import {
  IconCopy,
  IconDots,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
  IconSkull,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import type { RunId } from '../../../shared/model/ids.ts';
import { canStart, isActive } from '../../../shared/model/run.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { RUN_TABS, type RunTab } from '../../state/training-route.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, formatPlural } from '../../ui/format.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { Charts } from './charts.tsx';
import { Checkpoints } from './checkpoints.tsx';
import { Configuration } from './configuration.tsx';
import { Findings, Trouble } from './findings.tsx';
import { goTo } from './go.ts';
import { Outcome } from './outcome.tsx';
import { Rollouts } from './rollouts.tsx';
import { RunLog } from './run-log.tsx';
import { RunsButton } from './runs-button.tsx';
import classes from './training.module.css';
import { percentWords, progressOf, stateTone, stateWords } from './words.ts';

const TAB_WORDS: Readonly<Record<RunTab, string>> = {
  charts: 'Charts',
  rollouts: 'Rollouts',
  checkpoints: 'Checkpoints',
  configuration: 'Configuration',
  log: 'Log',
};

/** One run: how it stands, what can be done with it, and everything that is known of it. */
export function RunScreen({
  id,
  tab,
  step,
}: {
  readonly id: RunId;
  readonly tab: RunTab;
  readonly step: number | null;
}) {
  const { data, error, refetch } = useCall('runs.get', { id });
  if (data === undefined) {
    return error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  }
  return (
    <div className={classes['screen']}>
      <Header detail={data} />
      <Facts detail={data} />
      <Trouble detail={data} />
      <Outcome detail={data} />
      <Findings recent={data.recent} whole={data.whole} />
      <Tabs
        className={classes['tabs'] ?? ''}
        value={tab}
        keepMounted={false}
        onChange={(value) => {
          const next = RUN_TABS.find((one) => one === value);
          if (next !== undefined) goTo({ kind: 'run', id, tab: next, step }, true);
        }}
      >
        <Tabs.List aria-label="Parts of the run">
          {RUN_TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {TAB_WORDS[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="charts" tabIndex={0} className={classes['panel'] ?? ''}>
          <Charts id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="rollouts" tabIndex={0} className={classes['panel'] ?? ''}>
          <Rollouts detail={data} step={step} />
        </Tabs.Panel>
        <Tabs.Panel value="checkpoints" tabIndex={0} className={classes['panel'] ?? ''}>
          <Checkpoints detail={data} />
        </Tabs.Panel>
        <Tabs.Panel value="configuration" tabIndex={0} className={classes['panel'] ?? ''}>
          <Configuration detail={data} />
        </Tabs.Panel>
        <Tabs.Panel value="log" tabIndex={0} className={classes['panel'] ?? ''}>
          <RunLog id={id} badLines={data.run.badLines} />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

function Header({ detail }: { readonly detail: RunDetail }) {
  const { run } = detail;
  const { id, state } = run;
  const [asking, setAsking] = useState<'remove' | 'kill' | null>(null);
  const failed = { onFailure: notifyFailure };
  const start = useMutation('runs.start', failed);
  const pause = useMutation('runs.pause', failed);
  const resume = useMutation('runs.resume', failed);
  const stop = useMutation('runs.stop', failed);
  const kill = useMutation('runs.kill', { ...failed, onSuccess: () => setAsking(null) });
  const remove = useMutation('runs.remove', { ...failed, onSuccess: () => goTo({ kind: 'list' }) });
  const active = isActive(state);
  const isPaused = state.kind === 'running' && (state.phase === 'paused' || state.wish === 'pause');
  const isStopping = state.kind === 'running' && (state.wish === 'stop' || state.phase === 'stopping');
  const whole = detail.checkpoints.find((one) => one.whole);
  return (
    <ScreenHeader title={run.name} subtitle={<Tag tone={stateTone(state)}>{stateWords(state)}</Tag>}>
      <RunsButton />
      {active ? (
        <>
          {isPaused ? (
            <Button
              variant="default"
              disabled={isStopping}
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
              onClick={() => resume.mutate({ id })}
            >
              Resume
            </Button>
          ) : (
            <Button
              variant="default"
              disabled={isStopping || state.kind === 'starting'}
              leftSection={<IconPlayerPause size={14} aria-hidden />}
              onClick={() => pause.mutate({ id })}
            >
              Pause
            </Button>
          )}
          <Button
            variant="default"
            disabled={isStopping}
            title="Ends the step, saves a checkpoint and ends. It can go on from there."
            leftSection={<IconPlayerStop size={14} aria-hidden />}
            onClick={() => stop.mutate({ id })}
          >
            Stop
          </Button>
        </>
      ) : null}
      {canStart(state) ? (
        <Button
          loading={start.isPending}
          leftSection={<IconPlayerPlay size={14} aria-hidden />}
          onClick={() => start.mutate({ id })}
        >
          {run.attempt === 0 ? 'Start' : whole === undefined ? 'Start anew' : `Go on from step ${whole.step}`}
        </Button>
      ) : null}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" px={8} aria-label="More about this run">
            <IconDots size={15} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconCopy size={14} aria-hidden />}
            onClick={() => goTo({ kind: 'new', like: id })}
          >
            New run with these settings
          </Menu.Item>
          {active ? (
            <Menu.Item
              color="red"
              leftSection={<IconSkull size={14} aria-hidden />}
              onClick={() => setAsking('kill')}
            >
              End at once
            </Menu.Item>
          ) : (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => setAsking('remove')}
            >
              Delete this run
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asking !== null}
        onClose={() => setAsking(null)}
        title={asking === 'kill' ? 'End this run at once?' : `Delete ${run.name}?`}
      >
        <p className={classes['question']}>
          {asking === 'kill'
            ? 'Its process is ended in the middle of what it does. The steps since the last checkpoint are lost; it can go on from there.'
            : 'Its folder with every checkpoint and rollout is deleted. Agents that were made of it stay.'}
        </p>
        <div className={classes['dialogButtons']}>
          <Button variant="default" data-autofocus onClick={() => setAsking(null)}>
            Cancel
          </Button>
          <Button
            color="red"
            loading={kill.isPending || remove.isPending}
            onClick={() => (asking === 'kill' ? kill.mutate({ id }) : remove.mutate({ id }))}
          >
            {asking === 'kill' ? 'End at once' : 'Delete'}
          </Button>
        </div>
      </Modal>
    </ScreenHeader>
  );
}

/** The figures that one looks for first. */
function Facts({ detail }: { readonly detail: RunDetail }) {
  const { run } = detail;
  const { state, machine } = run;
  const inStep =
    state.kind === 'running' && state.done !== null && state.total !== null
      ? `${formatCount(state.done)} of ${formatCount(state.total)}`
      : null;
  return (
    <section className={classes['facts']} aria-label="How it stands">
      <div className={classes['progress']}>
        <span>
          Step <strong>{formatCount(run.step)}</strong> of {formatCount(run.maxSteps)}
          {inStep === null ? '' : ` · ${stateWords(state).toLowerCase()}, ${inStep}`}
        </span>
        <Progress value={progressOf(run) * 100} size={6} aria-label="Steps of the run" />
      </div>
      <Fact name="Reward">{run.reward === null ? '—' : run.reward.toFixed(3)}</Fact>
      <Fact name="Accuracy">{percentWords(run.accuracy)}</Fact>
      <Fact name="Use a tool">{percentWords(run.toolRate)}</Fact>
      <Fact name="Validation">{percentWords(run.evaluation)}</Fact>
      <Fact name="On">{machine === null ? '—' : `${machine.deviceName}, ${machine.dtype}`}</Fact>
      <Fact name="Data">
        {machine === null
          ? run.sourceName
          : `${formatPlural(machine.samples.train, 'sample')}, ${formatPlural(machine.samples.demonstrations, 'demonstration')}`}
      </Fact>
      {detail.isQuiet ? (
        <Tag
          tone="warn"
          title="It may be busy with something long, or hang. End it at once if nothing comes."
        >
          Not heard of for a while
        </Tag>
      ) : null}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <div className={classes['fact']}>
      <span className={classes['quiet']}>{name}</span>
      <strong title={children}>{children}</strong>
    </div>
  );
}
