import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core';
import { IconArrowLeft, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { MaskLink } from '../../episode/mask-link.tsx';
import { formatRoute } from '../../state/route.ts';
import { VerdictBadge, Tag } from '../../ui/badges.tsx';
import { formatPlural } from '../../ui/format.ts';
import { stands } from './correct-model.ts';
import classes from './correct.module.css';
import type { DrawMode } from './use-correct-acts.ts';
import type { CorrectionDesk } from './use-correction.ts';

/** The question, how the correction stands, whether it is saved, and what the agent or a person does next. */
export function CorrectHeader(props: {
  readonly desk: CorrectionDesk;
  readonly mode: DrawMode;
  readonly onMode: (mode: DrawMode) => void;
  readonly onBack: () => void;
  readonly onRun: () => void;
  readonly onStop: () => void;
  readonly onFinish: () => void;
}) {
  const { desk, mode } = props;
  const { sample, corrected, state, run } = desk;
  const doubtful = corrected.steps.filter((step) => !stands(step)).length;
  return (
    <header className={classes['header']}>
      <Tooltip label="Back to the run (W)">
        <ActionIcon aria-label="Back to the run (W)" onClick={props.onBack}>
          <IconArrowLeft size={18} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <div className={classes['question']}>
        <h1 title={sample.question}>{sample.question}</h1>
        <p className={classes['about']}>
          <span className={classes['answer']} title={corrected.answer ?? undefined}>
            {corrected.answer === null ? 'No answer' : `Answer: ${corrected.answer}`}
          </span>
          <VerdictBadge verdict={corrected.verdict} />
          <span className={classes['quiet']}>
            {sample.answers.length === 0
              ? 'No reference answer'
              : `Reference: ${sample.answers.join(' or ')}`}
          </span>
          {doubtful === 0 ? null : (
            <Tag tone="warn">
              {formatPlural(doubtful, 'step')} no longer follow{doubtful === 1 ? 's' : ''}
            </Tag>
          )}
          {corrected.problems.length === 0 ? null : (
            <Tag tone="bad" title={corrected.problems.map(({ message }) => message).join('\n')}>
              {formatPlural(corrected.problems.length, 'problem')}
            </Tag>
          )}
          <SaveState desk={desk} />
        </p>
      </div>
      <div className={classes['controls']}>
        <MaskLink href={formatRoute({ screen: 'mask', id: state.correction?.id ?? desk.episode.id })} />
        <SegmentedControl
          aria-label="What the pointer does"
          value={mode}
          onChange={(value) => props.onMode(value === 'draw' || value === 'redraw' ? value : 'edit')}
          data={[
            { value: 'edit', label: 'Select' },
            { value: 'draw', label: 'Draw' },
            { value: 'redraw', label: 'Redraw' },
          ]}
        />
        <Button variant="default" disabled={run !== null} onClick={props.onFinish}>
          Finish by hand
        </Button>
        {run === null ? (
          <Tooltip label="The agent goes on behind the selected step (Ctrl+R)">
            <Button
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
              disabled={state.pending.length > 0}
              onClick={props.onRun}
            >
              Run from here
            </Button>
          </Tooltip>
        ) : (
          <Button color="red" leftSection={<IconPlayerStop size={14} aria-hidden />} onClick={props.onStop}>
            Stop
          </Button>
        )}
      </div>
    </header>
  );
}

function SaveState({ desk }: { readonly desk: CorrectionDesk }) {
  const { state, correcting, run } = desk;
  if (state.failure !== null) {
    return (
      <span className={classes['unsaved']} role="alert">
        Not saved: {state.failure.message}
        <Button size="compact-xs" variant="default" onClick={correcting.retry}>
          Try again
        </Button>
        <Button size="compact-xs" variant="subtle" onClick={correcting.drop}>
          Give up this edit
        </Button>
      </span>
    );
  }
  const count = state.correction?.operations.length ?? 0;
  const words =
    run !== null
      ? 'The agent goes on…'
      : state.pending.length > 0
        ? 'Saving…'
        : count === 0
          ? 'No edits yet'
          : `${formatPlural(count, 'edit')}, saved`;
  return (
    <span className={classes['quiet']} role="status">
      {words}
    </span>
  );
}
