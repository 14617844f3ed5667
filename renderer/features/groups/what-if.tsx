import { Button, MultiSelect, NumberInput, Switch } from '@mantine/core';
import { IconRestore } from '@tabler/icons-react';
import type { EpisodeStatus } from '../../../shared/model/episode.ts';
import { DEFAULT_MASKED_STATUSES } from '../../../shared/model/token-mask.ts';
import { DEFAULT_GROUP_SETTINGS, type GroupSettings } from '../../../shared/model/what-if.ts';
import classes from './group-view.module.css';
import { MASK_WORDS } from './words.ts';

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
      <MultiSelect
        size="xs"
        label="The mask drops a rollout with"
        data={DEFAULT_MASKED_STATUSES.map((value) => ({ value, label: MASK_WORDS[value] }))}
        value={[...settings.maskedStatuses]}
        comboboxProps={{ shadow: 'md' }}
        onChange={(values) =>
          onChange({
            ...settings,
            maskedStatuses: DEFAULT_MASKED_STATUSES.filter((status: EpisodeStatus) =>
              values.includes(status),
            ),
          })
        }
      />
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
