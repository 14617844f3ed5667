import { ActionIcon, Checkbox } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import { StatusBadge, VerdictBadge } from '../../ui/badges.tsx';
import { formatCount, kindWords } from '../../ui/format.ts';
import { ImageThumb } from '../../ui/parts.tsx';
import classes from './library.module.css';

const MOST_THUMBS = 4;

/** The cells of one sample. */
export function SampleLine(props: {
  row: SampleRow;
  chosen: boolean;
  onToggle: () => void;
  onOpen: () => void;
}) {
  const { sample, images, lastEpisode, episodeCount } = props.row;
  const shown = images.length > MOST_THUMBS ? images.slice(0, MOST_THUMBS - 1) : images;
  const hidden = images.slice(shown.length);
  const answer = sample.answers.join(' | ');
  return (
    <div className={classes['cells']}>
      <span role="gridcell">
        <Checkbox
          size="xs"
          tabIndex={-1}
          aria-label={`Choose: ${sample.question}`}
          checked={props.chosen}
          onChange={props.onToggle}
        />
      </span>
      <span role="gridcell" className={classes['thumbs']}>
        {shown.map((image, index) => (
          <ImageThumb
            key={`${image.id} ${index}`}
            src={assetPath(image.assets.thumbnail)}
            alt={`Image ${index + 1}: ${image.name}`}
            title={image.name}
            size={40}
          />
        ))}
        {hidden.length === 0 ? null : (
          <span className={classes['more']} title={hidden.map((image) => image.name).join('\n')}>
            +{hidden.length}
          </span>
        )}
      </span>
      <span role="gridcell" className={classes['question']} title={sample.question}>
        {sample.question}
      </span>
      <span role="gridcell" className={classes['cut']} title={kindWords(sample.kind)}>
        {kindWords(sample.kind)}
      </span>
      <span role="gridcell" className={classes['cut']} title={answer}>
        {answer === '' ? <span className={classes['quiet']}>None</span> : answer}
      </span>
      <span role="gridcell" className={classes['lastRun']}>
        {lastEpisode === null ? (
          <span className={classes['quiet']}>Not run</span>
        ) : (
          <>
            {lastEpisode.state.kind === 'ended' && lastEpisode.state.status === 'answered' ? (
              <VerdictBadge verdict={lastEpisode.verdict} />
            ) : (
              <StatusBadge state={lastEpisode.state} />
            )}
            <span className={classes['cut']} title={lastEpisode.answer ?? ''}>
              {lastEpisode.answer}
            </span>
          </>
        )}
      </span>
      <span role="gridcell" className={classes['number']}>
        <span className={classes['episodeCount']}>{formatCount(episodeCount)}</span>
        <ActionIcon
          className={classes['openButton'] ?? ''}
          tabIndex={-1}
          variant="light"
          color="accent"
          aria-label={`Watch: ${sample.question}`}
          title="Watch (Enter)"
          onClick={props.onOpen}
        >
          <IconPlayerPlay size={15} aria-hidden />
        </ActionIcon>
      </span>
    </div>
  );
}

/** A line that is still being read. */
export function SampleLinePlaceholder() {
  return (
    <div className={classes['cells']}>
      <span />
      <span className={classes['thumbs']}>
        <span className={classes['ghost']} style={{ width: 40, height: 40 }} />
      </span>
      <span role="gridcell">
        <span className={classes['ghost']} style={{ width: '60%', height: 10 }} />
        <span className="only-read">Loading</span>
      </span>
    </div>
  );
}
