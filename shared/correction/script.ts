import type { ViewSizing } from '../agent/tools/tool.ts';
import { assertNever } from '../model/assert-never.ts';
import type { CorrectionOperation, StepKey, WrittenAct } from '../model/correction.ts';
import type { Episode } from '../model/episode.ts';
import { CONTEXT_START } from './context-key.ts';
import { namedImage } from './perform.ts';
import type { SampledTurn, Slot } from './slot.ts';
import { modelSlots, sampledSlot } from './slot.ts';
import { createTape } from './tape.ts';
import type { Tape } from './tape.ts';

/** The steps while operations are applied, one after the other. Lives inside one replay. */
export interface Script {
  /** All of them, also those that are gone. */
  slots: Slot[];
  readonly tape: Tape;
  /** The context behind the model's own last step. */
  readonly modelEnd: string | null;
  live(): readonly Slot[];
}

export function openScript(episode: Episode, sizing: ViewSizing): Script {
  const tape = createTape(episode, sizing);
  const script = {
    slots: [] as Slot[],
    tape,
    modelEnd: null as string | null,
    live: () => script.slots.filter((slot) => !slot.isGone),
  };
  for (const slot of modelSlots(episode)) appendSampled(script, slot);
  script.modelEnd = tape.played.at(-1)?.contextAfter ?? null;
  return script;
}

/** Applies one operation. Returns why it can't be applied, and then nothing has changed; null where it was. */
export function applyOperation(script: Script, operation: CorrectionOperation): string | null {
  switch (operation.kind) {
    case 'edit_thought':
      return write(script, operation.step, { thought: operation.thought });
    case 'edit_call':
      return write(script, operation.step, { act: { kind: 'call', call: operation.call } });
    case 'set_answer':
      return write(script, operation.step, { act: { kind: 'answer', answer: operation.answer } });
    case 'insert_step':
      return insert(script, operation);
    case 'delete_step':
      return change(script, operation.step, (slot) => ({ ...slot, isGone: true }));
    case 'move_step':
      return move(script, operation.step, operation.after);
    case 'mark_step': {
      const { mark } = operation;
      return change(script, operation.step, (slot, context) => ({
        ...slot,
        mark,
        vouchedIn: mark === 'good' ? context : null,
      }));
    }
    case 'cut_here':
      return cut(script, operation.step);
    case 'continued':
      return goOn(script, operation);
    default:
      return assertNever(operation);
  }
}

function indexOf(script: Script, key: StepKey): number {
  return script.slots.findIndex((slot) => slot.key === key);
}

/** The place of a slot among those that are there; for one that is gone, of the next that is there. */
function placeOf(script: Script, index: number): number {
  return script.slots.slice(0, index).filter((slot) => !slot.isGone).length;
}

function missing(script: Script, key: StepKey): string | null {
  const slot = script.slots[indexOf(script, key)];
  if (slot === undefined) return `there is no step ${key}.`;
  return slot.isGone ? `step ${key} was taken out.` : null;
}

/** Changes one slot; `context` is what is before it. */
function change(script: Script, key: StepKey, edit: (slot: Slot, context: string) => Slot): string | null {
  const reason = missing(script, key);
  if (reason !== null) return reason;
  const index = indexOf(script, key);
  const place = placeOf(script, index);
  const context = contextAt(script, place);
  script.tape.rewind(place);
  script.slots = script.slots.map((slot, at) => (at === index ? edit(slot, context) : slot));
  return null;
}

/** The context in front of a place. Steps before it are played if they were not yet. */
function contextAt(script: Script, place: number): string {
  script.tape.playTo(script.live(), place);
  return place === 0 ? CONTEXT_START : (script.tape.played[place - 1]?.contextAfter ?? CONTEXT_START);
}

function write(
  script: Script,
  key: StepKey,
  part: { readonly thought: string } | { readonly act: WrittenAct },
): string | null {
  return change(script, key, (slot, context) => ({
    ...slot,
    written: { thought: null, act: null, ...slot.written, ...part, context },
  }));
}

