import { Button, Checkbox, NumberInput, Popover, Switch } from '@mantine/core';
import { IconChevronDown, IconRestore } from '@tabler/icons-react';
import { DEFAULT_MASKED_STATUSES } from '../../../shared/model/token-mask.ts';
import { DEFAULT_GROUP_SETTINGS, type GroupSettings } from '../../../shared/model/what-if.ts';
import classes from './group-view.module.css';
import { MASK_REASON_WORDS } from '../../ui/format.ts';

/** The reward and the mask as settings: every figure beside follows at once, and nothing is run or saved. */
export function WhatIf(props: {
  readonly settings: GroupSettings;
  readonly onChange: (settings: GroupSettings) => void;
}) {
  const { settings, onChange } = props;
  const { reward } = settings;
  const changed = JSON.stringify(settings) !== JSON.stringify(DEFAULT_GROUP_SETTINGS);
  const setReward = (part: Partial<GroupSettings['reward']>): void =>
    onChange({ ...settings, reward: { ...reward, ...part } });
  return (
    <section className={classes['whatIf']} aria-label="What if">
      <div className={classes['whatIfHead']}>
        <h2>What if</h2>
        <Button
          variant="subtle"
          size="compact-xs"
          disabled={!changed}
          leftSection={<IconRestore size={13} aria-hidden />}
          onClick={() => onChange(DEFAULT_GROUP_SETTINGS)}
        >
          Defaults
        </Button>
      </div>
      <div className={classes['whatIfRow']}>
        <NumberInput
          label="Tool gain"
          min={0}
          max={10}
          step={0.5}
          decimalScale={3}
          value={reward.toolGain}
          onChange={(value) => {
            if (typeof value === 'number') setReward({ toolGain: value });
          }}
        />
        <NumberInput
          label="Format weight"
          min={0}
          max={10}
          step={0.1}
          decimalScale={3}
          value={reward.formatWeight}
          onChange={(value) => {
            if (typeof value === 'number') setReward({ formatWeight: value });
          }}
        />
      </div>
      <DroppedEndings settings={settings} onChange={onChange} />
      <Switch
        size="xs"
        label="Dropped ones count in the mean"
        checked={settings.maskedInBaseline}
        onChange={(event) => onChange({ ...settings, maskedInBaseline: event.currentTarget.checked })}
      />
      <Switch
        size="xs"
        label="Divide by the deviation"
        checked={settings.scaleRewards !== 'none'}
        onChange={(event) =>
          onChange({ ...settings, scaleRewards: event.currentTarget.checked ? 'group' : 'none' })
        }
      />
      <p className={classes['quiet']}>Only looked at here: nothing is run again or saved.</p>
    </section>
  );
}

/** Which endings the trajectory mask takes out whole. */
function DroppedEndings({
  settings,
  onChange,
}: {
  readonly settings: GroupSettings;
  readonly onChange: (settings: GroupSettings) => void;
}) {
  const { maskedStatuses } = settings;
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          size="compact-sm"
          justify="space-between"
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          Mask drops {maskedStatuses.length} of {DEFAULT_MASKED_STATUSES.length} endings
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Endings that the mask drops">
        <Checkbox.Group
          label="The mask drops a rollout with"
          size="xs"
          value={[...maskedStatuses]}
          onChange={(values) =>
            onChange({
              ...settings,
              maskedStatuses: DEFAULT_MASKED_STATUSES.filter((status) => values.includes(status)),
            })
          }
        >
          <div className={classes['endings']}>
            {DEFAULT_MASKED_STATUSES.map((status) => (
              <Checkbox key={status} size="xs" value={status} label={MASK_REASON_WORDS[status]} />
            ))}
          </div>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
