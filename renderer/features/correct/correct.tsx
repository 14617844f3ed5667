import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import type { CorrectedStep } from '../../../shared/correction/corrected-episode.ts';
import type { StageCommands } from '../../canvas/Stage.tsx';
import { useClient } from '../../client/hooks.ts';
import { StagePane } from '../../episode/stage-pane.tsx';
import { useStageDocument } from '../../episode/use-stage-document.ts';
import { Workbench } from '../../episode/workbench.tsx';
import { actionWords, boxWords } from '../../episode/words.ts';
import type { EditConflict } from '../../state/correcting.ts';
import { navigate } from '../../state/route.ts';
import { useStore } from '../../state/store.ts';
import { useKeys } from '../../state/use-keys.ts';
import { changeWatchView, watchView } from '../../state/watch-view.ts';
import { AddBar } from './add-bar.tsx';
import { ComparePanel } from './compare-panel.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { CorrectHeader } from './correct-header.tsx';
import { correctBindings } from './correct-keys.ts';
import { shownOf } from './correct-model.ts';
import classes from './correct.module.css';
import { SetAsideNotes } from './set-aside-notes.tsx';
import { focusThought, StepEditor } from './step-editor.tsx';
import { StepList } from './step-list.tsx';
import { useCorrectActs } from './use-correct-acts.ts';
import type { CorrectionDesk } from './use-correction.ts';
import { useRun } from './use-run.ts';

