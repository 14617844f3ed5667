import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { errorCode } from '../../../shared/contract/errors.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import { failureOf } from '../../client/failure.ts';
import { isRunning, type WatchState } from '../../state/watch-model.ts';
import classes from './troubles.module.css';
import { statusAdvice } from '../../episode/words.ts';

/** Whatever kept the run from its answer: what happened, and what to do. */
export function Troubles({ state, onRetry }: { readonly state: WatchState; readonly onRetry: () => void }) {
  const { failure, episode, stream } = state;
  const canRetry = stream === 'ended' && (episode === null || isRunning(state));
  return (
    <>
      {failure === null ? null : (
        <Notice tone="bad" message={failure.message} advice={failure.advice}>
          {canRetry ? <Button onClick={onRetry}>Try again</Button> : null}
        </Notice>
      )}
      {episode === null ? null : <Ending episode={episode} />}
    </>
  );
}

function Ending({ episode }: { readonly episode: Episode }) {
  if (episode.state.kind !== 'ended') return null;
  if (episode.error !== null) {
    const code = errorCode.catch('internal').parse(episode.error.code);
    return <Notice tone="bad" {...failureOf(code, episode.error.message)} />;
  }
  const words = statusAdvice(episode.state.status, episode.limits);
  return words === null ? null : <Notice tone="warn" {...words} />;
}

function Notice(props: {
  readonly tone: 'bad' | 'warn';
  readonly message: string;
  readonly advice: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className={classes['notice']} data-tone={props.tone} role={props.tone === 'bad' ? 'alert' : 'note'}>
      <IconAlertTriangle size={16} aria-hidden />
      <p>
        <strong>{props.message}</strong> {props.advice}
      </p>
      {props.children}
    </div>
  );
}