function insert(
  script: Script,
  { key, after, thought, act }: Extract<CorrectionOperation, { kind: 'insert_step' }>,
): string | null {
  if (!key.startsWith('h')) return `${key} is not the key of a person's step.`;
  if (indexOf(script, key) >= 0) return `there is a step ${key} already.`;
  const index = indexBehind(script, after);
  if (index === null) return `there is no step ${after}.`;
  const place = placeOf(script, index);
  const context = contextAt(script, place);
  script.tape.rewind(place);
  const written = { thought, act, context };
  const slot: Slot = { key, sampled: null, written, mark: null, vouchedIn: null, isGone: false };
  script.slots = script.slots.toSpliced(index, 0, slot);
  return null;
}

/** Where something behind a step goes; null where there is no such step. One that is gone still has its place. */
function indexBehind(script: Script, after: StepKey | null): number | null {
  if (after === null) return 0;
  const index = indexOf(script, after);
  return index < 0 ? null : index + 1;
}

function move(script: Script, key: StepKey, after: StepKey | null): string | null {
  const reason = missing(script, key);
  if (reason !== null) return reason;
  if (after === key) return `step ${key} can't be behind itself.`;
  const from = indexOf(script, key);
  const slot = script.slots[from];
  if (indexBehind(script, after) === null || slot === undefined) return `there is no step ${after}.`;
  script.slots = script.slots.toSpliced(from, 1);
  const to = indexBehind(script, after) ?? 0;
  script.tape.rewind(placeOf(script, Math.min(from, to)));
  script.slots = script.slots.toSpliced(to, 0, slot);
  return null;
}

function cut(script: Script, key: StepKey): string | null {
  const reason = missing(script, key);
  if (reason !== null) return reason;
  cutBehind(script, indexOf(script, key) + 1);
  return null;
}

function cutBehind(script: Script, index: number): void {
  script.tape.rewind(placeOf(script, index));
  script.slots = script.slots.map((slot, at) => (at < index ? slot : { ...slot, isGone: true }));
}

function goOn(script: Script, operation: Extract<CorrectionOperation, { kind: 'continued' }>): string | null {
  const { after, context, steps } = operation;
  const index = indexBehind(script, after);
  if (index === null) return `there is no step ${after}.`;
  const known = new Set(script.slots.map((slot) => slot.key));
  const unfit = steps.find(({ key }) => !key.startsWith('c') || known.has(key));
  const keys = new Set(steps.map(({ key }) => key));
  if (unfit !== undefined || keys.size < steps.length)
    return 'a step that the model went on with has no key of its own.';
  cutBehind(script, index);
  const before = contextAt(script, placeOf(script, index));
  for (const { key, ...turn } of steps) appendSampled(script, sampledSlot(key, turn));
  // Edited in the meantime by somebody else: it was sampled in another context than it has now.
  if (before !== context) staleFrom(script, keys, context);
  return null;
}

/** What was sampled behind another context follows from that one. */
function staleFrom(script: Script, keys: ReadonlySet<StepKey>, context: string): void {
  script.slots = script.slots.map((slot) =>
    keys.has(slot.key) && slot.sampled !== null
      ? { ...slot, sampled: { ...slot.sampled, context: `${context} ${slot.sampled.context}` } }
      : slot,
  );
}

/** Puts a sampled turn at the end, in the context and with the numbers that it finds there. */
function appendSampled(script: Script, slot: Slot): void {
  const live = script.live();
  script.tape.playTo(live, live.length);
  const scene = script.tape.scene();
  const bound: SampledTurn | null = slot.sampled && {
    ...slot.sampled,
    context: scene.context,
    named: namedImage(slot.sampled.text, scene, (view) => script.tape.broughtBy(view) ?? slot.key),
  };
  script.slots = [...script.slots, { ...slot, sampled: bound }];
  script.tape.playTo(script.live(), live.length + 1);
}
