import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCheck,
  IconChevronDown,
  IconDeviceDesktop,
  IconInfoCircle,
  IconKeyboard,
  IconMoon,
  IconPlus,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { useCall } from '../../client/hooks.ts';
import { useAgents, useChangeSettings, useSettings } from '../../state/agents.ts';
import { useKeyName } from '../../state/keymap.ts';
import { navigate } from '../../state/route.ts';
import type { Undo } from '../../state/undo.ts';
import type { ThemeChoice } from '../../../shared/model/settings.ts';
import { baseName, formatPlural } from '../../ui/format.ts';
import classes from './app-frame.module.css';
import { ReviewerMenu } from './reviewer-menu.tsx';
import { UndoButtons } from './undo-buttons.tsx';

const THEMES: Readonly<Record<ThemeChoice, { label: string; icon: typeof IconSun }>> = {
  system: { label: 'As the system', icon: IconDeviceDesktop },
  light: { label: 'Light', icon: IconSun },
  dark: { label: 'Dark', icon: IconMoon },
};

/** Workspace, agent, theme. */
export function Header(props: {
  readonly undo: Undo;
  readonly onHelp: () => void;
  readonly onPalette: () => void;
}) {
  const info = useCall('app.info', undefined).data;
  return (
    <header className={classes['header']}>
      {info === undefined ? null : (
        <>
          <span className={classes['workspace']} title={info.workspacePath}>
            {baseName(info.workspacePath)}
          </span>
          <span className={classes['counts']}>
            {formatPlural(info.counts.samples, 'sample')} · {formatPlural(info.counts.images, 'image')} ·{' '}
            {formatPlural(info.counts.episodes, 'episode')}
          </span>
        </>
      )}
      <span className={classes['headerSpace']} />
      <DemoNotice />
      <UndoButtons undo={props.undo} />
      <AgentPicker />
      <ReviewerMenu />
      <Tooltip label={`Find a command (${useKeyName('global', 'Ctrl+K')})`}>
        <ActionIcon aria-label="Find a command" onClick={props.onPalette}>
          <IconSearch size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <ThemeMenu />
      <Tooltip label="Keys (?)">
        <ActionIcon aria-label="Show the keys" onClick={props.onHelp}>
          <IconKeyboard size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </header>
  );
}

function DemoNotice() {
  const { current } = useAgents();
  if (current?.isDemo !== true) return null;
  const text = 'Demo agent: it knows only its own procedural world of shapes and patterns.';
  return (
    <span className={classes['demoNotice']} title={text}>
      <IconInfoCircle size={15} stroke={1.6} aria-hidden />
      <span>{text}</span>
    </span>
  );
}

function AgentPicker() {
  const { agents, current, loading } = useAgents();
  const changeSettings = useChangeSettings();
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <Button
          variant="default"
          className={classes['agentButton'] ?? ''}
          title={current?.problem ?? current?.description ?? ''}
          leftSection={
            current?.problem ? (
              <IconAlertTriangle size={14} color="var(--warn)" aria-label="Has a problem" />
            ) : undefined
          }
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          <span className="only-read">Agent: </span>
          {current?.name ?? (loading ? '…' : 'No agent')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Agent for the next run</Menu.Label>
        {agents.map((agent) => (
          <Menu.Item
            key={agent.id}
            leftSection={
              agent.id === current?.id ? (
                <IconCheck size={14} aria-label="Current" />
              ) : (
                <span style={{ width: 14 }} />
              )
            }
            rightSection={
              agent.problem === null ? undefined : (
                <IconAlertTriangle size={14} color="var(--warn)" aria-label="Has a problem" />
              )
            }
            title={agent.problem ?? agent.description}
            onClick={() => changeSettings({ agentVersionId: agent.id })}
          >
            {agent.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => navigate({ screen: 'agents' })}
        >
          Add or change agents
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeMenu() {
  const { theme } = useSettings();
  const changeSettings = useChangeSettings();
  const Icon = THEMES[theme].icon;
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <ActionIcon aria-label={`Theme: ${THEMES[theme].label}`} title="Theme">
          <Icon size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(THEMES) as ThemeChoice[]).map((choice) => {
          const Sign = THEMES[choice].icon;
          return (
            <Menu.Item
              key={choice}
              leftSection={<Sign size={15} stroke={1.6} aria-hidden />}
              rightSection={choice === theme ? <IconCheck size={14} aria-label="Current" /> : undefined}
              onClick={() => changeSettings({ theme: choice })}
            >
              {THEMES[choice].label}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
