import { Button, Select, Tooltip } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import type { Episode, EpisodeSummary } from '../../../shared/model/episode.ts';
import { countCalls } from '../../../shared/model/episode.ts';
import { type EpisodeId, episodeId } from '../../../shared/model/ids.ts';
import { StatusBadge, Tag, VerdictBadge } from '../../ui/badges.tsx';
import { formatDuration, formatPlural, formatTime } from '../../ui/format.ts';
import classes from './outcome-bar.module.css';
import { episodeWords, flagWords, rewardWords, shortNumber, stepMs } from '../../episode/words.ts';

/** How the shown run stands or ended, and the other runs of this sample to go to. */
export function OutcomeBar(props: {
  readonly episode: Episode | null;
  readonly loading: boolean;
  readonly episodes: readonly EpisodeSummary[];
  readonly onShow: (id: EpisodeId) => void;
  readonly onCorrect: () => void;
}) {
  const { episode, episodes } = props;
  if (episode === null && episodes.length === 0) return null;
  const startOf = new Map<string, number>(episodes.map((summary) => [summary.id, summary.startedAt]));
  return (
    <div className={classes['bar']}>
      {episode === null ? (
        <span className={classes['quiet']}>{props.loading ? 'Loading the run…' : ''}</span>
      ) : (
        <Outcome episode={episode} />
      )}
      <span className={classes['space']} />
      {episode?.state.kind === 'ended' ? (
        <Tooltip label="Correct this run: move its boxes, rewrite its steps (E)">
          <Button
            variant="default"
            size="compact-xs"
            leftSection={<IconPencil size={13} aria-hidden />}
            onClick={props.onCorrect}
          >
            Correct
          </Button>
        </Tooltip>
      ) : null}
      {episodes.length === 0 ? null : (
        <Select
          className={classes['runs']}
          aria-label="Runs of this sample"
          value={episode?.id ?? null}
          placeholder="Earlier runs"
          allowDeselect={false}
          comboboxProps={{ width: 280, position: 'bottom-end' }}
          data={episodes.map((summary, index) => ({
            value: summary.id,
            label: episodeWords(summary, episodes.length - index),
          }))}
          renderOption={({ option }) => (
            <span className={classes['option']}>
              {option.label}
              <span className={classes['quiet']}>{formatTime(startOf.get(option.value) ?? 0)}</span>
            </span>
          )}
          onChange={(value) => {
            const id = episodeId.safeParse(value);
            if (id.success) props.onShow(id.data);
          }}
        />
      )}
    </div>
  );
}

function Outcome({ episode }: { readonly episode: Episode }) {
  const { state, reward } = episode;
  const ended = state.kind === 'ended';
  const spent = episode.steps.reduce((sum, step) => sum + stepMs(step), 0);
  const facts = [
    formatPlural(episode.steps.length, 'step'),
    formatPlural(countCalls(episode.steps), 'call'),
    ...(ended ? [formatDuration(spent)] : []),
    `seed ${episode.sampling.seed}`,
    `temperature ${shortNumber(episode.sampling.temperature)}`,
    ...(episode.withTools ? [] : ['no tools offered']),
  ];
  return (
    <>
      <StatusBadge state={state} />
      {ended && episode.answer !== null ? (
        <span className={classes['answer']} title={episode.answer}>
          {episode.answer}
        </span>
      ) : null}
      {ended && (state.status === 'answered' || episode.verdict !== 'unknown') ? (
        <VerdictBadge verdict={episode.verdict} />
      ) : null}
      {episode.flags.map((flag) => (
        <Tag key={flag} tone="warn" title={flagWords(flag).why}>
          {flagWords(flag).words}
        </Tag>
      ))}
      {reward === null ? null : (
        <span title={`Accuracy × tool factor + format: ${rewardWords(reward)}`}>
          Reward <strong>{shortNumber(reward.total)}</strong>
          <span className={classes['quiet']}> = {rewardWords(reward)}</span>
        </span>
      )}
      <span className={classes['facts']}>{facts.join(' · ')}</span>
    </>
  );
}
