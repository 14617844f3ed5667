import { ActionIcon, Button, Tooltip } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconLinkOff,
  IconPlayerPlay,
  IconScissors,
  IconThumbDown,
  IconThumbUp,
  IconTrash,
} from '@tabler/icons-react';
import { memo, type ReactNode, useEffect, useRef } from 'react';
import { regionAssetPath } from '../../../shared/contract/assets.ts';
import type { CorrectedStep, CorrectionProblem } from '../../../shared/correction/corrected-episode.ts';
import type { StepKey, StepMark } from '../../../shared/model/correction.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import type { Step } from '../../../shared/model/step.ts';
import type { ImageView } from '../../../shared/model/view.ts';
import { actionWords } from '../../episode/words.ts';
import { Tag } from '../../ui/badges.tsx';
import { ImageThumb } from '../../ui/parts.tsx';
import { stands } from './correct-model.ts';
import classes from './correct.module.css';

export interface StepActs {
  readonly select: (key: StepKey) => void;
  readonly mark: (key: StepKey, mark: StepMark | null) => void;
  readonly move: (key: StepKey, by: 1 | -1) => void;
  readonly remove: (key: StepKey) => void;
  readonly cut: (key: StepKey) => void;
  readonly runFrom: (key: StepKey) => void;
}

/** Every step as it stands, the selected one open to be written; behind them those that the agent samples just now. */
export function StepList(props: {
  readonly episodeId: EpisodeId;
  readonly steps: readonly CorrectedStep[];
  readonly views: readonly ImageView[];
  readonly problems: readonly CorrectionProblem[];
  readonly live: readonly Step[];
  readonly selected: StepKey | null;
  readonly disabled: boolean;
  readonly acts: StepActs;
  readonly editor: ReactNode;
  readonly children?: ReactNode;
}) {
  const { steps, views, selected } = props;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[data-current]')?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <>
      <ol className={classes['list']} ref={list} aria-label="Corrected steps">
        {steps.map((step, at) => (
          <StepCard
            key={step.key}
            step={step}
            number={at + 1}
            count={steps.length}
            thumb={thumbOf(props.episodeId, views, step.resultView)}
            problems={props.problems.filter((one) => one.step === step.key)}
            current={step.key === selected}
            disabled={props.disabled}
            acts={props.acts}
            editor={step.key === selected ? props.editor : null}
          />
        ))}
        {props.live.map((step) => (
          <li
            key={`live ${step.index}`}
            className={classes['card']}
            data-tone={step.action?.kind ?? 'thinking'}
          >
            <p className={classes['head']}>
              <span className={classes['number']}>{step.index + 1}</span>
              <span className={classes['action']}>{actionWords(step.action, step.resultView)}</span>
              <Tag tone="accent">live</Tag>
            </p>
            <p className={classes['thought']}>{step.action === null ? step.text : step.thought}</p>
          </li>
        ))}
      </ol>
      {props.children}
    </>
  );
}

function thumbOf(episodeId: EpisodeId, views: readonly ImageView[], number: number | null): string | null {
  const view = number === null ? undefined : views[number - 1];
  return view === undefined ? null : regionAssetPath(episodeId, view);
}

interface CardProps {
  readonly step: CorrectedStep;
  readonly number: number;
  readonly count: number;
  readonly thumb: string | null;
  readonly problems: readonly CorrectionProblem[];
  readonly current: boolean;
  readonly disabled: boolean;
  readonly acts: StepActs;
  readonly editor: ReactNode;
}