/** One episode on the desk: its images with boxes to hold, and its steps to write. */
export function Correct({ desk, row }: { readonly desk: CorrectionDesk; readonly row: SampleRow }) {
  const { episode, corrected, state, correcting, run } = desk;
  const client = useClient();
  const acts = useCorrectActs(desk);
  const live = useRun(run);
  const [panel, setPanel] = useState<'steps' | 'compare'>('steps');
  const [commands, setCommands] = useState<StageCommands | null>(null);
  const [focus, setFocus] = useState<number | null>(null);
  const [looked, setLooked] = useState<EditConflict | null>(null);
  const { pixels } = useStore(watchView, (view) => view);

  const shown = shownOf(corrected, live, acts.startedBehind);
  const { selected } = acts;
  const index = shown.steps.findIndex(({ key }) => key === selected);
  const position = shown.live === null ? index + 1 : shown.drawn.length;
  const held = acts.stage.boxes.some(({ key }) => key === selected) ? index : null;
  const drawn = useStageDocument({
    images: row.images,
    episode: { id: episode.id, views: shown.views, steps: shown.drawn },
    position,
    focus,
    pixels,
    held,
    regions: true,
  });
  const step = corrected.steps.find(({ key }) => key === selected);
  const isRunning = run !== null;

  const back = (): void => navigate({ screen: 'watch', sampleId: row.sample.id, episodeId: episode.id });
  const moveFocus = (by: 1 | -1): void =>
    setFocus((now) => {
      const last = drawn.visible.length;
      return Math.min(last, Math.max(1, (now ?? (by === 1 ? 0 : last + 1)) + by));
    });
  const stop = (): void => {
    if (run !== null) void client.mutate('corrections.stopRun', { run });
  };
  const onSelected = (act: (key: string) => void) => (): void => {
    if (selected !== null) act(selected);
  };

  useKeys({
    name: 'correct',
    title: 'Correct',
    bindings: correctBindings({
      nextStep: () => acts.selectBy(1),
      previousStep: () => acts.selectBy(-1),
      firstStep: () => acts.selectBy(Number.NEGATIVE_INFINITY),
      lastStep: () => acts.selectBy(Number.POSITIVE_INFINITY),
      draw: () => acts.setMode('draw'),
      redraw: () => acts.setMode('redraw'),
      select: () => acts.setMode('edit'),
      escape: () => {
        if (isRunning) stop();
        else acts.setMode('edit');
      },
      nudge: acts.nudge,
      remove: onSelected(acts.steps.remove),
      insert: () => acts.add('look_back'),
      duplicate: acts.duplicate,
      moveUp: onSelected((key) => acts.steps.move(key, -1)),
      moveDown: onSelected((key) => acts.steps.move(key, 1)),
      good: onSelected((key) => acts.steps.mark(key, step?.mark === 'good' ? null : 'good')),
      bad: onSelected((key) => acts.steps.mark(key, step?.mark === 'bad' ? null : 'bad')),
      cut: onSelected(acts.steps.cut),
      thought: focusThought,
      runFromHere: acts.runFromHere,
      finishByHand: acts.finishByHand,
      compare: () => setPanel((now) => (now === 'steps' ? 'compare' : 'steps')),
      back,
      nextImage: () => moveFocus(1),
      previousImage: () => moveFocus(-1),
      zoomIn: () => commands?.zoomIn(),
      zoomOut: () => commands?.zoomOut(),
      fit: () => commands?.fit(),
      oneToOne: () => commands?.oneToOne(),
      zoomToImage: () => commands?.zoomToFocus(),
      togglePixels: () => changeWatchView({ pixels: pixels === 'model' ? 'source' : 'model' }),
    }),
  });

  const conflict = state.conflict ?? looked;
  return (
    <div className={classes['screen']}>
      <CorrectHeader
        desk={desk}
        mode={acts.mode}
        onMode={acts.setMode}
        onBack={back}
        onRun={acts.runFromHere}
        onStop={stop}
        onFinish={acts.finishByHand}
      />
      <Workbench
        side="The correction"
        details="Details of the correction"
        tabs={
          <SegmentedControl
            aria-label="What is shown of the correction"
            value={panel}
            onChange={(value) => setPanel(value === 'compare' ? 'compare' : 'steps')}
            data={[
              { value: 'steps', label: `Steps (${shown.drawn.length})` },
              { value: 'compare', label: 'Compare' },
            ]}
          />
        }
        panel={
          panel === 'compare' ? (
            <ComparePanel episode={episode} corrected={corrected} images={row.images} />
          ) : (
            <>
              <SetAsideNotes desk={desk} onLook={setLooked} />
              <StepList
                episodeId={episode.id}
                steps={shown.steps}
                views={shown.views}
                problems={corrected.problems}
                live={shown.live?.steps ?? []}
                selected={selected}
                disabled={isRunning}
                acts={acts.steps}
                editor={
                  step === undefined ? null : (
                    <StepEditor
                      key={step.key}
                      step={step}
                      corrected={corrected}
                      draft={acts.draft}
                      disabled={isRunning}
                      onEdit={acts.edit}
                    />
                  )
                }
              >
                <AddBar disabled={isRunning} onAdd={acts.add} />
              </StepList>
            </>
          )
        }
      >
        <StagePane
          drawn={drawn}
          steps={shown.drawn}
          position={position}
          pixels={pixels}
          ran
          commands={commands}
          onCommands={setCommands}
          onPixels={(next) => changeWatchView({ pixels: next })}
          onPick={(picked) => {
            setFocus(picked.view);
            const key = picked.kind === 'step' ? shown.steps[picked.step]?.key : undefined;
            if (key !== undefined) acts.steps.select(key);
          }}
          editing={acts.stage}
        />
      </Workbench>
      <div className="only-read" role="status">
        {step === undefined ? '' : spoken(step, index + 1)}
      </div>
      {conflict === null ? null : (
        <ConflictDialog
          desk={desk}
          conflict={conflict}
          onClose={() => {
            correcting.keepTheirs();
            setLooked(null);
          }}
        />
      )}
    </div>
  );
}

/** What a screen reader is told when the open step changes. */
function spoken(step: CorrectedStep, number: number): string {
  const { action } = step;
  const box = action?.kind === 'zoom_in' ? ` Box ${boxWords(action.viewBox)}.` : '';
  return `Step ${number}: ${actionWords(action, step.resultView)}.${box}`;
}
