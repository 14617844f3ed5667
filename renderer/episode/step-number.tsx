import type { StepAction } from '../../shared/model/step.ts';
import classes from './step-number.module.css';

type StepTone = StepAction['kind'] | 'thinking' | 'start';

/** The number of a step, in the colour of what it does. */
export function StepNumber({ number, tone }: { readonly number: number; readonly tone: StepTone }) {
  return (
    <span className={classes['number']} data-tone={tone}>
      {number}
    </span>
  );
}
