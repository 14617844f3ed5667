import { ActionIcon, Tooltip } from '@mantine/core';
import { IconEye, IconMask, IconPencil, IconStar, IconStarFilled } from '@tabler/icons-react';
import { Fragment, type ReactNode, useEffect, useRef } from 'react';
import type { GroupDetail, GroupMember } from '../../../shared/contract/groups.ts';
import type { RewardParts } from '../../../shared/model/episode.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import type { JudgedGroup, JudgedRollout } from '../../../shared/model/what-if.ts';
import { flagWords } from '../../episode/words.ts';
import { navigate } from '../../state/route.ts';
import { StatusBadge, Tag, VerdictBadge } from '../../ui/badges.tsx';
import { formatCount, formatDuration, formatPlural, MASK_REASON_WORDS } from '../../ui/format.ts';
import { rolloutColour } from '../../ui/rollout-colours.ts';
import classes from './rollout-table.module.css';
import { RolloutStrip } from './rollout-strip.tsx';
import { figure, signed } from './words.ts';

export interface RolloutTableProps {
  readonly detail: GroupDetail;
  readonly judged: JudgedGroup;
  readonly selected: number;
  /** Index of the one to pick; null where none is right. */
  readonly best: number | null;
  readonly onSelect: (index: number) => void;
  readonly onWatch: (id: EpisodeId) => void;
  readonly onCorrect: (id: EpisodeId) => void;
  readonly onPick: (id: EpisodeId) => void;
}

