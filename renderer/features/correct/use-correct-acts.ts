import { useCallback, useMemo, useState } from 'react';
import { callOf } from '../../../shared/correction/operations.ts';
import type { Bbox } from '../../../shared/model/bbox.ts';
import type { CorrectionOperation, StepKey, WrittenAct } from '../../../shared/model/correction.ts';
import type { StageEditing } from '../../canvas/stage-editing.ts';
import { toFailure } from '../../client/failure.ts';
import { useClient } from '../../client/hooks.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { createStore, type Store } from '../../state/store.ts';
import {
  boxOperation,
  editableBoxes,
  insertOperation,
  lastStanding,
  middleOf,
  moveTarget,
  nudged,
  placeForNew,
  stands,
} from './correct-model.ts';
import { focusAnswer, focusThought } from './step-editor.tsx';
import type { StepActs } from './step-list.tsx';
import type { CorrectionDesk } from './use-correction.ts';

export type DrawMode = 'edit' | 'draw' | 'redraw';

export interface CorrectActs {
  readonly selected: StepKey | null;
  readonly mode: DrawMode;
  readonly setMode: (mode: DrawMode) => void;
  readonly draft: Store<Bbox | null>;
  readonly steps: StepActs;
  readonly stage: StageEditing;
  readonly edit: (operation: CorrectionOperation) => void;
  /** So many steps on; as far as there are any. */
  readonly selectBy: (by: number) => void;
  readonly nudge: (dx: number, dy: number) => void;
  readonly add: (act: 'zoom_in' | 'look_back' | 'answer') => void;
  /** The same call once more, behind the selected step. */
  readonly duplicate: () => void;
  readonly runFromHere: () => void;
  /** Behind which step the run that was asked for here goes on: how many steps stay. */
  readonly startedBehind: number | null;
  readonly finishByHand: () => void;
}

/** Everything that a person does on the screen, as operations. */
export function useCorrectActs(desk: CorrectionDesk): CorrectActs {
  const { corrected, operations, correcting, state, run } = desk;
  const client = useClient();
  const reviewer = useReviewer();
  const { steps } = corrected;
  const [wanted, setWanted] = useState<StepKey | null>(steps[0]?.key ?? null);
  const [place, setPlace] = useState(0);
  const [mode, setMode] = useState<DrawMode>('edit');
  const [startedBehind, setStartedBehind] = useState<number | null>(null);
  const [draft] = useState(() => createStore<Bbox | null>(null));
  // A step that an undo or a run took away: the one in its place is as near as any.
  const at = steps.findIndex(({ key }) => key === wanted);
  const selected = (steps[at] ?? steps[Math.min(place, steps.length - 1)])?.key ?? null;
  if (at >= 0 && at !== place) setPlace(at);
  const isRunning = run !== null;

  const edit = useCallback(
    (operation: CorrectionOperation): void => {
      if (isRunning) {
        notify('The agent goes on from a step just now. Stop it first.');
        return;
      }
      correcting.edit([operation]);
    },
    [correcting, isRunning],
  );

  const insert = useCallback(
    (act: WrittenAct, after: StepKey | null): void => {
      const operation = insertOperation(operations, after, act);
      edit(operation);
      setWanted(operation.key);
      window.requestAnimationFrame(act.kind === 'answer' ? focusAnswer : focusThought);
    },
    [operations, edit],
  );

  const runFrom = useCallback(
    async (key: StepKey | null): Promise<void> => {
      if (isRunning) return;
      try {
        const known =
          state.correction ??
          (await client.mutate('corrections.create', {
            ...reviewer,
            episodeId: desk.episode.id,
            operations: [],
          }));
        correcting.known(known, Number.POSITIVE_INFINITY);
        setStartedBehind(steps.findIndex((step) => step.key === key) + 1);
        await client.mutate('corrections.runFrom', {
          ...reviewer,
          id: known.id,
          revision: known.revision,
          after: key,
        });
      } catch (error) {
        notifyFailure(toFailure(error));
      }
    },
    [client, correcting, desk.episode.id, isRunning, reviewer, state.correction, steps],
  );

  const stepActs = useMemo<StepActs>(
    () => ({
      select: setWanted,
      mark: (key, mark) => edit({ kind: 'mark_step', step: key, mark }),
      move: (key, by) => {
        const after = moveTarget(steps, key, by);
        if (after !== undefined) edit({ kind: 'move_step', step: key, after });
      },
      remove: (key) => edit({ kind: 'delete_step', step: key }),
      cut: (key) => edit({ kind: 'cut_here', step: key }),
      runFrom: (key) => void runFrom(key),
    }),
    [edit, steps, runFrom],
  );

  const stage = useMemo<StageEditing>(() => {
    const index = steps.findIndex(({ key }) => key === selected);
    return {
      boxes: isRunning ? [] : editableBoxes(corrected, index + 1),
      selected,
      mode: mode === 'edit' || isRunning ? 'edit' : 'draw',
      onSelect: setWanted,
      onDraft: (box) => draft.set(() => box),
      onCommit: (key, view, box) => {
        setMode('edit');
        if (key !== null) {
          const operation = boxOperation(corrected, key, view, box);
          if (operation !== null) edit(operation);
        } else if (mode === 'redraw' && selected !== null) {
          const operation = boxOperation(corrected, selected, view, box);
          if (operation !== null) edit(operation);
        } else {
          const operation = boxOperation(corrected, 'h0', view, box);
          if (operation?.kind === 'edit_call') {
            insert({ kind: 'call', call: operation.call }, placeForNew(steps, selected));
          }
        }
      },
    };
  }, [corrected, steps, selected, mode, isRunning, draft, edit, insert]);

  return {
    selected,
    mode,
    setMode,
    draft,
    steps: stepActs,
    stage,
    edit,
    startedBehind,
    selectBy: (by) => {
      const index = steps.findIndex(({ key }) => key === selected);
      const next = steps[Math.min(steps.length - 1, Math.max(0, index + by))];
      if (next !== undefined) setWanted(next.key);
    },
    nudge: (dx, dy) => {
      const operation = selected === null ? null : nudged(corrected, selected, dx, dy);
      if (operation !== null) edit(operation);
    },
    add: (act) => {
      const after = act === 'answer' ? (steps.at(-1)?.key ?? null) : placeForNew(steps, selected);
      const [first] = corrected.views;
      if (act === 'answer') insert({ kind: 'answer', answer: '' }, after);
      else if (first !== undefined) {
        const image = { kind: 'input', image: 1 } as const;
        const call = act === 'zoom_in' ? { tool: act, image, box: middleOf(first) } : { tool: act, image };
        insert({ kind: 'call', call }, after);
      }
    },
    duplicate: () => {
      const call = selected === null ? null : callOf(corrected, selected);
      if (call !== null) insert({ kind: 'call', call }, selected);
    },
    runFromHere: () => void runFrom(selected),
    finishByHand: () => {
      const last = lastStanding(steps);
      const first = steps.find((step) => !stands(step));
      if (first !== undefined && last !== null) edit({ kind: 'cut_here', step: last });
      if (last !== null) setWanted(last);
      notify(
        'Add the rest below the steps: look closer, look back, or answer.',
        first === undefined ? 'Everything follows' : 'What no longer followed is cut off',
      );
    },
  };
}
