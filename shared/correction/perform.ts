/** What one slot says and does in front of what came before it. Pure; the tools are those of the episode loop. */
import { parseTurn } from '../agent/parser.ts';
import { badCall, callAction } from '../agent/step-action.ts';
import { runTool } from '../agent/tools/index.ts';
import type { ViewSizing } from '../agent/tools/tool.ts';
import type { ImageOrigin, StepKey, WrittenAct } from '../model/correction.ts';
import type { StepAction } from '../model/step.ts';
import type { ImageView } from '../model/view.ts';
import { contextAfter } from './context-key.ts';
import type { TurnOutcome } from './context-key.ts';
import type { CorrectionProblem } from './corrected-episode.ts';
import type { SampledTurn, Slot } from './slot.ts';
import { answerText, callText, joinTurn, renumberedCall, splitTurn, thoughtText } from './turn-text.ts';

/** What is there when a step begins. */
export interface Scene {
  readonly context: string;
  readonly views: readonly ImageView[];
  readonly inputs: number;
  /** The number of the image that a step brought in. */
  readonly numberOf: (step: StepKey) => number | undefined;
  readonly sizing: ViewSizing;
  readonly withTools: boolean;
}

export interface Performed {
  readonly key: StepKey;
  readonly contextBefore: string;
  readonly contextAfter: string;
  readonly text: string;
  readonly thought: string;
  readonly action: StepAction | null;
  readonly image: ImageOrigin | null;
  /** Whether the number of the image had to change in what the model wrote. */
  readonly isRenumbered: boolean;
  readonly view: ImageView | null;
  readonly problems: readonly CorrectionProblem[];
}

interface Spoken {
  readonly text: string;
  readonly image: ImageOrigin | null;
  readonly isRenumbered: boolean;
  /** Set where the image that is named is not there. */
  readonly lost: boolean;
}

export function perform(slot: Slot, scene: Scene): Performed {
  const spoken = speak(slot, scene);
  const parsed = parseTurn(spoken.text);
  const act = spoken.lost || isCut(slot) ? lostAct : actOf(parsed, scene);
  const problems: CorrectionProblem[] = [];
  if (spoken.lost) problems.push(problem(slot.key, 'image_gone', lostImage(spoken.image)));
  if (slot.written !== null) {
    if (!spoken.lost && !saysWhatWasWritten(slot, parsed)) {
      problems.push(problem(slot.key, 'unreadable', UNREADABLE));
    } else if (act.action?.kind === 'bad_call') {
      problems.push(problem(slot.key, 'call_refused', act.action.error));
    }
  }
  return {
    key: slot.key,
    contextBefore: scene.context,
    contextAfter: contextAfter(scene.context, spoken.text, outcomeOf(act)),
    text: spoken.text,
    thought: parsed.thought,
    action: act.action,
    image: spoken.image,
    isRenumbered: spoken.isRenumbered,
    view: act.view,
    problems,
  };
}

const UNREADABLE =
  'The agent would read this as something else: the answer is empty, or the text holds tags such as <think>, <tool_call>, <answer> or <|. Write the answer, or take the tags out.';

interface Act {
  readonly action: StepAction | null;
  readonly view: ImageView | null;
}

const lostAct: Act = { action: null, view: null };

/** What a turn does: the same judgement as in the episode loop, without its limits. */
function actOf(parsed: ReturnType<typeof parseTurn>, { views, sizing, withTools }: Scene): Act {
  switch (parsed.kind) {
    case 'nothing':
      return { action: { kind: 'nothing' }, view: null };
    case 'answer':
      return { action: { kind: 'answer', answer: parsed.answer }, view: null };
    case 'bad_call':
      return { action: badCall(parsed.error, null, null), view: null };
    case 'call': {
      const result = runTool(parsed.name, parsed.arguments, { views, sizing }, withTools);
      return result.ok
        ? { action: callAction(result), view: result.view }
        : { action: badCall(result.error, parsed.name, parsed.arguments), view: null };
    }
  }
}

function outcomeOf({ action, view }: Act): TurnOutcome {
  if (view !== null) return { kind: 'view', view };
  return action?.kind === 'bad_call' ? { kind: 'error', error: action.error } : { kind: 'nothing' };
}

