import { useState } from 'react';
import type { StepAction } from '../../shared/model/step.ts';
import classes from './timeline.module.css';
import { boxWords } from './words.ts';

/** A call's box in the pixels that the model counts in, and on demand in those of the source image. */
export function CallArguments({
  action,
  open,
}: {
  readonly action: StepAction | null;
  readonly open: boolean;
}) {
  const [asked, setAsked] = useState<boolean | null>(null);
  if (action?.kind === 'bad_call' && action.arguments !== null) {
    return <code className={classes['code']}>{JSON.stringify(action.arguments)}</code>;
  }
  if (action?.kind !== 'zoom_in') return null;
  const both = asked ?? open;
  return (
    <div className={classes['spaces']}>
      <dl>
        <div>
          <dt>As the model saw image {action.image}</dt>
          <dd>{boxWords(action.viewBox)}</dd>
        </div>
        {both ? (
          <div>
            <dt>In the source image {action.rootImage + 1}</dt>
            <dd>{boxWords(action.rootBox)}</dd>
          </div>
        ) : null}
      </dl>
      <button type="button" className={classes['more']} aria-expanded={both} onClick={() => setAsked(!both)}>
        {both ? 'Hide source pixels' : 'Source pixels'}
      </button>
    </div>
  );
}
