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
import { memo, type ReactNode, useCallback } from 'react';
import { regionAssetPath } from '../../../shared/contract/assets.ts';
import type { CorrectedStep, CorrectionProblem } from '../../../shared/correction/corrected-episode.ts';
import type { StepKey, StepMark } from '../../../shared/model/correction.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import type { Step } from '../../../shared/model/step.ts';
import type { ImageView } from '../../../shared/model/view.ts';
import { StepNumber } from '../../episode/step-number.tsx';
import { actionWords } from '../../episode/words.ts';
import { Tag } from '../../ui/badges.tsx';
import { ImageThumb } from '../../ui/parts.tsx';
import { WindowedList } from '../../ui/windowed-list.tsx';
import { stands } from './correct-model.ts';
import classes from './correct.module.css';

/** About what a step takes in the list, in pixels. */
const CARD_HEIGHT = 110;

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
  const { steps, views, selected, live } = props;
  const keyOf = useCallback((index: number) => steps[index]?.key ?? `live ${index}`, [steps]);
  const at = steps.findIndex(({ key }) => key === selected);
  return (
    <>
      <WindowedList
        label="Corrected steps"
        count={steps.length + live.length}
        current={at < 0 ? null : at}
        estimate={CARD_HEIGHT}
        keyOf={keyOf}
      >
        {(index) => {
          const step = steps[index];
          const sampled = live[index - steps.length];
          if (step === undefined) return sampled === undefined ? null : <LiveStep step={sampled} />;
          return (
            <StepCard
              step={step}
              number={index + 1}
              count={steps.length}
              thumb={thumbOf(props.episodeId, views, step.resultView)}
              problems={problemsOf(props.problems, step)}
              current={index === at}
              disabled={props.disabled}
              acts={props.acts}
              editor={index === at ? props.editor : null}
            />
          );
        }}
      </WindowedList>
      {props.children}
    </>
  );
}

const NONE: readonly CorrectionProblem[] = [];

/** The same empty list for every step without problems, so that its card is left as it is. */
function problemsOf(
  problems: readonly CorrectionProblem[],
  { key }: CorrectedStep,
): readonly CorrectionProblem[] {
  const own = problems.filter(({ step }) => step === key);
  return own.length === 0 ? NONE : own;
}

/** A step that the agent samples just now. */
function LiveStep({ step }: { readonly step: Step }) {
  return (
    <div className={classes['card']}>
      <p className={classes['head']}>
        <StepNumber number={step.index + 1} tone={step.action?.kind ?? 'thinking'} />
        <span className={classes['action']}>{actionWords(step.action, step.resultView)}</span>
        <Tag tone="accent">live</Tag>
      </p>
      <p className={classes['thought']}>{step.action === null ? step.text : step.thought}</p>
    </div>
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
    <div
      className={classes['card']}
      data-current={current || undefined}
      data-doubtful={isDoubtful || undefined}
    >
      <button
        type="button"
        className={classes['head']}
        aria-current={current ? 'step' : undefined}
        onClick={() => acts.select(step.key)}
      >
        <StepNumber number={number} tone={step.action?.kind ?? 'thinking'} />
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
    </div>
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
