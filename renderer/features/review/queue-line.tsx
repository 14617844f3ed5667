import { IconFlag } from '@tabler/icons-react';
import { memo } from 'react';
import type { QueueItem, QueueOrder } from '../../../shared/contract/reviews.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import { twoPlaces } from '../../episode/words.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatPlural, statusWords, VERDICT_WORDS as OUTCOME_WORDS } from '../../ui/format.ts';
import classes from './queue.module.css';
import { STANDING_TONES, STANDING_WORDS } from './review-words.ts';

export const LINE_HEIGHT = 62;

/** The figure that the queue is ordered by; null where the order shows by itself. */
function figure(item: QueueItem, order: QueueOrder): string | null {
  const named = (name: string, value: number | null): string =>
    `${name} ${value === null ? 'not known' : twoPlaces(value)}`;
  switch (order) {
    case 'entropy':
      return named('entropy', item.answerEntropy);
    case 'variance':
      return named('variance', item.groupVariance);
    case 'disagreement':
      return named('disagreement', item.groupDisagreement);
    default:
      return null;
  }
}

/** One run of the queue. */
export const QueueLine = memo(function QueueLine(props: {
  readonly id: string;
  readonly item: QueueItem;
  readonly place: number;
  /** -1 where it is not known how many there are. */
  readonly count: number;
  readonly order: QueueOrder;
  readonly current: boolean;
  readonly top: number;
  readonly onShow: (id: EpisodeId) => void;
}) {
  const { item } = props;
  const { episode, standing, open } = item;
  const second = open && standing !== 'unreviewed' && standing !== 'skipped';
  const value = figure(item, props.order);
  return (
    // The list has the keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={props.id}
      role="option"
      aria-selected={props.current}
      aria-posinset={props.place}
      aria-setsize={props.count}
      // The keyboard is the list's.
      tabIndex={-1}
      className={classes['line']}
      style={{ top: props.top, height: LINE_HEIGHT }}
      onClick={() => props.onShow(episode.id)}
    >
      <span className={classes['lineQuestion']}>{item.question}</span>
      <span className={classes['lineFacts']}>
        <span className={classes['lineAnswer']} data-outcome={episode.verdict}>
          {episode.answer ?? statusWords(episode.state)}
          <span className="only-read">, {OUTCOME_WORDS[episode.verdict]}</span>
        </span>
        {value === null ? null : <span className={classes['quiet']}>{value}</span>}
        {item.flagCount === 0 ? null : (
          <span className={classes['lineFlags']} title={formatPlural(item.flagCount, 'flag')}>
            <IconFlag size={12} aria-hidden />
            {item.flagCount}
            <span className="only-read"> {item.flagCount === 1 ? 'flag' : 'flags'}</span>
          </span>
        )}
        {second ? (
          <Tag tone="accent" title="Somebody has looked at it; another opinion is wanted.">
            Second opinion
          </Tag>
        ) : standing === 'unreviewed' ? null : (
          <Tag tone={STANDING_TONES[standing]}>{STANDING_WORDS[standing]}</Tag>
        )}
      </span>
    </div>
  );
});
