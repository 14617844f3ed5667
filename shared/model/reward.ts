/**
 * What an episode is worth: accuracy x tool factor + format. Twin of
 * `trainer/imagent_trainer/rewards/reward.py`; `tests/fixtures/rewards.json` drives both.
 */
import type { RewardParts } from './episode.ts';

export interface RewardSettings {
  /** What a valid tool call adds to the factor of a right answer; 0 is the ablation. */
  readonly toolGain: number;
  readonly formatWeight: number;
}

export const DEFAULT_REWARD: RewardSettings = { toolGain: 0.5, formatWeight: 0.5 };

/** What the reward looks at. */
export interface RewardFacts {
  readonly answered: boolean;
  readonly correct: boolean;
  readonly validCalls: number;
  readonly badCalls: number;
  /** Every turn has a closed <think></think>. */
  readonly thoughtsClosed: boolean;
}

/** The parts and their sum. The tool factor rises only where a valid call and a right answer meet. */
export function rewardOf(facts: RewardFacts, settings: RewardSettings): RewardParts {
  const accuracy = facts.answered && facts.correct ? 1 : 0;
  const toolFactor = accuracy === 1 && facts.validCalls > 0 ? 1 + settings.toolGain : 1;
  const format = facts.answered && facts.thoughtsClosed && facts.badCalls === 0 ? 1 : 0;
  return { accuracy, toolFactor, format, total: accuracy * toolFactor + settings.formatWeight * format };
}