const StepCard = memo(function StepCard(props: CardProps) {
  const { step, number, current, acts } = props;
  const isDoubtful = !stands(step);
  return (
    <li
      className={classes['card']}
      data-current={current || undefined}
      data-doubtful={isDoubtful || undefined}
      data-tone={step.action?.kind ?? 'thinking'}
    >
      <button
        type="button"
        className={classes['head']}
        aria-current={current ? 'step' : undefined}
        onClick={() => acts.select(step.key)}
      >
        <span className={classes['number']}>{number}</span>
        <span className={classes['action']}>{actionWords(step.action, step.resultView)}</span>
      </button>
      <div className={classes['tags']}>
        {step.origin === 'person' ? <Tag tone="accent">by hand</Tag> : null}
        {step.origin === 'continued' ? <Tag tone="accent">went on</Tag> : null}
        {step.origin !== 'person' && step.edited.length > 0 ? (
          <Tag tone="accent">{`edited: ${step.edited.join(', ')}`}</Tag>
        ) : null}
        {step.mark === 'good' ? <Tag tone="good">good</Tag> : null}
        {step.mark === 'bad' ? <Tag tone="bad">bad</Tag> : null}
        {isDoubtful ? (
          <Tag
            tone="warn"
            icon={<IconLinkOff size={12} aria-hidden />}
            title="It was sampled or written with something else before it. Run from the last step that follows, rewrite it, or mark it good."
          >
            no longer follows
          </Tag>
        ) : null}
      </div>
      {props.problems.map(({ message }) => (
        <p key={message} className={classes['problem']}>
          {message}
        </p>
      ))}
      <div className={classes['body']}>
        <div className={classes['words']}>
          {current ? props.editor : <p className={classes['thought']}>{step.thought}</p>}
        </div>
        {props.thumb === null ? null : (
          <ImageThumb
            src={props.thumb}
            alt={`Image ${step.resultView}, the result of step ${number}`}
            number={step.resultView ?? 0}
            size={72}
          />
        )}
      </div>
      {current ? <StepTools {...props} /> : null}
    </li>
  );
});

function StepTools({ step, number, count, disabled, acts }: CardProps) {
  const canRun = step.action?.kind !== 'answer' && step.action?.kind !== 'nothing' && step.action !== null;
  const mark = (wanted: StepMark): void => acts.mark(step.key, step.mark === wanted ? null : wanted);
  return (
    <div className={classes['tools']} role="toolbar" aria-label={`Step ${number}`}>
      <Button
        size="compact-xs"
        variant="light"
        leftSection={<IconPlayerPlay size={13} aria-hidden />}
        disabled={disabled || !canRun}
        onClick={() => acts.runFrom(step.key)}
      >
        Run from here
      </Button>
      <span className={classes['space']} />
      <Tool
        label="Mark good (G)"
        pressed={step.mark === 'good'}
        disabled={disabled}
        onClick={() => mark('good')}
      >
        <IconThumbUp size={15} />
      </Tool>
      <Tool
        label="Mark bad (B)"
        pressed={step.mark === 'bad'}
        disabled={disabled}
        onClick={() => mark('bad')}
      >
        <IconThumbDown size={15} />
      </Tool>
      <Tool
        label="Move up (Alt+Up)"
        disabled={disabled || number === 1}
        onClick={() => acts.move(step.key, -1)}
      >
        <IconArrowUp size={15} />
      </Tool>
      <Tool
        label="Move down (Alt+Down)"
        disabled={disabled || number === count}
        onClick={() => acts.move(step.key, 1)}
      >
        <IconArrowDown size={15} />
      </Tool>
      <Tool
        label="Cut here: drop what comes after (X)"
        disabled={disabled || number === count}
        onClick={() => acts.cut(step.key)}
      >
        <IconScissors size={15} />
      </Tool>
      <Tool label="Delete the step (Delete)" disabled={disabled} onClick={() => acts.remove(step.key)}>
        <IconTrash size={15} />
      </Tool>
    </div>
  );
}

function Tool(props: {
  readonly label: string;
  readonly pressed?: boolean;
  readonly disabled: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        size="sm"
        aria-label={props.label}
        aria-pressed={props.pressed}
        variant={props.pressed === true ? 'light' : 'subtle'}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
