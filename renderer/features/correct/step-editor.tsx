import { Select, Textarea, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { CorrectedEpisode, CorrectedStep } from '../../../shared/correction/corrected-episode.ts';
import { viewNumberOf } from '../../../shared/correction/operations.ts';
import type { Bbox } from '../../../shared/model/bbox.ts';
import type { CorrectionOperation } from '../../../shared/model/correction.ts';
import type { Store } from '../../state/store.ts';
import { BoxFields } from './box-fields.tsx';
import { boxOf, boxOperation, changedCall } from './correct-model.ts';
import classes from './correct.module.css';

type Doing = 'zoom_in' | 'look_back' | 'answer';

/** The selected step, open to be written: its thought, what it does, its image, its box. */
export function StepEditor(props: {
  readonly step: CorrectedStep;
  readonly corrected: CorrectedEpisode;
  readonly draft: Store<Bbox | null>;
  readonly disabled: boolean;
  readonly onEdit: (operation: CorrectionOperation) => void;
}) {
  const { step, corrected, disabled, onEdit } = props;
  const [wantsAnswer, setWantsAnswer] = useState(false);
  const doing: Doing | null = wantsAnswer ? 'answer' : doingOf(step);
  const at = corrected.steps.indexOf(step);
  const viewsBefore = corrected.views.filter(
    ({ number }) => number < (step.resultView ?? firstResultAfter(corrected, at)),
  );
  const view = (step.image === null ? null : viewNumberOf(corrected, step.image)) ?? null;
  const box = boxOf(corrected, step);
  const boxView = box === null ? undefined : corrected.views[box.view - 1];

  const doOther = (next: string | null): void => {
    setWantsAnswer(next === 'answer' && doing !== 'answer');
    if (next !== 'zoom_in' && next !== 'look_back') return;
    const call = changedCall(corrected, step, { tool: next, view: view ?? 1 });
    if (call !== null) onEdit({ kind: 'edit_call', step: step.key, call });
  };
  const lookAt = (number: number): void => {
    const call = changedCall(corrected, step, {
      tool: doing === 'look_back' ? 'look_back' : 'zoom_in',
      view: number,
    });
    if (call !== null) onEdit({ kind: 'edit_call', step: step.key, call });
  };

  return (
    <div className={classes['editor']}>
      <ThoughtField
        value={step.thought}
        disabled={disabled}
        onSave={(thought) => onEdit({ kind: 'edit_thought', step: step.key, thought })}
      />
      <div className={classes['pair']}>
        <Select
          label="Does"
          value={doing}
          placeholder="Neither a call nor an answer"
          allowDeselect={false}
          disabled={disabled}
          data={[
            { value: 'zoom_in', label: 'Zoom in' },
            { value: 'look_back', label: 'Look back' },
            { value: 'answer', label: 'Answer' },
          ]}
          onChange={doOther}
        />
        {doing === 'zoom_in' || doing === 'look_back' ? (
          <Select
            label="Image"
            value={view === null ? null : String(view)}
            placeholder="Gone: choose one"
            allowDeselect={false}
            disabled={disabled}
            data={viewsBefore.map(({ number, origin }) => ({
              value: String(number),
              label: origin === 'input' ? `Image ${number}` : `Image ${number} (${ORIGIN_WORDS[origin]})`,
            }))}
            onChange={(value) => value !== null && lookAt(Number(value))}
          />
        ) : null}
      </div>
      {doing === 'answer' ? (
        <AnswerField
          value={step.action?.kind === 'answer' ? step.action.answer : ''}
          disabled={disabled}
          onSave={(answer) => {
            setWantsAnswer(false);
            onEdit({ kind: 'set_answer', step: step.key, answer });
          }}
        />
      ) : null}
      {doing === 'zoom_in' && box !== null && boxView !== undefined ? (
        <BoxFields
          box={box.box}
          size={boxView}
          draft={props.draft}
          disabled={disabled}
          onChange={(next) => {
            const operation = boxOperation(corrected, step.key, box.view, next);
            if (operation !== null) onEdit(operation);
          }}
        />
      ) : null}
    </div>
  );
}

const ORIGIN_WORDS = { zoom_in: 'a crop', look_back: 'shown again' } as const;

function doingOf(step: CorrectedStep): Doing | null {
  const { action } = step;
  switch (action?.kind) {
    case 'zoom_in':
    case 'look_back':
    case 'answer':
      return action.kind;
    case 'bad_call':
      return action.name === 'zoom_in' || action.name === 'look_back' ? action.name : null;
    default:
      // An answer that is still empty, and a call whose image is gone, are what they are meant to be.
      if (step.text.includes('<answer>')) return 'answer';
      return step.image === null ? null : step.text.includes('"look_back"') ? 'look_back' : 'zoom_in';
  }
}

function firstResultAfter({ steps, views }: CorrectedEpisode, at: number): number {
  return steps.slice(at).find(({ resultView }) => resultView !== null)?.resultView ?? views.length + 1;
}

/** How long a person may pause before what they typed is saved, in milliseconds. */
const PAUSE = 1500;

interface FieldProps {
  readonly value: string;
  readonly disabled: boolean;
  readonly onSave: (text: string) => void;
}

function ThoughtField(props: FieldProps) {
  const held = useHeldText(props.value, props.onSave);
  return (
    <Textarea
      label="Thought"
      data-thought
      autosize
      minRows={2}
      maxRows={10}
      disabled={props.disabled}
      {...held}
    />
  );
}

function AnswerField(props: FieldProps) {
  const held = useHeldText(props.value, props.onSave);
  return (
    <TextInput
      label="Answer"
      data-answer
      disabled={props.disabled}
      {...held}
      onKeyDown={(event) => {
        if (event.key === 'Enter') held.onBlur();
      }}
    />
  );
}

/** Puts the cursor into the thought of the step that is open. */
export function focusThought(): void {
  document.querySelector<HTMLTextAreaElement>('textarea[data-thought]')?.focus();
}

/** Puts the cursor into its answer, or into its thought where it has none. */
export function focusAnswer(): void {
  const field = document.querySelector<HTMLInputElement>('input[data-answer]');
  if (field === null) focusThought();
  else field.focus();
}

interface Held {
  readonly typed: string | null;
  readonly value: string;
  readonly save: (text: string) => void;
}

/** Text that is saved when a person pauses, leaves the field, or goes away. */
function useHeldText(value: string, save: (text: string) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  const latest = useRef<Held>({ typed, value, save });
  useEffect(() => {
    latest.current = { typed, value, save };
  });
  useEffect(() => {
    if (typed === null) return undefined;
    const timer = window.setTimeout(() => saveHeld(latest.current), PAUSE);
    return () => window.clearTimeout(timer);
  }, [typed]);
  useEffect(() => () => saveHeld(latest.current), []);
  const finish = (): void => {
    saveHeld({ typed, value, save });
    setTyped(null);
  };
  return {
    value: typed ?? value,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      setTyped(event.currentTarget.value),
    onBlur: finish,
    onKeyDown: (event: { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean }) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) finish();
    },
  };
}

function saveHeld({ typed, value, save }: Held): void {
  if (typed !== null && typed.trim() !== value) save(typed.trim());
}
