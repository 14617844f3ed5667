import type { Bbox } from '../../shared/model/bbox.ts';
import type {
  Episode,
  EpisodeStatus,
  EpisodeSummary,
  FailureFlag,
  RewardParts,
} from '../../shared/model/episode.ts';
import type { EpisodeLimits } from '../../shared/model/limits.ts';
import type { Step, StepAction, StopReason } from '../../shared/model/step.ts';
import { formatCount, formatPlural, statusWords, VERDICT_WORDS } from '../ui/format.ts';

/** What an agent did in a step, in a line. */
export function actionWords(action: StepAction | null, resultView: number | null): string {
  if (action === null) return 'Thinking';
  switch (action.kind) {
    case 'zoom_in':
      return `Zoom in on image ${action.image}${resultView === null ? '' : `, shown as image ${resultView}`}`;
    case 'look_back':
      return `Look back at image ${action.image}${resultView === null ? '' : `, shown as image ${resultView}`}`;
    case 'bad_call':
      return action.name === null
        ? 'A call that could not be read'
        : `A call of ${action.name} that was refused`;
    case 'answer':
      return `Answer: ${action.answer}`;
    case 'nothing':
      return 'Neither a call nor an answer';
  }
}

/** What a step did or is doing. A turn that was broken off did nothing. */
export function stepWords(step: Step, live: boolean): string {
  return step.action === null && !live
    ? 'Cut off before it did anything'
    : actionWords(step.action, step.resultView);
}

/** `[4, 8, 36, 40]`, as the agent writes it. */
export function boxWords(box: Bbox): string {
  return `[${box.map((value) => (Number.isInteger(value) ? value : Number(value.toFixed(2)))).join(', ')}]`;
}

/** What a status means and what a person can do about it; null where all went well. */
export function statusAdvice(
  status: EpisodeStatus,
  limits: EpisodeLimits,
): { message: string; advice: string } | null {
  switch (status) {
    case 'answered':
      return null;
    case 'no_answer':
      return {
        message: 'The agent ended its turn with neither a call nor an answer.',
        advice: 'Run again with another seed, or read the last step to see where it lost the thread.',
      };
    case 'malformed':
      return {
        message: `${formatPlural(limits.maxBadCallsInRow, 'call')} in a row could not be carried out.`,
        advice: 'The steps show the error that the agent was given each time. Run again with another seed.',
      };
    case 'too_many_steps':
      return {
        message: `The agent used all ${formatPlural(limits.maxCalls, 'call')} and wanted another.`,
        advice: 'Allow more calls in Settings, or run again with another seed.',
      };
    case 'too_long':
      return {
        message: `The text grew past its limit (${formatCount(limits.maxTokensPerTurn)} tokens a turn, ${formatCount(limits.maxEpisodeTokens)} in all).`,
        advice: 'Raise the limits in Settings, or use fewer or smaller images.',
      };
    case 'over_budget':
      return {
        message: `The images together would be more than ${formatCount(limits.maxEpisodePixels)} pixels.`,
        advice: 'Raise the pixel budget in Settings, or use fewer or smaller images.',
      };
    case 'stopped':
      return {
        message: 'You stopped this run.',
        advice: 'What it had is kept. Run it again whenever you like.',
      };
    case 'failed':
      return { message: 'The run failed.', advice: 'What it had is kept. Run it again.' };
  }
}

const FLAG_WORDS: Readonly<Record<FailureFlag, { words: string; why: string }>> = {
  tool_abandonment: {
    words: 'used no tool',
    why: 'It answered without looking closer, though it could have.',
  },
  repeated_call: { words: 'repeated a call', why: 'It made the same call more than once.' },
  loop: { words: 'loop', why: 'It made the same call three times or more.' },
  format: { words: 'format', why: 'A turn had no <think> part, so the reward for the format is lost.' },
};

export function flagWords(flag: FailureFlag): { readonly words: string; readonly why: string } {
  return FLAG_WORDS[flag];
}

/** `1 × 1.5 + 0.5`: the parts of a reward as they are put together, the format with its weight. */
export function rewardWords({ accuracy, toolFactor, total }: RewardParts): string {
  const weightedFormat = total - accuracy * toolFactor;
  return `${shortNumber(accuracy)} × ${shortNumber(toolFactor)} + ${shortNumber(weightedFormat)}`;
}

/** At most two places, none that say nothing. */
export function shortNumber(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** Two places; a hair below zero is zero, not "-0.00". */
export function twoPlaces(value: number): string {
  return (Math.round(value * 100) / 100 + 0).toFixed(2);
}

export function stopReasonWords(reason: StopReason | null): string | null {
  if (reason === 'max_tokens') return 'cut at the limit of a turn';
  return reason === 'aborted' ? 'stopped in mid-turn' : null;
}

/** How an earlier run is called in the list. */
export function episodeWords(summary: EpisodeSummary, place: number): string {
  const parts = [`Run ${place}`, `seed ${summary.seed}`];
  if (!summary.withTools) parts.push('no tools');
  parts.push(outcomeWords(summary));
  return parts.join(' · ');
}

function outcomeWords({ state, verdict }: EpisodeSummary): string {
  if (state.kind === 'ended' && state.status === 'answered') return VERDICT_WORDS[verdict];
  return statusWords(state);
}

/** What a screen reader is told when a step ends or the run does. Tokens would be a flood. */
export function announcement(episode: Episode | null): string {
  if (episode === null) return '';
  if (episode.state.kind === 'ended') {
    const answer = episode.answer === null ? '' : ` The answer is ${episode.answer}.`;
    return `${statusWords(episode.state)}.${answer} ${episode.verdict === 'unknown' ? '' : VERDICT_WORDS[episode.verdict]}`.trim();
  }
  const done = episode.steps.findLast((step) => step.action !== null);
  return done === undefined
    ? 'The agent is running.'
    : `Step ${done.index + 1}: ${actionWords(done.action, done.resultView)}.`;
}

/** Milliseconds that a step took, prefill and sampling together. */
export function stepMs(step: Step): number {
  return step.timings.prefillMs + step.timings.samplingMs;
}
