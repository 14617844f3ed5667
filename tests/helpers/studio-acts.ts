import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EpisodeId, SampleId } from '../../shared/model/ids.ts';
import type { WatchMessage } from '../../shared/model/episode-event.ts';
import type { Episode } from '../../shared/model/episode.ts';
import { applyEpisodeEvent } from '../../shared/model/episode-event.ts';
import type { Host } from '../../main/host.ts';
import type { StudioClient } from './test-host.ts';
import { writePng } from './test-host.ts';

/** What a person does, in words of tests. */

export async function importColours(host: Host, folder: string, colours: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [index, colour] of colours.entries())
    await writePng(join(folder, `${index}-${colour}.png`), colour);
  const { id } = host.services.imports.startPaths([folder]);
  await waitForImport(host, id);
}

export async function waitForImport(host: Host, id: Parameters<Host['services']['imports']['settled']>[0]) {
  return await host.services.imports.settled(id);
}

/** A sample of every image there is, and a demo agent to run. */
export async function makeSample(host: Host, question = 'What colour?'): Promise<SampleId> {
  const { items } = host.services.library.listImages({ limit: 32 });
  const { id } = host.services.library.createSample({
    question,
    imageIds: items.map((image) => image.id),
    choices: null,
    answers: ['red'],
    answerKind: 'text',
    kind: 'custom',
    tags: [],
    split: 'none',
  });
  return id;
}

export interface Watched {
  /** The episode as the watcher folded it. */
  readonly episode: () => Episode | null;
  readonly ids: readonly string[];
  readonly messages: readonly WatchMessage[];
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

/** Watches an episode as the page does: a snapshot, then events folded into it. */
export function watch(client: StudioClient, id: EpisodeId, lastEventId?: string): Watched {
  let episode: Episode | null = null;
  const ids: string[] = [];
  const messages: WatchMessage[] = [];
  let finish: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  ended.catch(() => {});
  const subscription = client.episodes.watch.subscribe(
    { id, lastEventId: lastEventId ?? null },
    {
      onData: ({ id: eventId, data }) => {
        ids.push(eventId);
        messages.push(data);
        if (data.type === 'snapshot') episode = data.episode;
        else if (episode !== null) episode = applyEpisodeEvent(episode, data.event);
      },
      onComplete: finish,
      onError: fail,
    },
  );
  return { episode: () => episode, ids, messages, ended, stop: () => subscription.unsubscribe() };
}
