import type { Episode } from '../../shared/model/episode.ts';
import { formatPlural, statusWords } from '../ui/format.ts';
import { WindowedList } from '../ui/windowed-list.tsx';
import { type LeftOutTokens, StepCard } from './step-card.tsx';
import { StepNumber } from './step-number.tsx';
import classes from './timeline.module.css';

/** About what a step takes in the list, in pixels. */
const STEP_HEIGHT = 140;
const keyOf = (index: number): number => index;

/** Every step of the run, newest at the end. The one at the cursor is marked and kept in sight. */
export function Timeline(props: {
  readonly episode: Episode;
  readonly position: number;
  readonly following: boolean;
  readonly showTokens: boolean;
  readonly leftOutTokens?: LeftOutTokens | undefined;
  readonly onSelect: (position: number) => void;
}) {
  const { episode, position, following } = props;
  const { steps } = episode;
  const running = episode.state.kind === 'running';
  const newest = steps.at(-1);
  const isWaiting = running && newest?.action !== null;

  return (
    <WindowedList
      label="Steps of the run"
      className={classes['list']}
      count={1 + steps.length + (isWaiting ? 1 : 0)}
      current={position}
      grown={running && following ? (newest?.tokens.length ?? 0) : null}
      estimate={STEP_HEIGHT}
      keyOf={keyOf}
    >
      {(index) => {
        if (index === 0) return <Start {...props} />;
        const step = steps[index - 1];
        return step === undefined ? (
          <p className={classes['waiting']}>
            <span className={classes['caret']} aria-hidden /> {statusWords(episode.state)}…
          </p>
        ) : (
          <StepCard
            step={step}
            episodeId={episode.id}
            current={position === index}
            future={position < index}
            live={running && step.action === null}
            showTokens={props.showTokens}
            leftOutTokens={props.leftOutTokens}
            onSelect={props.onSelect}
          />
        );
      }}
    </WindowedList>
  );
}

function Start(props: {
  readonly episode: Episode;
  readonly position: number;
  readonly onSelect: (position: number) => void;
}) {
  const { episode, position } = props;
  return (
    <div className={classes['card']} data-current={position === 0 || undefined} data-step={0}>
      <button
        type="button"
        className={classes['head']}
        aria-current={position === 0 ? 'step' : undefined}
        onClick={() => props.onSelect(0)}
      >
        <StepNumber number={0} tone="start" />
        <span className={classes['action']}>
          Start: the question and{' '}
          {formatPlural(episode.views.filter((view) => view.origin === 'input').length, 'image')}
        </span>
      </button>
    </div>
  );
}
