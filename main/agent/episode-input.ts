import type { AnswerReference } from '../../shared/model/answer-check.ts';
import type { EpisodeLimits, SamplingSettings } from '../../shared/model/limits.ts';
import type { RewardSettings } from '../../shared/model/reward.ts';
import type { EpisodeImage } from './views.ts';

/** What is asked. `images` become views 1..N in this order. */
export interface EpisodeInput {
  readonly images: readonly EpisodeImage[];
  readonly question: string;
  readonly choices: readonly string[] | null;
  /** What the answer is checked against; null where no reference is known. */
  readonly reference: AnswerReference | null;
}

export interface EpisodeSettings {
  readonly withTools: boolean;
  readonly sampling: SamplingSettings;
  readonly limits: EpisodeLimits;
  /** Left out: the defaults of shared/model/reward. */
  readonly reward?: RewardSettings;
}
