import type { Episode } from '../../../shared/model/episode.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { EpisodeMask } from '../../episode/episode-mask.tsx';
import { TokenText } from '../../episode/token-text.tsx';

/** The tokens of a step of a very long episode, which came without them; read when they are looked at. */
export function ReadTokens({ episodeId, index }: { readonly episodeId: EpisodeId; readonly index: number }) {
  const { data, error } = useCall('episodes.tokens', { id: episodeId, index });
  if (error !== null) return <p role="alert">{error.message}</p>;
  return <TokenText tokens={data ?? []} />;
}

/** The mask looks at every token, so a very long episode is read whole for it. */
export function WholeEpisodeMask({ episode }: { readonly episode: Episode }) {
  const isWhole = episode.steps.every((step) => step.tokensLeftOut === undefined);
  const { data, error } = useCall('episodes.get', { id: episode.id }, { enabled: !isWhole });
  if (error !== null) return <p role="alert">{error.message}</p>;
  const whole = isWhole ? episode : data;
  return whole === undefined ? null : <EpisodeMask episode={whole} />;
}
