import { Button, Loader } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { AgentVersionId } from '../../../shared/model/ids.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notifyFailure } from '../../state/notices.ts';
import classes from './new-run.module.css';

/** The demo agent has nothing to learn any more; one that is weak on purpose has. */
export function BeginnerOffer({
  beginner,
  onMade,
}: {
  /** The one that came with the app, where it is still in the workspace. */
  readonly beginner: AgentVersionId | null;
  readonly onMade: (id: AgentVersionId) => void;
}) {
  const state = useCall('runs.beginner', undefined).data;
  const make = useMutation('runs.makeBeginner', { onFailure: notifyFailure });
  const wasWorking = useRef(false);
  useEffect(() => {
    // One that was made before this form was opened is in the list, and is not chosen by itself.
    if (state?.kind === 'done' && wasWorking.current) onMade(state.agentVersionId);
    wasWorking.current = state?.kind === 'working';
  }, [state, onMade]);
  if (state === undefined) return null;
  if (state.kind === 'working') {
    return (
      <p className={classes['waiting']} role="status">
        <Loader size={16} aria-hidden />
        {state.stage === 'export'
          ? 'Exporting the beginner…'
          : `Making a beginner: ${state.done} of ${state.total} steps. It takes some minutes.`}
      </p>
    );
  }
  return (
    <div className={classes['offer']}>
      <span>
        The demo agent is right nearly always, so training it shows nothing. A beginner knows the same world
        and looks at it badly: train that one to see it get better.
        {state.kind === 'failed' ? ` ${state.message}` : ''}
      </span>
      <Button
        variant="default"
        loading={make.isPending}
        leftSection={<IconSchool size={14} aria-hidden />}
        onClick={() => (beginner === null ? make.mutate(undefined) : onMade(beginner))}
      >
        {beginner === null ? 'Make a beginner' : 'Train the Beginner'}
      </Button>
    </div>
  );
}
