import { IconEqual } from '@tabler/icons-react';
import { type Group, type Rollout, statisticsOf } from '../../../shared/model/group.ts';
import type { JudgedGroup } from '../../../shared/model/what-if.ts';
import { formatCount, formatPlural } from '../../ui/format.ts';
import classes from './group-view.module.css';
import { figure, percent, points } from './words.ts';

/** What the group comes to, and what the tools were good for. */
export function GroupSummary(props: {
  readonly group: Group;
  readonly rollouts: readonly Rollout[];
  readonly judged: JudgedGroup;
}) {
  const { group, rollouts, judged } = props;
  const statistics = statisticsOf(rollouts);
  const { done, doneWithout, accuracy, accuracyWithout, gain, disagreement } = statistics;
  const complete = done >= group.size && doneWithout >= group.sizeWithout;
  const dropped = judged.rollouts.filter(({ advantage, mask }) => advantage !== null && mask.dropped).length;
  return (
    <section className={classes['summary']} aria-label="The group in figures">
      <h2>The group</h2>
      <dl>
        <Fact name="Rollouts" value={`${formatCount(done)} of ${formatCount(group.size)}`} />
        <Fact
          name="Kept by the mask"
          value={dropped === 0 ? 'all' : `${formatCount(done - dropped)}, ${formatCount(dropped)} dropped`}
        />
        <Fact name="Mean reward" value={figure(judged.mean)} />
        <Fact name="Deviation" value={figure(judged.std)} />
        <Fact name="Disagreement" value={percent(disagreement)} />
      </dl>
      {judged.allEqual && done > 0 && complete ? (
        <p className={classes['equal']}>
          <IconEqual size={16} aria-hidden />
          <span>
            <strong>All equal: no gradient.</strong> Every advantage is 0, so training would learn nothing
            from this group.
          </span>
        </p>
      ) : null}
      <h2>What the tools are good for</h2>
      {doneWithout === 0 ? (
        <p className={classes['quiet']}>
          No rollout without tools yet. “Run again…” can add some for comparison.
        </p>
      ) : (
        <>
          <Accuracy name="With tools" share={accuracy} of={done} />
          <Accuracy name="Without" share={accuracyWithout} of={doneWithout} />
          <p className={classes['gain']} data-sign={Math.sign(gain ?? 0)}>
            {gain === null ? (
              'No reference answer: the gain is not known.'
            ) : (
              <>
                Gain <strong>{points(gain)}</strong> points of accuracy
              </>
            )}
          </p>
        </>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Accuracy({ name, share, of }: { name: string; share: number | null; of: number }) {
  return (
    <div className={classes['accuracy']}>
      <span>{name}</span>
      <span className={classes['track']} aria-hidden>
        <span style={{ width: `${100 * (share ?? 0)}%` }} />
      </span>
      <span title={formatPlural(of, 'rollout')}>
        {percent(share)} <span className={classes['quiet']}>of {formatCount(of)}</span>
      </span>
    </div>
  );
}
