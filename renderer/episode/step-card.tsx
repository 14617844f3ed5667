import { type ComponentType, memo, useState } from 'react';
import type { EpisodeId } from '../../shared/model/ids.ts';
import { sampledCount, type Step } from '../../shared/model/step.ts';
import { viewAssetPath } from '../../shared/contract/assets.ts';
import { formatDuration, formatPlural } from '../ui/format.ts';
import { ImageThumb } from '../ui/parts.tsx';
import { CallArguments } from './call-arguments.tsx';
import { splitLive, tokenMeans } from './step-facts.ts';
import { StepNumber } from './step-number.tsx';
import classes from './timeline.module.css';
import { SpecialText, TokenText } from './token-text.tsx';
import { stepMs, stepWords, stopReasonWords, twoPlaces } from './words.ts';

/** A thought longer than this, in characters, is folded until it is asked for. */
const LONG_THOUGHT = 700;

export type LeftOutTokens = ComponentType<{ readonly episodeId: EpisodeId; readonly index: number }>;

export interface StepCardProps {
  readonly step: Step;
  readonly episodeId: EpisodeId;
  readonly current: boolean;
  /** The step lies after the moment that is shown. */
  readonly future: boolean;
  readonly live: boolean;
  readonly showTokens: boolean;
  /** Shows the tokens that a very long episode came without. */
  readonly leftOutTokens?: LeftOutTokens | undefined;
  readonly onSelect: (position: number) => void;
}

/** One turn of the agent: its thought, what it did, what came of it. */
export const StepCard = memo(function StepCard(props: StepCardProps) {
  const { step, current, live } = props;
  return (
    <div
      className={classes['card']}
      data-current={current || undefined}
      data-future={props.future || undefined}
      data-step={step.index + 1}
    >
      <button
        type="button"
        className={classes['head']}
        aria-current={current ? 'step' : undefined}
        onClick={() => props.onSelect(step.index + 1)}
      >
        <StepNumber number={step.index + 1} tone={step.action?.kind ?? 'thinking'} />
        <span className={classes['action']}>{stepWords(step, live)}</span>
        {live ? <span className={classes['live']}>live</span> : null}
      </button>
      <div className={classes['body']}>
        <div className={classes['words']}>
          {props.showTokens ? <StepTokens {...props} /> : <Thought step={step} live={live} />}
          {step.action?.kind === 'bad_call' ? (
            <p className={classes['refused']}>{step.action.error}</p>
          ) : null}
          <CallArguments action={step.action} open={current} />
        </div>
        {step.resultView === null ? null : (
          <ImageThumb
            src={viewAssetPath(props.episodeId, step.resultView)}
            alt={`Image ${step.resultView}, the result of step ${step.index + 1}`}
            number={step.resultView}
            size={72}
          />
        )}
      </div>
      <Facts step={step} live={live} />
    </div>
  );
});

function StepTokens({ step, episodeId, leftOutTokens: LeftOut }: StepCardProps) {
  return step.tokensLeftOut === undefined || LeftOut === undefined ? (
    <TokenText tokens={step.tokens} />
  ) : (
    <LeftOut episodeId={episodeId} index={step.index} />
  );
}

function Thought({ step, live }: { readonly step: Step; readonly live: boolean }) {
  const [whole, setWhole] = useState(false);
  // A turn that never ended has only its text.
  const { thought, rest } = step.action === null ? splitLive(step.text) : { thought: step.thought, rest: '' };
  const shown =
    live || whole || thought.length <= LONG_THOUGHT ? thought : `${thought.slice(0, LONG_THOUGHT)}…`;
  const unread = step.action?.kind === 'nothing' || step.action?.kind === 'bad_call' ? step.text : '';
  return (
    <>
      {shown === '' && !live ? null : (
        <p className={classes['thought']}>
          {shown}
          {live && rest === '' ? <span className={classes['caret']} aria-hidden /> : null}
        </p>
      )}
      {shown === thought ? null : (
        <button type="button" className={classes['more']} onClick={() => setWhole(true)}>
          Show the whole thought
        </button>
      )}
      {rest !== '' ? (
        <p className={classes['calling']}>
          <SpecialText text={rest} />
          {live ? <span className={classes['caret']} aria-hidden /> : null}
        </p>
      ) : null}
      {!live && thought === '' && unread !== '' ? (
        <p className={classes['calling']}>
          <SpecialText text={unread.slice(0, LONG_THOUGHT)} />
        </p>
      ) : null}
    </>
  );
}

function Facts({ step, live }: { readonly step: Step; readonly live: boolean }) {
  const { logprob, entropy } = tokenMeans(step.tokens);
  const facts = [formatPlural(sampledCount(step), 'token')];
  // A rollout of training has no times of its steps.
  if (!live && stepMs(step) > 0) facts.push(formatDuration(stepMs(step)));
  if (entropy !== null) facts.push(`entropy ${twoPlaces(entropy)}`);
  if (logprob !== null) facts.push(`logprob ${twoPlaces(logprob)}`);
  const cut = stopReasonWords(step.stopReason);
  if (cut !== null) facts.push(cut);
  return (
    <p className={classes['facts']} title="Means over the tokens of this turn; entropy in nats.">
      {facts.join(' · ')}
    </p>
  );
}