/** A turn that was cut says what it says and does nothing, unless a person has written what it does. */
function isCut({ sampled, written }: Slot): boolean {
  return sampled !== null && !sampled.whole && (written === null || written.act === null);
}

function speak(slot: Slot, scene: Scene): Spoken {
  const { sampled, written } = slot;
  const halves = splitTurn(sampled?.text ?? '');
  const head = written === null || written.thought === null ? halves.head : thoughtText(written.thought);
  if (written !== null && written.act !== null) {
    const body = bodyOf(written.act, scene);
    const image = written.act.kind === 'call' ? written.act.call.image : null;
    return { text: joinTurn({ head, body: body ?? '' }), image, isRenumbered: false, lost: body === null };
  }
  const kept = sampled === null ? keptAsIs('') : keptBody(sampled, halves.body, scene);
  const isVerbatim = head === halves.head && kept.body === halves.body;
  const text = isVerbatim ? head + kept.body : joinTurn({ head, body: kept.body });
  return { text, image: sampled?.named ?? null, isRenumbered: kept.isRenumbered, lost: kept.lost };
}

interface Kept {
  readonly body: string;
  readonly isRenumbered: boolean;
  readonly lost: boolean;
}

function keptAsIs(body: string): Kept {
  return { body, isRenumbered: false, lost: false };
}

/** What the model wrote, with the number by which it named its image brought up to date. */
function keptBody({ text, named }: SampledTurn, body: string, scene: Scene): Kept {
  const parsed = parseTurn(text);
  if (named === null || parsed.kind !== 'call') return keptAsIs(body);
  const number = numberIn(named, scene);
  if (number === null) return { body, isRenumbered: false, lost: true };
  if (number === parsed.arguments['image']) return keptAsIs(body);
  return {
    body: `\n${renumberedCall(parsed.name, parsed.arguments, number)}`,
    isRenumbered: true,
    lost: false,
  };
}

/** Null where the image that a call names is not there. */
function bodyOf(act: WrittenAct, scene: Scene): string | null {
  if (act.kind === 'answer') return `\n${answerText(act.answer)}`;
  const { call } = act;
  const image = numberIn(call.image, scene);
  if (image === null) return null;
  const numbered =
    call.tool === 'zoom_in' ? { tool: call.tool, image, box: call.box } : { tool: call.tool, image };
  return `\n${callText(numbered)}`;
}

function numberIn(origin: ImageOrigin, { inputs, numberOf }: Scene): number | null {
  if (origin.kind === 'input') return origin.image <= inputs ? origin.image : null;
  return numberOf(origin.step) ?? null;
}

/** The image that a sampled call names, in the numbering in which it was sampled. */
export function namedImage(
  text: string,
  { inputs, views }: Scene,
  keyOf: (view: number) => StepKey,
): ImageOrigin | null {
  const parsed = parseTurn(text);
  const number = parsed.kind === 'call' ? parsed.arguments['image'] : undefined;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > views.length)
    return null;
  return number <= inputs ? { kind: 'input', image: number } : { kind: 'result', step: keyOf(number) };
}

/** Whether the agent would read back what a person wrote. */
function saysWhatWasWritten({ written }: Slot, parsed: ReturnType<typeof parseTurn>): boolean {
  if (written === null) return true;
  const { thought, act } = written;
  const texts = [thought ?? '', act?.kind === 'answer' ? act.answer : ''];
  // Control tokens can't be spelled in what people write.
  if (texts.some((text) => text.includes('<|'))) return false;
  if (thought !== null && parsed.thought !== thought.trim()) return false;
  if (act === null) return true;
  if (act.kind === 'answer') return parsed.kind === 'answer' && parsed.answer === act.answer.trim();
  return parsed.kind === 'call' && parsed.name === act.call.tool;
}

function problem(step: StepKey, kind: CorrectionProblem['kind'], message: string): CorrectionProblem {
  return { step, kind, message };
}

function lostImage(image: ImageOrigin | null): string {
  return image?.kind === 'input'
    ? `Image ${image.image} is not one of the question's images. Choose another.`
    : 'The image that this step names is not there: the step that brought it in was taken out, comes later, or brings none. Choose another image.';
}
