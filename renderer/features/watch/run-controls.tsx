import { ActionIcon, Button, NumberInput, Popover, Switch, Tooltip } from '@mantine/core';
import {
  IconAdjustmentsHorizontal,
  IconArrowsShuffle,
  IconLayoutRows,
  IconPlayerPlay,
  IconPlayerStop,
} from '@tabler/icons-react';
import type { AgentVersion } from '../../../shared/model/agent-version.ts';
import { GREEDY, type SamplingSettings } from '../../../shared/model/limits.ts';
import { DEFAULT_PACE, type Settings } from '../../../shared/model/settings.ts';
import { RESEED_TEMPERATURE } from '../../state/watch-model.ts';
import classes from './watch-header.module.css';

/** What the next run uses: the person's settings, else the agent's own. */
export function samplingFor(settings: Settings, agent: AgentVersion | null): SamplingSettings {
  return settings.sampling ?? agent?.sampling ?? GREEDY;
}

export interface RunControlsProps {
  readonly running: boolean;
  readonly request: 'none' | 'starting' | 'stopping';
  readonly ranBefore: boolean;
  readonly settings: Settings;
  readonly agent: AgentVersion | null;
  readonly onRun: () => void;
  readonly onReseed: () => void;
  readonly onStop: () => void;
  /** Several rollouts of this sample in the background, to be compared. */
  readonly onGroup: () => void;
  readonly onSettings: (part: Partial<Settings>) => void;
}

/** Run, Stop, again with another seed, and the few settings of a run. */
export function RunControls(props: RunControlsProps) {
  const { running, request, agent } = props;
  const sampling = samplingFor(props.settings, agent);
  const unusable = agent === null || agent.problem !== null;
  return (
    <div className={classes['controls']}>
      <Tooltip label="Run a group of rollouts of this sample (G)">
        <ActionIcon
          variant="default"
          size={30}
          aria-label="Run a group of rollouts"
          disabled={unusable}
          onClick={props.onGroup}
        >
          <IconLayoutRows size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <RunOptions {...props} sampling={sampling} />
      {props.ranBefore && !running ? (
        <Tooltip
          label={
            sampling.temperature > 0
              ? 'Run again with the next seed (Ctrl+Shift+Enter)'
              : `Run again with the next seed at temperature ${RESEED_TEMPERATURE}; at 0 every seed gives the same run (Ctrl+Shift+Enter)`
          }
          multiline
          maw={280}
        >
          <Button
            variant="default"
            leftSection={<IconArrowsShuffle size={14} aria-hidden />}
            disabled={unusable || request !== 'none'}
            onClick={props.onReseed}
          >
            Another seed
          </Button>
        </Tooltip>
      ) : null}
      {running ? (
        <Tooltip label="Stop the run (Esc)">
          <Button
            color="red"
            variant="light"
            leftSection={<IconPlayerStop size={14} aria-hidden />}
            loading={request === 'stopping'}
            onClick={props.onStop}
          >
            Stop
          </Button>
        </Tooltip>
      ) : (
        <Tooltip label={agent?.problem ?? 'Run the agent on this sample (Ctrl+Enter)'} multiline maw={320}>
          <Button
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            loading={request === 'starting'}
            disabled={unusable}
            onClick={props.onRun}
          >
            {props.ranBefore ? 'Run again' : 'Run'}
          </Button>
        </Tooltip>
      )}
    </div>
  );
}

function RunOptions(props: RunControlsProps & { readonly sampling: SamplingSettings }) {
  const { sampling, settings } = props;
  const change = (part: Partial<SamplingSettings>) =>
    props.onSettings({ sampling: { ...sampling, ...part } });
  const changed = settings.sampling !== null || !settings.withTools;
  return (
    <Popover position="bottom-end" shadow="md" width={280} trapFocus>
      <Popover.Target>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={changed ? 'Settings of the next run (changed)' : 'Settings of the next run'}
          title="Settings of the next run"
        >
          <IconAdjustmentsHorizontal size={16} aria-hidden />
          {changed ? <span className={classes['changedDot']} aria-hidden /> : null}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Settings of the next run">
        <div className={classes['options']}>
          <Switch
            label="Offer the tools"
            description="Without them it must answer from what it sees at first."
            checked={settings.withTools}
            onChange={(event) => props.onSettings({ withTools: event.currentTarget.checked })}
          />
          <Switch
            label="Slow enough to watch"
            description="Shown at reading speed. Off: as fast as the agent goes."
            checked={settings.pace !== null}
            onChange={(event) =>
              props.onSettings({ pace: event.currentTarget.checked ? DEFAULT_PACE : null })
            }
          />
          <NumberInput
            label="Temperature"
            description="0 always takes the likeliest token; the rest then has no effect."
            min={0}
            max={4}
            step={0.1}
            decimalScale={2}
            value={sampling.temperature}
            onChange={(value) => typeof value === 'number' && change({ temperature: value })}
          />
          <div className={classes['pair']}>
            <NumberInput
              label="Seed"
              min={0}
              max={0xffff_ffff}
              allowDecimal={false}
              value={sampling.seed}
              onChange={(value) => typeof value === 'number' && change({ seed: value })}
            />
            <NumberInput
              label="Top-p"
              min={0.01}
              max={1}
              step={0.05}
              decimalScale={2}
              value={sampling.topP}
              onChange={(value) => typeof value === 'number' && value > 0 && change({ topP: value })}
            />
          </div>
          <Button
            variant="subtle"
            disabled={!changed}
            onClick={() => props.onSettings({ sampling: null, withTools: true })}
          >
            Use the agent’s own settings
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
