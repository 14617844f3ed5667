import type { CorrectedEpisode } from '../../../shared/correction/corrected-episode.ts';
import { demonstrationOf } from '../../../shared/correction/demonstration.ts';
import type { CorrectionSummary } from '../../../shared/model/correction.ts';
import type { CorrectionId, EpisodeId } from '../../../shared/model/ids.ts';
import type { CorrectedTurns } from './take-snapshot.ts';

/** What is asked of the corrections: the service that keeps them answers it. */
export interface Corrections {
  list(episode: EpisodeId): readonly CorrectionSummary[];
  replayed(id: CorrectionId): { readonly corrected: CorrectedEpisode };
}

/** The newest correction of an episode that has edits, where what came of it can be learned from. */
export function correctedTurns(corrections: Corrections, episode: EpisodeId): CorrectedTurns | null {
  const newest = corrections
    .list(episode)
    .filter(({ operationCount }) => operationCount > 0)
    .at(-1);
  if (newest === undefined) return null;
  const demonstration = demonstrationOf(corrections.replayed(newest.id).corrected);
  return demonstration === null ? null : { source: { kind: 'correction', id: newest.id }, ...demonstration };
}
