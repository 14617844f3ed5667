import { Button, Progress, Table } from '@mantine/core';
import { IconFlask, IconPlus, IconStethoscope, IconTrendingUp } from '@tabler/icons-react';
import type { Run } from '../../../shared/model/run.ts';
import { isActive } from '../../../shared/model/run.ts';
import { useCall } from '../../client/hooks.ts';
import { formatTrainingPlace } from '../../state/training-route.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, formatPlural, formatTime } from '../../ui/format.ts';
import { EmptyState, ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { goTo } from './go.ts';
import { SetupNotice } from './setup-notice.tsx';
import classes from './training.module.css';
import { percentWords, progressOf, stateTone, stateWords } from './words.ts';

/** Every run of this workspace, newest first. */
export function RunList() {
  const { data: runs, error, refetch } = useCall('runs.list', undefined);
  return (
    <div className={classes['screen']}>
      <ScreenHeader
        title="Training"
        subtitle={runs === undefined ? undefined : formatPlural(runs.length, 'run')}
      >
        <Button
          variant="default"
          leftSection={<IconStethoscope size={14} aria-hidden />}
          onClick={() => goTo({ kind: 'setup' })}
        >
          What training needs
        </Button>
        <Button
          variant="default"
          leftSection={<IconFlask size={14} aria-hidden />}
          onClick={() => goTo({ kind: 'experiments' })}
        >
          Experiments
        </Button>
        <Button
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => goTo({ kind: 'new', like: null })}
        >
          New run
        </Button>
      </ScreenHeader>
      <SetupNotice />
      {error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />}
      <div className={classes['scroll']}>
        {runs === undefined ? null : runs.length === 0 ? (
          <EmptyState
            icon={<IconTrendingUp size={40} stroke={1.2} />}
            title="Nothing was trained here yet"
            actions={<Button onClick={() => goTo({ kind: 'new', like: null })}>New run</Button>}
          >
            A run lets an agent play your samples many times and moves it towards what was worth more (GRPO).
            It goes on when the app is closed, and its checkpoints become agents that you can run and compare.
          </EmptyState>
        ) : (
          <RunTable runs={runs} />
        )}
      </div>
    </div>
  );
}

function RunTable({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <Table className={classes['table'] ?? ''} aria-label="Runs" highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Run</Table.Th>
          <Table.Th>State</Table.Th>
          <Table.Th>Steps</Table.Th>
          <Table.Th>Reward</Table.Th>
          <Table.Th>Accuracy</Table.Th>
          <Table.Th>Tools</Table.Th>
          <Table.Th>Validation</Table.Th>
          <Table.Th>Made</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {runs.map((run) => (
          <Table.Tr key={run.id}>
            <Table.Td className={classes['nameCell'] ?? ''}>
              <a
                className={classes['runLink']}
                href={formatTrainingPlace({ kind: 'run', id: run.id, tab: 'charts', step: null })}
              >
                {run.name}
              </a>
              <span className={classes['quiet']}>
                {run.agentName} · {run.sourceName}
              </span>
            </Table.Td>
            <Table.Td>
              <Tag tone={stateTone(run.state)}>{stateWords(run.state)}</Tag>
            </Table.Td>
            <Table.Td>
              <span className={classes['steps']}>
                {formatCount(run.step)} of {formatCount(run.maxSteps)}
                <Progress
                  size={4}
                  value={progressOf(run) * 100}
                  color={isActive(run.state) ? 'accent' : 'gray'}
                  aria-label={`Steps of ${run.name}`}
                />
              </span>
            </Table.Td>
            <Table.Td>{run.reward === null ? '—' : run.reward.toFixed(2)}</Table.Td>
            <Table.Td>{percentWords(run.accuracy)}</Table.Td>
            <Table.Td>{percentWords(run.toolRate)}</Table.Td>
            <Table.Td>{percentWords(run.evaluation)}</Table.Td>
            <Table.Td className={classes['quiet'] ?? ''}>{formatTime(run.createdAt)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
