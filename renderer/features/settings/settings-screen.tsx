import { SegmentedControl, Switch } from '@mantine/core';
import type { ReactNode } from 'react';
import {
  DEFAULT_LIMITS,
  type EpisodeLimits,
  GREEDY,
  type SamplingSettings,
} from '../../../shared/model/limits.ts';
import { DEFAULT_PACE, themeChoice } from '../../../shared/model/settings.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { useAgents, useChangeSettings } from '../../state/agents.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { type FieldFacts, LIMIT_FIELDS, SAMPLING_FIELDS, withField } from './fields.ts';
import { KeysSection } from './keys-section.tsx';
import { NumberRow } from './number-row.tsx';
import classes from './settings.module.css';

/** What a person set in this workspace. Every change is saved as it is made. */
export function SettingsScreen() {
  const answer = useCall('settings.get', undefined);
  const change = useChangeSettings();
  const { current } = useAgents();
  const settings = answer.data;
  if (settings === undefined) {
    return answer.error === null ? null : (
      <ErrorNotice failure={answer.error} onRetry={() => void answer.refetch()} />
    );
  }
  const agentSampling = current?.sampling ?? GREEDY;
  const agentLimits = current?.limits ?? DEFAULT_LIMITS;
  const unset =
    current === null
      ? 'What you do not set keeps its default.'
      : `What you do not set is as ${current.name} says.`;
  return (
    <div className={classes['screen']}>
      <ScreenHeader title="Settings" subtitle="Saved in this workspace as you change them" />
      <div className={classes['scroll']}>
        <Section title="Look">
          <Row label="Theme">
            <SegmentedControl
              aria-label="Theme"
              value={settings.theme}
              onChange={(theme) => change({ theme: themeChoice.parse(theme) })}
              data={[
                { value: 'system', label: 'As the system' },
                { value: 'light', label: 'Light' },
                { value: 'dark', label: 'Dark' },
              ]}
            />
          </Row>
          <FirstSteps />
        </Section>
        <Section title="Runs">
          <Row
            label="Tools"
            hint="Zoom in and look back. Without them the agent answers from the images as they are."
          >
            <Switch
              aria-label="The agent may use its tools"
              label={settings.withTools ? 'On' : 'Off'}
              checked={settings.withTools}
              onChange={(event) => change({ withTools: event.currentTarget.checked })}
            />
          </Row>
          <Row
            label="Slow enough to watch"
            hint={`Runs in Watch are shown at ${DEFAULT_PACE} tokens a second. Off: as fast as the agent goes.`}
          >
            <Switch
              aria-label="Show runs slowly enough to watch"
              label={settings.pace === null ? 'Off' : 'On'}
              checked={settings.pace !== null}
              onChange={(event) => change({ pace: event.currentTarget.checked ? DEFAULT_PACE : null })}
            />
          </Row>
        </Section>
        <Section title="Sampling" hint={unset}>
          <Fields<SamplingSettings>
            fields={SAMPLING_FIELDS}
            value={settings.sampling}
            defaults={agentSampling}
            onChange={(sampling) => change({ sampling })}
          />
        </Section>
        <Section title="Limits of an episode" hint={`An episode that meets one ends there. ${unset}`}>
          <Fields<EpisodeLimits>
            fields={LIMIT_FIELDS}
            value={settings.limits}
            defaults={agentLimits}
            onChange={(limits) => change({ limits })}
          />
        </Section>
        <Section
          title="Keys"
          hint="They belong to this page and not to the workspace: hands and keyboards differ."
        >
          <KeysSection />
        </Section>
      </div>
    </div>
  );
}

/** They are of the demo; a workspace without it has none to show. */
function FirstSteps() {
  const guide = useCall('guide.get', undefined).data;
  const show = useMutation('guide.show', { onFailure: notifyFailure });
  if (guide === undefined || !guide.exists) return null;
  return (
    <Row label="First steps" hint="The line under the header that leads from a first run to a trained agent.">
      <Switch
        aria-label="Show the first steps"
        label={guide.shown ? 'On' : 'Off'}
        checked={guide.shown}
        onChange={(event) => show.mutate({ shown: event.currentTarget.checked })}
      />
    </Row>
  );
}

function Section({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className={classes['section']} aria-label={title}>
      <h2>{title}</h2>
      {hint === undefined ? null : <p className={classes['hint']}>{hint}</p>}
      {children}
    </section>
  );
}

function Row({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <div className={classes['row']}>
      <div className={classes['rowLabel']}>
        <span>{label}</span>
        {hint === undefined ? null : <span className={classes['hint']}>{hint}</span>}
      </div>
      <div className={classes['rowValue']}>{children}</div>
    </div>
  );
}

/** Rows of numbers. Back at every default the whole group is null again: as the agent says. */
function Fields<Group extends Readonly<Record<string, number>>>(props: {
  fields: readonly FieldFacts<keyof Group & string>[];
  value: Group | null;
  defaults: Group;
  onChange: (value: Group | null) => void;
}) {
  const { fields, value, defaults, onChange } = props;
  return (
    <>
      {fields.map((facts) => (
        <NumberRow
          key={facts.name}
          facts={facts}
          value={(value ?? defaults)[facts.name] ?? 0}
          defaultValue={defaults[facts.name] ?? 0}
          onChange={(number) => onChange(withField(value, defaults, facts.name, number))}
        />
      ))}
    </>
  );
}
