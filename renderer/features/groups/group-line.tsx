import { IconStarFilled } from '@tabler/icons-react';
import type { GroupRow } from '../../../shared/contract/groups.ts';
import { Tag } from '../../ui/badges.tsx';
import { formatCount, kindWords } from '../../ui/format.ts';
import { ImageRow } from '../../ui/image-row.tsx';
import classes from './groups.module.css';
import { figure, percent, points } from './words.ts';

const MOST_THUMBS = 3;

export function GroupColumns() {
  return (
    <div role="row" aria-rowindex={1} className={classes['cells']}>
      <span role="columnheader">Images</span>
      <span role="columnheader">Question</span>
      <span role="columnheader">Rollouts</span>
      <span role="columnheader" className={classes['number']}>
        Accuracy
      </span>
      <span role="columnheader" className={classes['number']}>
        Without tools
      </span>
      <span role="columnheader" className={classes['number']} title="Accuracy with tools minus without">
        Gain
      </span>
      <span role="columnheader" className={classes['number']}>
        Reward
      </span>
      <span role="columnheader" className={classes['number']}>
        Disagreement
      </span>
      <span role="columnheader">For training</span>
    </div>
  );
}

export function GroupLine({ row }: { row: GroupRow }) {
  const { group, images, question } = row;
  const { statistics: all } = group;
  const wanted = group.size + group.sizeWithout;
  const done = all.done + all.doneWithout;
  return (
    <div className={classes['cells']}>
      <span role="gridcell">
        <ImageRow images={images} most={MOST_THUMBS} />
      </span>
      <span role="gridcell" className={classes['question']} title={question}>
        {group.demonstration === null ? null : (
          <IconStarFilled size={12} className={classes['star']} role="img" aria-label="Has a demonstration" />
        )}{' '}
        {question} <span className={classes['quiet']}>{kindWords(row.kind)}</span>
      </span>
      <span role="gridcell" title={row.agentName} className={classes['twoLines']}>
        <span>
          {formatCount(done)} / {formatCount(wanted)}
        </span>
        <span className={classes['cutQuiet']}>{row.agentName}</span>
      </span>
      <span role="gridcell" className={classes['number']}>
        {percent(all.accuracy)}
      </span>
      <span role="gridcell" className={classes['number']}>
        {percent(all.accuracyWithout)}
      </span>
      <span role="gridcell" className={classes['number']} data-sign={Math.sign(all.gain ?? 0)}>
        {points(all.gain)}
      </span>
      <span role="gridcell" className={classes['number']}>
        {figure(all.rewardMean)}
        {all.rewardVariance === null ? '' : ` ± ${figure(Math.sqrt(all.rewardVariance))}`}
      </span>
      <span role="gridcell" className={classes['number']}>
        {percent(all.disagreement)}
      </span>
      <span role="gridcell" className={classes['tags']}>
        {done < wanted ? null : all.allEqual ? (
          <Tag tone="warn" title="All rewards are equal: training learns nothing from this group">
            No gradient
          </Tag>
        ) : (
          <Tag tone="good">Gradient</Tag>
        )}
        {all.masked === 0 ? null : (
          <Tag tone="quiet" title="Rollouts that the trajectory mask drops whole">
            {formatCount(all.masked)} dropped
          </Tag>
        )}
      </span>
    </div>
  );
}

/** A line that is still being read. */
export function GroupLinePlaceholder() {
  return (
    <div className={classes['cells']}>
      <span className={classes['ghost']} style={{ width: 40, height: 40 }} />
      <span role="gridcell">
        <span className={classes['ghost']} style={{ width: '60%', height: 10 }} />
        <span className="only-read">Loading</span>
      </span>
    </div>
  );
}
