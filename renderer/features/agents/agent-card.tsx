import { ActionIcon, Button, Group, Menu, Modal, Text } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCheck,
  IconDots,
  IconFolder,
  IconInfoCircle,
  IconServer,
  IconTrash,
  IconTrendingUp,
} from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import type { AgentSource, AgentVersion } from '../../../shared/model/agent-version.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { useChangeSettings } from '../../state/agents.ts';
import { notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { COMPARE, formatRoute } from '../../state/route.ts';
import { Tag } from '../../ui/badges.tsx';
import { checkWords, formatCount, formatTime } from '../../ui/format.ts';
import classes from './agents.module.css';

/** One agent version with its facts. */
export function AgentCard({ agent, isCurrent }: { agent: AgentVersion; isCurrent: boolean }) {
  const changeSettings = useChangeSettings();
  return (
    <li className={classes['card']} data-current={isCurrent || undefined}>
      <div className={classes['cardHead']}>
        <h2 title={agent.name}>{agent.name}</h2>
        {agent.isDemo ? <Tag tone="quiet">Demo</Tag> : null}
        {agent.problem === null ? null : <Tag tone="warn">Cannot run</Tag>}
        <span className={classes['space']} />
        {isCurrent ? (
          <Tag tone="accent" icon={<IconCheck size={13} stroke={2.2} aria-hidden />}>
            Runs next
          </Tag>
        ) : (
          <Button
            variant="default"
            aria-label={`Use ${agent.name}`}
            onClick={() => changeSettings({ agentVersionId: agent.id })}
          >
            Use
          </Button>
        )}
        {agent.isDemo ? null : <AgentMenu agent={agent} />}
      </div>
      {agent.description === '' ? null : <p className={classes['description']}>{agent.description}</p>}
      {agent.problem === null ? null : (
        <Line icon={<IconAlertTriangle size={16} color="var(--warn)" aria-hidden />}>{agent.problem}</Line>
      )}
      {agent.isDemo ? (
        <Line icon={<IconInfoCircle size={16} aria-hidden />}>
          It knows only its own procedural world of shapes and patterns. On other pictures it still looks,
          crops and answers, but its answers mean nothing.
        </Line>
      ) : null}
      <Source source={agent.source} />
      <Lineage id={agent.id} />
      <dl className={classes['facts']}>
        <Fact name="Image size" unit="pixels of area">
          {sizeRange(agent)}
        </Fact>
        <Fact name="Crop, at least" unit="pixels of area">
          {formatCount(agent.sizing.cropMinPixels)}
        </Fact>
        <Fact name="Tool calls">{formatCount(agent.limits.maxCalls)}</Fact>
        <Fact name="Tokens a turn">{formatCount(agent.limits.maxTokensPerTurn)}</Fact>
        <Fact name="Tokens an episode">{formatCount(agent.limits.maxEpisodeTokens)}</Fact>
        <Fact name="Pixels an episode">{formatCount(agent.limits.maxEpisodePixels)}</Fact>
        <Fact name="Bad calls in a row">{formatCount(agent.limits.maxBadCallsInRow)}</Fact>
        <Fact name="Sampling">{samplingWords(agent)}</Fact>
        <Fact name="Added">{formatTime(agent.addedAt)}</Fact>
      </dl>
    </li>
  );
}

function sizeRange({ sizing }: AgentVersion): string {
  return sizing.minPixels === sizing.maxPixels
    ? formatCount(sizing.minPixels)
    : `${formatCount(sizing.minPixels)} to ${formatCount(sizing.maxPixels)}`;
}

function samplingWords({ sampling }: AgentVersion): string {
  if (sampling.temperature === 0) return 'Greedy';
  const topK = sampling.topK === 0 ? '' : `, top-k ${sampling.topK}`;
  return `Temperature ${sampling.temperature}, top-p ${sampling.topP}${topK}`;
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className={classes['lineNote']}>
      {icon}
      <span>{children}</span>
    </p>
  );
}

function Source({ source }: { source: AgentSource }) {
  return source.kind === 'folder' ? (
    <Line icon={<IconFolder size={16} stroke={1.6} aria-label="Folder" />}>
      <span className={classes['path']}>{source.folder}</span>
    </Line>
  ) : (
    <Line icon={<IconServer size={16} stroke={1.6} aria-label="Server" />}>
      <span className={classes['path']}>
        {source.model} at {source.baseUrl}
      </span>
    </Line>
  );
}

/** Where an agent that was trained here came from. */
function Lineage({ id }: { id: AgentVersion['id'] }) {
  const lineage = useCall('runs.lineages', undefined).data?.find((one) => one.agentVersionId === id);
  const parent = useCall('agents.list', undefined).data?.find((one) => one.id === lineage?.parentId);
  if (lineage === undefined) return null;
  const { check, runId, runName, step } = lineage;
  const run = formatRoute({
    screen: 'training',
    place: { kind: 'run', id: runId, tab: 'charts', step: null },
  });
  return (
    <Line icon={<IconTrendingUp size={16} stroke={1.6} aria-hidden />}>
      Step {formatCount(step)} of <a href={run}>{runName}</a>
      {parent === undefined ? '' : `, trained from ${parent.name}`}.{' '}
      {check === null ? '' : `${checkWords(check)} `}
      {parent === undefined ? null : (
        <a href={formatRoute({ ...COMPARE, a: parent.id, b: id })}>Compare with its parent</a>
      )}
    </Line>
  );
}

function Fact({ name, unit, children }: { name: string; unit?: string; children: ReactNode }) {
  return (
    <div title={unit}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function AgentMenu({ agent }: { agent: AgentVersion }) {
  const [asking, setAsking] = useState(false);
  const who = useReviewer();
  const remove = useMutation('agents.remove', {
    onSuccess: () => setAsking(false),
    onFailure: (failure) => notifyFailure(failure),
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`More about ${agent.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => setAsking(true)}
          >
            Remove from this workspace
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Remove ${agent.name}?`}>
        <Text size="sm">Its folder or server is left as it is, and so are the episodes that it ran.</Text>
        <Group justify="flex-end" gap="xs" mt="md">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            Cancel
          </Button>
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() => remove.mutate({ ...who, id: agent.id })}
          >
            Remove
          </Button>
        </Group>
      </Modal>
    </>
  );
}
