import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import type { Episode } from '../../../shared/model/episode.ts';
import { countCalls } from '../../../shared/model/episode.ts';
import type { Sample } from '../../../shared/model/sample.ts';
import { MaskLink } from '../../episode/mask-link.tsx';
import { rewardWords, shortNumber } from '../../episode/words.ts';
import { formatRoute } from '../../state/route.ts';
import { useKeyName } from '../../state/keymap.ts';
import { StatusBadge, Tag, VerdictBadge } from '../../ui/badges.tsx';
import { formatPlural, kindWords } from '../../ui/format.ts';
import type { ReviewItemProps } from './review-item.tsx';
import classes from './review.module.css';

/** A question longer than this, in characters, is folded. */
const LONG_QUESTION = 160;

/** The question, what the agent answered, and what should have been answered. */
export function ItemHeader(props: {
  readonly episode: Episode;
  readonly sample: Sample;
  readonly onGo: ReviewItemProps['onGo'];
  readonly onCorrect: () => void;
}) {
  const { episode, sample } = props;
  const { reward, state } = episode;
  const [unfolded, setUnfolded] = useState<Sample['id'] | null>(null);
  const folds = sample.question.length > LONG_QUESTION;
  const open = unfolded === sample.id;
  const previousKey = useKeyName('review', 'A');
  const nextKey = useKeyName('review', 'D');
  const correctKey = useKeyName('review', 'E');
  return (
    <header className={classes['header']}>
      <div className={classes['around']}>
        <Tooltip label={`Previous item (${previousKey})`}>
          <ActionIcon aria-label="Previous item" onClick={() => props.onGo('previous')}>
            <IconChevronLeft size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`Next item (${nextKey})`}>
          <ActionIcon aria-label="Next item" onClick={() => props.onGo('next')}>
            <IconChevronRight size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className={classes['question']}>
        <h1 data-folded={(folds && !open) || undefined}>{sample.question}</h1>
        <p className={classes['about']}>
          {folds ? (
            <button
              type="button"
              className={classes['unfold']}
              aria-expanded={open}
              onClick={() => setUnfolded(open ? null : sample.id)}
            >
              {open ? 'Show less' : 'Show the whole question'}
            </button>
          ) : null}
          {sample.choices === null ? null : (
            <span className={classes['choices']}>
              {sample.choices.map((choice, index) => (
                <span key={choice}>
                  <b>{String.fromCharCode(65 + index)}.</b> {choice}
                </span>
              ))}
            </span>
          )}
        </p>
        <p className={classes['about']}>
          <Tag tone="quiet">{kindWords(sample.kind)}</Tag>
          <span className={classes['answer']}>
            <span className={classes['quiet']}>Answer </span>
            <strong>{episode.answer ?? 'none'}</strong>
          </span>
          <span className={classes['answer']}>
            <span className={classes['quiet']}>
              {sample.answers.length === 0 ? 'No reference answer' : 'Reference '}
            </span>
            <strong>{sample.answers.join(' or ')}</strong>
          </span>
          {state.kind === 'ended' && state.status !== 'answered' ? <StatusBadge state={state} /> : null}
          {episode.answer === null ? null : <VerdictBadge verdict={episode.verdict} />}
          {reward === null ? null : (
            <span title={`Accuracy × tool factor + format: ${rewardWords(reward)}`}>
              Reward <strong>{shortNumber(reward.total)}</strong>
              <span className={classes['quiet']}> = {rewardWords(reward)}</span>
            </span>
          )}
          <span className={classes['quiet']}>
            {formatPlural(episode.steps.length, 'step')} · {formatPlural(countCalls(episode.steps), 'call')}
            {episode.withTools ? '' : ' · no tools offered'}
          </span>
        </p>
      </div>
      <MaskLink href={formatRoute({ screen: 'mask', id: episode.id })} />
      <Tooltip label={`Change its steps or its answer (${correctKey})`}>
        <Button
          variant="default"
          leftSection={<IconPencil size={14} aria-hidden />}
          onClick={props.onCorrect}
        >
          Correct
        </Button>
      </Tooltip>
    </header>
  );
}
