import { Button } from '@mantine/core';
import { IconPlus, IconRobot, IconScale } from '@tabler/icons-react';
import { useState } from 'react';
import { useCall } from '../../client/hooks.ts';
import { currentAgent, useSettings } from '../../state/agents.ts';
import { lastPlaceOn, navigate } from '../../state/route.ts';
import { formatPlural } from '../../ui/format.ts';
import { EmptyState, ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { AddAgent } from './add-agent.tsx';
import { AgentCard } from './agent-card.tsx';
import classes from './agents.module.css';

/** Agent versions: what they are, where they run, which one runs next. */
export function AgentsScreen() {
  const answer = useCall('agents.list', undefined);
  const settings = useSettings();
  const [adding, setAdding] = useState(false);
  const agents = answer.data ?? [];
  const current = currentAgent(agents, settings);
  return (
    <div className={classes['screen']}>
      <ScreenHeader
        title="Agents"
        subtitle={answer.data === undefined ? undefined : formatPlural(agents.length, 'version')}
      >
        <Button
          variant="default"
          leftSection={<IconScale size={14} aria-hidden />}
          onClick={() => navigate(lastPlaceOn('compare'))}
        >
          Evaluate and compare
        </Button>
        <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
          Add an agent
        </Button>
      </ScreenHeader>
      <div className={classes['scroll']}>
        {answer.error === null ? null : (
          <ErrorNotice failure={answer.error} onRetry={() => void answer.refetch()} />
        )}
        {answer.data !== undefined && agents.length === 0 ? (
          <EmptyState
            icon={<IconRobot size={40} stroke={1.2} />}
            title="No agents yet"
            actions={<Button onClick={() => setAdding(true)}>Add an agent</Button>}
          >
            Add a folder with a Qwen2.5-VL model in ONNX form, or a model server on your machine.
          </EmptyState>
        ) : (
          <ul className={classes['cards']}>
            {agents.map((agent) => (
              <AgentCard key={agent.id} agent={agent} isCurrent={agent.id === current?.id} />
            ))}
          </ul>
        )}
      </div>
      <AddAgent opened={adding} onClose={() => setAdding(false)} />
    </div>
  );
}