/** Every rollout in a row: what it answered, what that is worth, and what training would do with it. */
export function RolloutTable(props: RolloutTableProps) {
  const { members, group } = props.detail;
  const table = useRef<HTMLTableElement>(null);
  const { selected } = props;
  useEffect(() => {
    table.current?.querySelector(`[data-index="${selected}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  const largest = Math.max(0, ...props.judged.rollouts.map(({ advantage }) => Math.abs(advantage ?? 0)));
  const firstWithout = members.findIndex(({ rollout }) => !rollout.withTools);
  const missing = group.size + group.sizeWithout - members.length;
  return (
    <table className={classes['table']} ref={table} aria-label="Rollouts">
      <thead>
        <tr>
          <th scope="col">Rollout</th>
          <th scope="col">Answer</th>
          <th scope="col" title="Accuracy × tool factor + format">
            Reward
          </th>
          <th scope="col">Advantage</th>
          <th scope="col">Length</th>
          <th scope="col">How it went</th>
          <th scope="col">What it looked at</th>
          <th scope="col">
            <span className="only-read">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member, index) => (
          <Fragment key={member.rollout.episodeId}>
            {index === firstWithout ? (
              <tr className={classes['divider']}>
                <th scope="rowgroup" colSpan={8}>
                  Without tools, for comparison. They take no part in training.
                </th>
              </tr>
            ) : null}
            <RolloutRow
              {...props}
              member={member}
              index={index}
              judgedRollout={props.judged.rollouts[index]}
              largest={largest}
            />
          </Fragment>
        ))}
        {missing <= 0 ? null : (
          <tr className={classes['divider']}>
            <th scope="rowgroup" colSpan={8}>
              {formatPlural(missing, 'rollout')} to come
            </th>
          </tr>
        )}
      </tbody>
    </table>
  );
}

function RolloutRow(
  props: RolloutTableProps & {
    readonly member: GroupMember;
    readonly index: number;
    readonly judgedRollout: JudgedRollout | undefined;
    readonly largest: number;
  },
) {
  const { member, index, judgedRollout, selected, best } = props;
  const { rollout } = member;
  const isPicked = props.detail.group.demonstration === rollout.episodeId;
  const current = index === selected;
  return (
    <tr
      data-index={index}
      data-current={current || undefined}
      data-dropped={judgedRollout?.mask.dropped || undefined}
      onClick={() => props.onSelect(index)}
      onDoubleClick={() => props.onWatch(rollout.episodeId)}
    >
      <td>
        <button
          type="button"
          className={classes['mark']}
          aria-current={current ? 'true' : undefined}
          aria-label={`Rollout ${rollout.number + 1}`}
          title={`Seed ${rollout.seed}`}
          style={{ borderColor: rolloutColour(rollout.number) }}
          onClick={() => props.onSelect(index)}
        >
          {rollout.number + 1}
        </button>
      </td>
      <td>
        <div className={classes['answer']} title={rollout.answer ?? ''}>
          {rollout.answer ?? <span className={classes['quiet']}>–</span>}
        </div>
        {rollout.status === null ? null : <VerdictBadge verdict={rollout.verdict} />}
      </td>
      <td>
        <Reward now={judgedRollout?.reward ?? null} before={rollout.reward} />
      </td>
      <td>
        <Advantage value={judgedRollout?.advantage ?? null} largest={props.largest} />
      </td>
      <td className={classes['length']}>
        <span>{formatPlural(rollout.stepCount, 'step')}</span>
        <span title={`${formatCount(rollout.contextTokens)} with what the model read`}>
          {formatPlural(rollout.sampledTokens, 'token')}
        </span>
        <span>{formatDuration(rollout.durationMs)}</span>
      </td>
      <td>
        <div className={classes['tags']}>
          <StatusBadge
            state={
              rollout.status === null
                ? { kind: 'running', phase: 'sampling' }
                : { kind: 'ended', status: rollout.status, endedAt: 0 }
            }
          />
          {rollout.flags.map((flag) => (
            <Tag key={flag} tone="warn" title={flagWords(flag).why}>
              {flagWords(flag).words}
            </Tag>
          ))}
          {judgedRollout?.mask.reason && rollout.withTools ? (
            <Tag tone="bad" title="The trajectory mask takes it out whole: none of its tokens trains">
              Dropped: {MASK_REASON_WORDS[judgedRollout.mask.reason]}
            </Tag>
          ) : null}
          {rollout.error === null ? null : <span className={classes['quiet']}>{rollout.error}</span>}
        </div>
      </td>
      <td>
        <RolloutStrip member={member} />
      </td>
      <td>
        <div className={classes['actions']}>
          <Act
            label={`Watch rollout ${rollout.number + 1} (Enter)`}
            onClick={() => props.onWatch(rollout.episodeId)}
          >
            <IconEye size={16} aria-hidden />
          </Act>
          <Act
            label={`Correct rollout ${rollout.number + 1} (C)`}
            onClick={() => props.onCorrect(rollout.episodeId)}
          >
            <IconPencil size={16} aria-hidden />
          </Act>
          <Act
            label={`Mask of rollout ${rollout.number + 1} (M)`}
            onClick={() => navigate({ screen: 'mask', id: rollout.episodeId })}
          >
            <IconMask size={16} aria-hidden />
          </Act>
          <Act
            label={
              isPicked
                ? `Rollout ${rollout.number + 1} is the demonstration. Take it back`
                : `Pick rollout ${rollout.number + 1} as demonstration (Shift+B)`
            }
            pressed={isPicked}
            onClick={() => props.onPick(rollout.episodeId)}
          >
            {isPicked ? <IconStarFilled size={16} aria-hidden /> : <IconStar size={16} aria-hidden />}
          </Act>
        </div>
        {isPicked ? <div className={classes['picked']}>Demonstration</div> : null}
        {index === best && !isPicked ? <div className={classes['quiet']}>Best</div> : null}
      </td>
    </tr>
  );
}

function Act(props: {
  readonly label: string;
  readonly pressed?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        aria-label={props.label}
        aria-pressed={props.pressed}
        onClick={(event) => {
          event.stopPropagation();
          props.onClick();
        }}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}

/** `1 × 1.5 + 0.5 = 2`, and what it was with the settings of the run where that differs. */
function Reward({ now, before }: { now: RewardParts | null; before: RewardParts | null }) {
  if (now === null) return <span className={classes['quiet']}>–</span>;
  const weighted = now.total - now.accuracy * now.toolFactor;
  return (
    <>
      <div className={classes['total']}>{figure(now.total)}</div>
      <div className={classes['sum']}>
        {short(now.accuracy)} × {short(now.toolFactor)} + {short(weighted)}
      </div>
      {before === null || Math.abs(before.total - now.total) < 1e-9 ? null : (
        <div className={classes['was']}>was {figure(before.total)}</div>
      )}
    </>
  );
}

function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** The advantage, with a bar from the middle: right makes the rollout more likely, left less. */
function Advantage({ value, largest }: { value: number | null; largest: number }) {
  if (value === null) return <span className={classes['quiet']}>–</span>;
  const half = largest === 0 ? 0 : (50 * Math.abs(value)) / largest;
  return (
    <>
      <div className={classes['total']} data-sign={Math.sign(Math.round(value * 100))}>
        {signed(value)}
      </div>
      <div className={classes['bar']} aria-hidden>
        <span
          data-sign={Math.sign(value)}
          style={{ left: `${value < 0 ? 50 - half : 50}%`, width: `${half}%` }}
        />
      </div>
    </>
  );
}
