/** A correction played over its episode. Pure: the page and the host get the same from the same. */
import type { ViewSizing } from '../agent/tools/tool.ts';
import { isCorrect } from '../model/answer-check.ts';
import type { AnswerReference } from '../model/answer-check.ts';
import type { CorrectionOperation } from '../model/correction.ts';
import { countCalls } from '../model/episode.ts';
import type { Episode, EpisodeStatus, Verdict } from '../model/episode.ts';
import type { CorrectedEpisode, CorrectedStep, CorrectionProblem, EditedField } from './corrected-episode.ts';
import { applyOperation, openScript } from './script.ts';
import type { Script } from './script.ts';
import type { Performed } from './perform.ts';
import type { Slot } from './slot.ts';

/**
 * Plays operations over an episode. Never throws: what can't be done is a named problem.
 *
 * @param reference what the answer is checked against; left out, only an unchanged answer has a verdict.
 */
export function replay(
  episode: Episode,
  operations: readonly CorrectionOperation[],
  sizing: ViewSizing,
  reference: AnswerReference | null = null,
): CorrectedEpisode {
  const script = openScript(episode, sizing);
  const skipped: CorrectionProblem[] = [];
  for (const [index, operation] of operations.entries()) {
    const reason = applyOperation(script, operation);
    if (reason !== null) {
      const message = `Edit ${index + 1} was left out: ${reason}`;
      skipped.push({ step: null, kind: 'operation_skipped', message });
    }
  }
  return finish(episode, script, skipped, reference);
}

function finish(
  episode: Episode,
  script: Script,
  skipped: readonly CorrectionProblem[],
  reference: AnswerReference | null,
): CorrectedEpisode {
  const slots = script.live();
  script.tape.playTo(slots, slots.length);
  const { played, views } = script.tape;
  const steps = slots.flatMap((slot, at) => {
    const one = played[at];
    return one === undefined ? [] : [correctedStep(slot, one)];
  });
  const answering = steps.findIndex((step) => step.action?.kind === 'answer');
  const action = steps[answering]?.action;
  const answer = action?.kind === 'answer' ? action.answer : null;
  return {
    steps,
    views: [...views],
    answer,
    status: statusOf(episode, script, steps, answer),
    verdict: verdictOf(episode, answer, reference),
    problems: [
      ...skipped,
      ...played.flatMap((one) => one.problems),
      ...afterAnswer(steps, answering),
      ...overLimits(episode, steps, views),
    ],
  };
}

function correctedStep(slot: Slot, one: Performed): CorrectedStep {
  const { sampled, written } = slot;
  const since = written?.context ?? sampled?.context;
  const follows = since === one.contextBefore;
  return {
    key: slot.key,
    origin: slot.key.startsWith('m') ? 'model' : slot.key.startsWith('c') ? 'continued' : 'person',
    edited: editedFields(slot),
    text: one.text,
    thought: one.thought,
    action: one.action,
    image: one.image,
    resultView: one.view?.number ?? null,
    follows,
    isConfirmed: slot.mark === 'good' && slot.vouchedIn === one.contextBefore,
    mark: slot.mark,
    sampled:
      sampled !== null && sampled.text === one.text ? { run: sampled.run, index: sampled.index } : null,
    contextBefore: one.contextBefore,
    contextAfter: one.contextAfter,
  };
}

function editedFields({ written }: Slot): readonly EditedField[] {
  if (written === null) return [];
  const fields: EditedField[] = written.thought === null ? [] : ['thought'];
  return written.act === null ? fields : [...fields, written.act.kind];
}

/** The model's own status where nothing that it did was changed. */
function statusOf(
  episode: Episode,
  script: Script,
  steps: readonly CorrectedStep[],
  answer: string | null,
): EpisodeStatus {
  if (answer !== null) return 'answered';
  const { state } = episode;
  const isUnchanged = (steps.at(-1)?.contextAfter ?? null) === script.modelEnd;
  return isUnchanged && state.kind === 'ended' ? state.status : 'no_answer';
}

function verdictOf(episode: Episode, answer: string | null, reference: AnswerReference | null): Verdict {
  if (reference === null || reference.answers.length === 0) {
    return answer === episode.answer ? episode.verdict : 'unknown';
  }
  return answer !== null && isCorrect(answer, reference) ? 'right' : 'wrong';
}

function afterAnswer(steps: readonly CorrectedStep[], answering: number): readonly CorrectionProblem[] {
  if (answering < 0) return [];
  const message =
    'This step comes after the answer, where the episode has ended. Delete it, or move the answer.';
  return steps.slice(answering + 1).map(({ key }) => ({ step: key, kind: 'after_answer', message }));
}

function overLimits(
  { limits }: Episode,
  steps: readonly CorrectedStep[],
  views: CorrectedEpisode['views'],
): readonly CorrectionProblem[] {
  const problems: CorrectionProblem[] = [];
  const pixels = views.reduce((sum, view) => sum + view.width * view.height, 0);
  if (pixels > limits.maxEpisodePixels) {
    const message = `All images together have ${pixels} pixels, and the episode's budget is ${limits.maxEpisodePixels}. Take out a look.`;
    problems.push({ step: null, kind: 'over_budget', message });
  }
  const calls = countCalls(steps);
  if (calls > limits.maxCalls) {
    const message = `There are ${calls} calls, and the episode's limit is ${limits.maxCalls}. Take some out.`;
    problems.push({ step: null, kind: 'too_many_calls', message });
  }
  return problems;
}
