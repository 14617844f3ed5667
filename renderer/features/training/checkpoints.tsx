import { Button, Loader, Modal, Table, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { RunDetail } from '../../../shared/contract/runs.ts';
import type { MakeAgentJob } from '../../../shared/model/run.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import { navigate } from '../../state/route.ts';
import { Tag } from '../../ui/badges.tsx';
import { checkWords, formatBytes, formatCount, formatTime } from '../../ui/format.ts';
import { EmptyState } from '../../ui/parts.tsx';
import classes from './training.module.css';
import { makeStageWords, percentWords } from './words.ts';

/** What the run has saved, newest first. */
export function Checkpoints({ detail }: { readonly detail: RunDetail }) {
  const { checkpoints, config, run } = detail;
  const jobs = useCall('runs.jobs', undefined).data ?? [];
  const [asked, setAsked] = useState<number | null>(null);
  if (checkpoints.length === 0) {
    return (
      <EmptyState title="No checkpoint yet">
        One is saved every {formatCount(config.save_every)} steps, at the end, and when the run is stopped.
      </EmptyState>
    );
  }
  return (
    <>
      <Table className={classes['table'] ?? ''} aria-label="Checkpoints">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Step</Table.Th>
            <Table.Th>Validation</Table.Th>
            <Table.Th>Size</Table.Th>
            <Table.Th>Weights</Table.Th>
            <Table.Th>Saved</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {checkpoints.map((one) => (
            <Table.Tr key={one.step}>
              <Table.Td>{formatCount(one.step)}</Table.Td>
              <Table.Td>{percentWords(one.accuracy)}</Table.Td>
              <Table.Td>{formatBytes(one.bytes)}</Table.Td>
              <Table.Td>{one.kind === 'lora' ? 'LoRA' : 'All'}</Table.Td>
              <Table.Td className={classes['quiet'] ?? ''}>{formatTime(one.createdAt)}</Table.Td>
              <Table.Td>
                {one.whole ? (
                  <AgentOf
                    job={jobs.find((job) => job.runId === run.id && job.step === one.step)}
                    step={one.step}
                    onMake={() => setAsked(one.step)}
                  />
                ) : (
                  <Tag tone="bad">Files are missing</Tag>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {asked === null ? null : <MakeAgent detail={detail} step={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

/** The agent that was made of a checkpoint, how far it is, or the button that makes it. */
function AgentOf(props: {
  readonly job: MakeAgentJob | undefined;
  readonly step: number;
  readonly onMake: () => void;
}) {
  const state = props.job?.state;
  const lineage = useCall('runs.lineages', undefined).data?.find(
    ({ agentVersionId }) => state?.kind === 'done' && agentVersionId === state.agentVersionId,
  );
  if (state?.kind === 'working') {
    return (
      <span className={classes['making']} role="status">
        <Loader size={14} aria-hidden />
        {makeStageWords(state.stage)}
        {state.total === 0 ? '' : `, ${state.done} of ${state.total}`}
      </span>
    );
  }
  // An agent that was removed from the workspace can be made again.
  if (state?.kind === 'done' && lineage !== undefined) {
    return (
      <span className={classes['making']}>
        <Tag tone="good" {...(lineage.check === null ? {} : { title: checkWords(lineage.check) })}>
          Is an agent
        </Tag>
        <Button variant="default" onClick={() => navigate({ screen: 'agents' })}>
          Show it
        </Button>
      </span>
    );
  }
  return (
    <span className={classes['making']}>
      {state?.kind === 'failed' ? (
        <Tag tone="bad" title={`${state.message}\n${state.detail ?? ''}`}>
          {state.message}
        </Tag>
      ) : null}
      <Button variant="default" aria-label={`Make an agent of step ${props.step}`} onClick={props.onMake}>
        Make an agent
      </Button>
    </span>
  );
}

function MakeAgent(props: {
  readonly detail: RunDetail;
  readonly step: number;
  readonly onClose: () => void;
}) {
  const { run } = props.detail;
  const [name, setName] = useState(`${run.agentName}, step ${props.step}`);
  const make = useMutation('runs.makeAgent', { onSuccess: props.onClose, onFailure: notifyFailure });
  return (
    <Modal opened onClose={props.onClose} title={`Make an agent of step ${props.step}`}>
      <p className={classes['question']}>
        The weights are merged, exported to ONNX and compared with PyTorch on greedy episodes, token for
        token. It goes on when you leave this page.
      </p>
      <TextInput
        label="Name"
        data-autofocus
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div className={classes['dialogButtons']}>
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
        <Button
          disabled={name.trim() === ''}
          loading={make.isPending}
          onClick={() => make.mutate({ id: run.id, step: props.step, name: name.trim() })}
        >
          Make an agent
        </Button>
      </div>
    </Modal>
  );
}
