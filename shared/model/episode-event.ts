import { z } from 'zod';
import { assertNever } from './assert-never.ts';
import type { Episode } from './episode.ts';
import {
  episode,
  episodeError,
  episodePhase,
  episodeStatus,
  failureFlag,
  rewardParts,
  verdict,
} from './episode.ts';
import type { Step } from './step.ts';
import { sampledToken, seenSegment, stepAction, stopReason } from './step.ts';
import { imageView } from './view.ts';

/**
 * What happens in an episode, as it happens. The host folds these into the stored episode and the page
 * folds the same into what it shows, with the same function, so the two can't disagree.
 */
export const episodeEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('phase'), phase: episodePhase }).readonly(),
  z
    .object({ type: z.literal('view_added'), view: imageView, byStep: z.number().int().nullable() })
    .readonly(),
  z
    .object({
      type: z.literal('step_started'),
      index: z.number().int(),
      segments: z.array(seenSegment).readonly(),
      contextTokens: z.number().int(),
      prefillMs: z.number(),
    })
    .readonly(),
  z
    .object({ type: z.literal('tokens'), index: z.number().int(), tokens: z.array(sampledToken).readonly() })
    .readonly(),
  z
    .object({
      type: z.literal('step_finished'),
      index: z.number().int(),
      text: z.string(),
      thought: z.string(),
      action: stepAction.nullable(),
      stopReason,
      samplingMs: z.number(),
    })
    .readonly(),
  z
    .object({
      type: z.literal('finished'),
      status: episodeStatus,
      answer: z.string().nullable(),
      verdict,
      reward: rewardParts.nullable(),
      flags: z.array(failureFlag).readonly(),
      error: episodeError.nullable(),
      endedAt: z.number(),
    })
    .readonly(),
]);
export type EpisodeEvent = z.infer<typeof episodeEvent>;

/** What a watcher receives: the whole episode first, then what happens to it. */
export const watchMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), episode }).readonly(),
  z.object({ type: z.literal('event'), event: episodeEvent }).readonly(),
]);
export type WatchMessage = z.infer<typeof watchMessage>;

function withStep(one: Episode, index: number, change: (step: Step) => Step): Episode {
  return { ...one, steps: one.steps.map((step) => (step.index === index ? change(step) : step)) };
}

/** Folds one event into an episode. Pure; an event for an episode that has ended changes nothing. */
export function applyEpisodeEvent(one: Episode, event: EpisodeEvent): Episode {
  if (one.state.kind === 'ended') return one;
  switch (event.type) {
    case 'phase':
      return { ...one, state: { kind: 'running', phase: event.phase } };
    case 'view_added': {
      const added = { ...one, views: [...one.views, event.view] };
      return event.byStep === null
        ? added
        : withStep(added, event.byStep, (step) => ({ ...step, resultView: event.view.number }));
    }
    case 'step_started': {
      const { index, segments, contextTokens, prefillMs } = event;
      const started: Step = {
        index,
        segments,
        contextTokens,
        tokens: [],
        text: '',
        thought: '',
        action: null,
        resultView: null,
        stopReason: null,
        timings: { prefillMs, samplingMs: 0 },
      };
      return { ...one, state: { kind: 'running', phase: 'sampling' }, steps: [...one.steps, started] };
    }
    case 'tokens':
      return withStep(one, event.index, (step) => ({
        ...step,
        tokens: [...step.tokens, ...event.tokens],
        text: step.text + event.tokens.map((token) => token.text).join(''),
      }));
    case 'step_finished': {
      const { text, thought, action, stopReason, samplingMs } = event;
      return withStep(one, event.index, (step) => ({
        ...step,
        text,
        thought,
        action,
        stopReason,
        timings: { ...step.timings, samplingMs },
      }));
    }
    case 'finished': {
      const { status, answer, verdict, reward, flags, error, endedAt } = event;
      return { ...one, state: { kind: 'ended', status, endedAt }, answer, verdict, reward, flags, error };
    }
    default:
      return assertNever(event);
  }
}
