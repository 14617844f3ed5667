/**
 * A group as training would see it, for any reward and mask settings: nothing is run again, because a rollout's
 * accuracy, its calls and its format do not depend on them. The settings and functions are the trainer's twins.
 */
import type { AdvantageSettings } from './advantage.ts';
import { DEFAULT_ADVANTAGE, groupAdvantages } from './advantage.ts';
import type { EpisodeStatus, RewardParts } from './episode.ts';
import type { Rollout } from './group.ts';
import type { RewardSettings } from './reward.ts';
import { DEFAULT_REWARD } from './reward.ts';
import type { MaskDecision } from './token-mask.ts';
import { DEFAULT_MASKED_STATUSES, maskDecision } from './token-mask.ts';

export interface GroupSettings extends AdvantageSettings {
  readonly reward: RewardSettings;
  readonly maskedStatuses: readonly EpisodeStatus[];
}

export const DEFAULT_GROUP_SETTINGS: GroupSettings = {
  ...DEFAULT_ADVANTAGE,
  reward: DEFAULT_REWARD,
  maskedStatuses: DEFAULT_MASKED_STATUSES,
};

type Judged = Pick<Rollout, 'status' | 'reward' | 'validCalls' | 'withTools'>;

export interface JudgedRollout {
  /** Null: nobody could score it, or it still runs. */
  readonly reward: RewardParts | null;
  readonly mask: MaskDecision;
  /** Null for one that takes no part: it runs, or it was played without tools, for comparison. */
  readonly advantage: number | null;
}

export interface JudgedGroup {
  readonly rollouts: readonly JudgedRollout[];
  readonly mean: number | null;
  readonly std: number | null;
  /** No advantage differs from 0: the group teaches nothing. */
  readonly allEqual: boolean;
}

/** The total of a rollout's parts under other settings. */
function rewardUnder(rollout: Judged, { toolGain, formatWeight }: RewardSettings): RewardParts | null {
  const { reward, validCalls } = rollout;
  if (reward === null) return null;
  const { accuracy, format } = reward;
  const toolFactor = accuracy === 1 && validCalls > 0 ? 1 + toolGain : 1;
  return { accuracy, toolFactor, format, total: accuracy * toolFactor + formatWeight * format };
}

/** Members in any order; those that run or had no tools are judged too but take no part. */
export function judgeGroup(rollouts: readonly Judged[], settings: GroupSettings): JudgedGroup {
  const judged = rollouts.map((rollout) => {
    const reward = rewardUnder(rollout, settings.reward);
    const mask =
      rollout.status === null
        ? { dropped: false, reason: null }
        : maskDecision(
            { status: rollout.status, scored: reward !== null, isDemonstration: false },
            settings.maskedStatuses,
          );
    return { reward, mask, takesPart: rollout.withTools && rollout.status !== null };
  });
  const part = judged.filter(({ takesPart }) => takesPart);
  const [group] = groupAdvantages(
    [part.map(({ reward, mask }) => ({ reward: reward?.total ?? null, dropped: mask.dropped }))],
    settings,
  );
  const advantages = (group?.advantages ?? []).values();
  return {
    rollouts: judged.map(({ reward, mask, takesPart }) => ({
      reward,
      mask,
      advantage: takesPart ? (advantages.next().value ?? 0) : null,
    })),
    mean: group?.mean ?? null,
    std: group?.std ?? null,
    allEqual: (group?.advantages ?? []).every((advantage) => advantage === 0),
  };
}

/**
 * The rollout to show others how it is done: the highest reward among those that training keeps, of equal ones the
 * shortest. Its index; null where none is right.
 */
export function bestRollout(
  rollouts: readonly Pick<Rollout, 'sampledTokens'>[],
  judged: JudgedGroup,
): number | null {
  let best: number | null = null;
  const totalOf = (index: number): number => judged.rollouts[index]?.reward?.total ?? 0;
  for (const [index, { reward, mask }] of judged.rollouts.entries()) {
    if (reward === null || reward.accuracy === 0 || mask.dropped) continue;
    const isBetter =
      best === null ||
      totalOf(index) > totalOf(best) ||
      (totalOf(index) === totalOf(best) &&
        (rollouts[index]?.sampledTokens ?? 0) < (rollouts[best]?.sampledTokens ?? 0));
    if (isBetter) best = index;
  }
  return best;
}
