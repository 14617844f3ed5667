import { ActionIcon, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { Sample } from '../../../shared/model/sample.ts';
import type { SampleId } from '../../../shared/model/ids.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, kindWords } from '../../ui/format.ts';
import { RunControls, type RunControlsProps } from './run-controls.tsx';
import type { Neighbours } from './use-samples-around.ts';
import classes from './watch-header.module.css';

/** A question longer than this, in characters, is folded. */
const LONG_QUESTION = 180;

/** The question, what may be answered, what should be, and the buttons that run the agent on it. */
export function WatchHeader(props: {
  readonly sample: Sample;
  readonly around: Neighbours;
  readonly onGo: (id: SampleId) => void;
  readonly run: RunControlsProps;
}) {
  const { sample, around } = props;
  const [unfolded, setUnfolded] = useState<SampleId | null>(null);
  const folds = sample.question.length > LONG_QUESTION;
  const open = unfolded === sample.id;
  return (
    <header className={classes['header']}>
      <div className={classes['around']}>
        <Go label="Previous sample (A)" to={around.previous} onGo={props.onGo}>
          <IconChevronLeft size={18} aria-hidden />
        </Go>
        <span className={classes['place']}>
          {around.place === null ? '' : `${formatCount(around.place)} / ${formatCount(around.total)}`}
        </span>
        <Go label="Next sample (D)" to={around.next} onGo={props.onGo}>
          <IconChevronRight size={18} aria-hidden />
        </Go>
      </div>
      <div className={classes['question']}>
        <h1 data-folded={(folds && !open) || undefined}>{sample.question}</h1>
        <p className={classes['about']}>
          {folds ? (
            <button
              type="button"
              className={classes['unfold']}
              aria-expanded={open}
              onClick={() => setUnfolded(open ? null : sample.id)}
            >
              {open ? 'Show less' : 'Show the whole question'}
            </button>
          ) : null}
          <Tag tone="quiet">{kindWords(sample.kind)}</Tag>
          {sample.choices === null ? null : (
            <span className={classes['choices']}>
              {sample.choices.map((choice, index) => (
                <span key={choice}>
                  <b>{String.fromCharCode(65 + index)}.</b> {choice}
                </span>
              ))}
            </span>
          )}
          <span className={classes['reference']}>
            {sample.answers.length === 0 ? 'No reference answer' : 'Reference: '}
            <strong>{sample.answers.join(' or ')}</strong>
          </span>
        </p>
      </div>
      <RunControls {...props.run} />
    </header>
  );
}

function Go(props: {
  readonly label: string;
  readonly to: SampleId | null;
  readonly onGo: (id: SampleId) => void;
  readonly children: React.ReactNode;
}) {
  const { to } = props;
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        aria-label={props.label}
        disabled={to === null}
        onClick={() => to !== null && props.onGo(to)}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
