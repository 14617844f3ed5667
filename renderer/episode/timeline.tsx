import { useEffect, useRef } from 'react';
import type { Episode } from '../../shared/model/episode.ts';
import { formatPlural, statusWords } from '../ui/format.ts';
import { type LeftOutTokens, StepCard } from './step-card.tsx';
import classes from './timeline.module.css';

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
  const list = useRef<HTMLOListElement>(null);
  const running = episode.state.kind === 'running';
  const growing = running && following;
  const newest = episode.steps.at(-1);
  const grown = growing ? (newest?.tokens.length ?? 0) : 0;

  useEffect(() => {
    const card = list.current?.querySelector(`[data-step="${position}"]`);
    if (card instanceof HTMLElement) keepInSight(card, growing);
  }, [position, growing, grown]);

  return (
    <ol className={classes['list']} ref={list} aria-label="Steps of the run">
      <li
        className={classes['card']}
        data-current={position === 0 || undefined}
        data-tone="start"
        data-step={0}
      >
        <button
          type="button"
          className={classes['head']}
          aria-current={position === 0 ? 'step' : undefined}
          onClick={() => props.onSelect(0)}
        >
          <span className={classes['number']}>0</span>
          <span className={classes['action']}>
            Start: the question and{' '}
            {formatPlural(episode.views.filter((view) => view.origin === 'input').length, 'image')}
          </span>
        </button>
      </li>
      {episode.steps.map((step) => (
        <StepCard
          key={step.index}
          step={step}
          episodeId={episode.id}
          current={position === step.index + 1}
          future={position < step.index + 1}
          live={running && step.action === null}
          showTokens={props.showTokens}
          leftOutTokens={props.leftOutTokens}
          onSelect={props.onSelect}
        />
      ))}
      {running && newest?.action !== null ? (
        <li className={classes['waiting']}>
          <span className={classes['caret']} aria-hidden /> {statusWords(episode.state)}…
        </li>
      ) : null}
    </ol>
  );
}

/** Scrolls only the panel, and no more than needed; a growing card keeps its end in sight. */
function keepInSight(card: HTMLElement, toEnd: boolean): void {
  const panel = card.closest('[data-scrolls]');
  if (panel === null) return;
  const outer = panel.getBoundingClientRect();
  const inner = card.getBoundingClientRect();
  const over = inner.bottom + 8 - outer.bottom;
  if (over > 0) panel.scrollTop += toEnd ? over : Math.min(over, inner.top - outer.top);
  else if (inner.top < outer.top && !toEnd) panel.scrollTop += inner.top - outer.top - 8;
}
