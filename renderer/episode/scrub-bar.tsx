import { Button } from '@mantine/core';
import { IconPlayerTrackNext } from '@tabler/icons-react';
import type { Step } from '../../shared/model/step.ts';
import classes from './scrub-bar.module.css';
import { stepWords } from './words.ts';

/** Of more steps the ticks would cover each other and the bar. */
const MOST_TICKS = 120;

/** Moves back and forth through a run. Position 0 is the start, k is after step k. */
export function ScrubBar(props: {
  readonly steps: readonly Step[];
  readonly position: number;
  readonly running: boolean;
  readonly behind: boolean;
  readonly onSeek: (position: number) => void;
  readonly onFollow: () => void;
}) {
  const { steps, position } = props;
  const last = steps.length;
  const shown = steps[position - 1];
  const words = shown === undefined ? 'Start: the images of the question' : stepWords(shown, props.running);
  return (
    <div className={classes['bar']}>
      <div className={classes['track']}>
        <div className={classes['rail']} aria-hidden>
          <div
            className={classes['done']}
            style={{ width: `${last === 0 ? 0 : (position / last) * 100}%` }}
          />
          {Array.from({ length: last > MOST_TICKS ? 0 : last + 1 }, (_, at) => (
            <span
              key={at}
              className={classes['tick']}
              data-tone={steps[at - 1]?.action?.kind ?? 'start'}
              data-past={at <= position || undefined}
              style={{ left: `${last === 0 ? 0 : (at / last) * 100}%` }}
            />
          ))}
        </div>
        <input
          className={classes['input']}
          type="range"
          min={0}
          max={last}
          step={1}
          value={position}
          disabled={last === 0}
          aria-label="Moment of the run"
          aria-valuetext={`Step ${position} of ${last}. ${words}`}
          onChange={(event) => props.onSeek(event.currentTarget.valueAsNumber)}
        />
      </div>
      <span className={classes['words']} title={words}>
        {last === 0 ? 'No steps yet' : position === 0 ? `Start of ${last}` : `${position} of ${last}`}
        <span className={classes['quiet']}>{last === 0 ? '' : words}</span>
      </span>
      {props.behind ? (
        <Button
          variant="light"
          size="compact-xs"
          leftSection={<IconPlayerTrackNext size={13} aria-hidden />}
          onClick={props.onFollow}
        >
          Follow
        </Button>
      ) : null}
    </div>
  );
}
