import { z } from 'zod';
import type { Episode } from '../../shared/model/episode.ts';
import { episode } from '../../shared/model/episode.ts';
import type { EpisodeEvent, WatchMessage } from '../../shared/model/episode-event.ts';
import { imageRecord } from '../../shared/model/image.ts';
import { sample } from '../../shared/model/sample.ts';

/** A file of tests/fixtures/episodes: tokens are written as `[id, text, logprob, entropy]`. */
const recording = z.object({ sample, images: z.array(imageRecord), episode });
export type Recording = z.infer<typeof recording>;

export function readRecording(json: unknown): Recording {
  return recording.parse(withTokens(json));
}

function withTokens(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTokens);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) =>
      key === 'tokens' && Array.isArray(member)
        ? [key, member.map(([id, text, logprob, entropy]) => ({ id, text, logprob, entropy }))]
        : [key, withTokens(member)],
    ),
  );
}

/** The episode as it was before its first step. */
export function atStart(whole: Episode): Episode {
  return {
    ...whole,
    state: { kind: 'running', phase: 'queued' },
    views: whole.views.filter((view) => view.origin === 'input'),
    steps: [],
    answer: null,
    verdict: 'unknown',
    reward: null,
    flags: [],
    error: null,
  };
}

/** What a watcher would have been sent, tokens in batches of `batch`. Folding it gives the episode again. */
export function messagesOf(whole: Episode, batch = 4): readonly WatchMessage[] {
  const event = (one: EpisodeEvent): WatchMessage => ({ type: 'event', event: one });
  const steps = whole.steps.flatMap((step) => {
    const { index, segments, contextTokens, timings, tokens, text, thought, action, stopReason } = step;
    const messages: WatchMessage[] = [
      event({ type: 'phase', phase: 'prefill' }),
      event({ type: 'step_started', index, segments, contextTokens, prefillMs: timings.prefillMs }),
    ];
    for (let from = 0; from < tokens.length; from += batch) {
      messages.push(event({ type: 'tokens', index, tokens: tokens.slice(from, from + batch) }));
    }
    if (stopReason !== null && action !== null) {
      const { samplingMs } = timings;
      messages.push(event({ type: 'step_finished', index, text, thought, action, stopReason, samplingMs }));
    }
    const view = whole.views.find((one) => one.number === step.resultView);
    if (view !== undefined) messages.push(event({ type: 'view_added', view, byStep: index }));
    return messages;
  });
  const { state, answer, verdict, reward, flags, error } = whole;
  const ending: readonly WatchMessage[] =
    state.kind === 'ended'
      ? [
          event({
            type: 'finished',
            status: state.status,
            answer,
            verdict,
            reward,
            flags,
            error,
            endedAt: state.endedAt,
          }),
        ]
      : [];
  return [{ type: 'snapshot', episode: atStart(whole) }, ...steps, ...ending];
}
