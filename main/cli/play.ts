import type { StartEpisodeInput } from '../../shared/contract/procedures.ts';
import { applyEpisodeEvent } from '../../shared/model/episode-event.ts';
import type { EpisodeEvent } from '../../shared/model/episode-event.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { Studio } from './studio.ts';

/**
 * Runs one episode through the service and watches it to its end. `onEvent` gets each event with the episode as
 * it is after it. An abort stops the episode; it then ends as `stopped`, which is watched too.
 */
export async function playSample(
  studio: Studio,
  input: StartEpisodeInput,
  signal: AbortSignal,
  onEvent: (event: EpisodeEvent, now: Episode) => void,
): Promise<Episode> {
  const { id } = await studio.episodes.start(input);
  const stop = (): void => studio.episodes.stop(id);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) {
    stop();
  }
  try {
    let episode = studio.episodes.get(id);
    for await (const { message } of studio.episodes.watch(id, 0, new AbortController().signal)) {
      if (message.type === 'snapshot') {
        episode = message.episode;
      } else {
        episode = applyEpisodeEvent(episode, message.event);
        onEvent(message.event, episode);
      }
    }
    return episode;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
