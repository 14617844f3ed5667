/**
 * Advantages of the members of a group against each other. Twin of
 * `trainer/imagent_trainer/rewards/advantage.py`; `tests/fixtures/advantages.json` drives both, to the last bit.
 */

/** What the advantage is divided by: the deviation of the group, of all groups of the step, or nothing. */
export type ScaleRewards = 'group' | 'batch' | 'none';

export interface GroupMember {
  /** Null: nobody could score it. */
  readonly reward: number | null;
  /** The trajectory mask took it. */
  readonly dropped: boolean;
}

export interface AdvantageSettings {
  readonly scaleRewards: ScaleRewards;
  /** Whether rewards of dropped members count in the mean and the deviation. */
  readonly maskedInBaseline: boolean;
}

export interface GroupAdvantages {
  /** Of the baseline; null where it is empty. */
  readonly mean: number | null;
  readonly std: number | null;
  readonly advantages: readonly number[];
}

export const DEFAULT_ADVANTAGE: AdvantageSettings = { scaleRewards: 'group', maskedInBaseline: false };

/** TRL's, so that a deviation of 0 does not divide. */
const EPSILON = 1e-4;

/** (reward - mean of the group) / (deviation + 1e-4), for the groups of one step. Dropped and unscored: 0. */
export function groupAdvantages(
  groups: readonly (readonly GroupMember[])[],
  settings: AdvantageSettings,
): readonly GroupAdvantages[] {
  const bases = groups.map((group) => baselineOf(group, settings.maskedInBaseline));
  const all = bases.flat();
  const batchStd = all.length > 0 ? meanAndStd(all).std : 0;
  return groups.map((group, index) => {
    const base = bases[index] ?? [];
    if (base.length === 0) return { mean: null, std: null, advantages: group.map(() => 0) };
    const { mean, std } = meanAndStd(base);
    const scale = { group: std + EPSILON, batch: batchStd + EPSILON, none: 1 }[settings.scaleRewards];
    const advantages = group.map(({ reward, dropped }) =>
      dropped || reward === null ? 0 : (reward - mean) / scale,
    );
    return { mean, std, advantages };
  });
}

/** The rewards that a group is compared with. */
function baselineOf(group: readonly GroupMember[], maskedInBaseline: boolean): readonly number[] {
  return group.flatMap(({ reward, dropped }) =>
    reward !== null && (maskedInBaseline || !dropped) ? [reward] : [],
  );
}

/** Mean and sample deviation (n - 1) of at least one value; exactly 0 where all are equal. */
function meanAndStd(values: readonly number[]): { readonly mean: number; readonly std: number } {
  const first = values[0] ?? 0;
  if (values.every((value) => value === first)) return { mean: first, std: 0 };
  const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);
  const mean = sum(values) / values.length;
  const squares = sum(values.map((value) => (value - mean) * (value - mean)));
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}
