import type { EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { TokenText } from '../../episode/token-text.tsx';

/** The tokens of a step of a very long episode, which came without them; read when they are looked at. */
export function ReadTokens({ episodeId, index }: { readonly episodeId: EpisodeId; readonly index: number }) {
  const { data, error } = useCall('episodes.tokens', { id: episodeId, index });
  if (error !== null) return <p role="alert">{error.message}</p>;
  return <TokenText tokens={data ?? []} />;
}
