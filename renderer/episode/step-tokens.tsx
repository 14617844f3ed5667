import type { EpisodeId } from '../../shared/model/ids.ts';
import type { Step } from '../../shared/model/step.ts';
import { useCall } from '../client/hooks.ts';
import { TokenText } from './token-text.tsx';

/** The tokens of a step; those that a very long episode came without are read when they are looked at. */
export function StepTokens({ episodeId, step }: { readonly episodeId: EpisodeId; readonly step: Step }) {
  return step.tokensLeftOut === undefined ? (
    <TokenText tokens={step.tokens} />
  ) : (
    <ReadTokens episodeId={episodeId} index={step.index} />
  );
}

function ReadTokens({ episodeId, index }: { readonly episodeId: EpisodeId; readonly index: number }) {
  const { data, error } = useCall('episodes.tokens', { id: episodeId, index });
  if (error !== null) return <p role="alert">{error.message}</p>;
  return <TokenText tokens={data ?? []} />;
}
