import { SegmentedControl } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import type { QueueItem } from '../../../shared/contract/reviews.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { EpisodeId } from '../../../shared/model/ids.ts';
import type { FlagDecision, ReviewVerdict } from '../../../shared/model/review.ts';
import type { StageCommands } from '../../canvas/Stage.tsx';
import { useCall } from '../../client/hooks.ts';
import { SeenPanel } from '../../episode/seen-panel.tsx';
import { StagePane } from '../../episode/stage-pane.tsx';
import { Timeline } from '../../episode/timeline.tsx';
import { TokensSwitch, Workbench } from '../../episode/workbench.tsx';
import { useStageDocument } from '../../episode/use-stage-document.ts';
import { withReason } from '../../state/review-drafts.ts';
import { navigate } from '../../state/route.ts';
import { useStore } from '../../state/store.ts';
import { useKeys } from '../../state/use-keys.ts';
import { changeWatchView, watchView } from '../../state/watch-view.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { AgreementPanel } from './agreement-panel.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { ItemHeader } from './item-header.tsx';
import { announced, PANELS, type Panel } from './review-words.ts';
import { reviewBindings } from './review-keys.ts';
import classes from './review.module.css';
import { useReview } from './use-review.ts';
import { VerdictPanel } from './verdict-panel.tsx';

export interface ReviewItemProps {
  readonly id: EpisodeId;
  /** Its row of the queue; null where it is not in what was loaded. */
  readonly item: QueueItem | null;
  readonly onGo: (where: 'next' | 'previous' | 'nextOpen' | 'previousOpen') => void;
  /** A verdict is on its way to the host. */
  readonly onSaid: (verdict: ReviewVerdict) => void;
  /** What was said about this episode was not saved. */
  readonly onRefused: (id: EpisodeId) => void;
}

/** One episode with what is said about it. It stays mounted from item to item, so that nothing is built anew. */
export function ReviewItem(props: ReviewItemProps) {
  const episode = useCall('episodes.get', { id: props.id });
  const sampleId = episode.data?.sampleId ?? props.item?.episode.sampleId ?? null;
  const row = useCall('samples.get', { id: sampleId ?? ('' as never) }, { enabled: sampleId !== null });
  const failure = episode.error ?? row.error;
  if (failure !== null) {
    return (
      <div className={classes['item']}>
        <ErrorNotice
          failure={failure}
          onRetry={() => {
            void episode.refetch();
            void row.refetch();
          }}
        />
      </div>
    );
  }
  if (episode.data === undefined || row.data === undefined)
    return <div className={classes['item']} aria-busy />;
  return <OneItem {...props} episode={episode.data} row={row.data} />;
}

function OneItem(props: ReviewItemProps & { readonly episode: Episode; readonly row: SampleRow }) {
  const { id, episode, row, onGo } = props;
  const queries = useQueryClient();
  const hand = useReview(id);
  const { draft, mine } = hand;
  const [noteField, setNoteField] = useState<HTMLTextAreaElement | null>(null);
  const [stage, setStage] = useState<StageCommands | null>(null);
  const [panel, setPanel] = useState<Panel>('steps');
  const { pixels, showTokens } = useStore(watchView, (view) => view);
  // Where a person stood in the item before says nothing about this one.
  const [place, setPlace] = useState<{ id: EpisodeId; position: number; focus: number | null } | null>(null);
  const here = place?.id === id ? place : { id, position: episode.steps.length, focus: null };
  const { position, focus } = here;
  const drawn = useStageDocument({ images: row.images, episode, position, focus, pixels });
  const views = drawn.visible.map(({ view }) => view.number);

  const correct = (): void => navigate({ screen: 'correct', episodeId: id, correctionId: null });
  const seek = (to: number): void =>
    setPlace({ ...here, position: Math.min(episode.steps.length, Math.max(0, to)) });
  const moveFocus = (by: 1 | -1): void => {
    const at = focus === null ? -1 : views.indexOf(focus);
    const target = at < 0 ? (by === 1 ? 0 : views.length - 1) : at + by;
    setPlace({ ...here, focus: views[Math.min(views.length - 1, Math.max(0, target))] ?? null });
  };
  const say = (verdict: ReviewVerdict): void => {
    void hand.save({ kind: 'review', verdict, draft }, id).then((saved) => {
      if (saved) return;
      void queries.invalidateQueries({ queryKey: ['reviews', 'items'] });
      props.onRefused(id);
    });
    // The note of this item is done: the next keys are about the next item.
    noteField?.blur();
    props.onSaid(verdict);
  };
  const changeDraft = (next: typeof draft, done: boolean): void => {
    hand.change(next);
    // Once there is a verdict, what is added to it is saved as it is made.
    if (mine !== null && done) void hand.save({ kind: 'details', draft: next }, id);
  };
  const decideNext = (decision: FlagDecision): void => {
    const next = hand.review?.flags.find((flag) => flag.decision === null);
    if (next !== undefined) void hand.save({ kind: 'flag', flag: next.flag, decision }, id);
  };

  useKeys({
    name: 'review',
    title: 'Review',
    bindings: reviewBindings({
      say,
      reason: (reason) => changeDraft(withReason(draft, reason), true),
      next: () => onGo('next'),
      previous: () => onGo('previous'),
      nextOpen: () => onGo('nextOpen'),
      previousOpen: () => onGo('previousOpen'),
      nextStep: () => seek(position + 1),
      previousStep: () => seek(position - 1),
      firstMoment: () => seek(0),
      lastMoment: () => seek(episode.steps.length),
      nextImage: () => moveFocus(1),
      previousImage: () => moveFocus(-1),
      confirmFlag: () => decideNext('confirmed'),
      dismissFlag: () => decideNext('dismissed'),
      writeNote: () => noteField?.focus(),
      correct,
      watch: () => navigate({ screen: 'watch', sampleId: episode.sampleId, episodeId: id }),
      zoomIn: () => stage?.zoomIn(),
      zoomOut: () => stage?.zoomOut(),
      fit: () => stage?.fit(),
      oneToOne: () => stage?.oneToOne(),
      zoomToImage: () => stage?.zoomToFocus(),
      togglePixels: () => changeWatchView({ pixels: pixels === 'model' ? 'source' : 'model' }),
      toggleTokens: () => changeWatchView({ showTokens: !showTokens }),
      nextPanel: () =>
        setPanel(
          PANELS[(PANELS.findIndex(({ value }) => value === panel) + 1) % PANELS.length]?.value ?? 'steps',
        ),
    }),
  });

  return (
    <div className={classes['item']}>
      <ItemHeader episode={episode} sample={row.sample} onGo={onGo} onCorrect={correct} />
      <Workbench
        side="The run and your review"
        details="Details of the run"
        tabs={
          <>
            <SegmentedControl
              aria-label="What is shown of the run"
              value={panel}
              onChange={(value) => setPanel(PANELS.find((one) => one.value === value)?.value ?? 'steps')}
              data={[...PANELS]}
            />
            {panel === 'steps' ? (
              <TokensSwitch
                checked={showTokens}
                onChange={(checked) => changeWatchView({ showTokens: checked })}
              />
            ) : null}
          </>
        }
        panel={
          panel === 'steps' ? (
            <Timeline
              episode={episode}
              position={position}
              following={false}
              showTokens={showTokens}
              onSelect={seek}
            />
          ) : panel === 'seen' ? (
            <SeenPanel episode={episode} position={position} />
          ) : panel === 'history' ? (
            <HistoryPanel id={id} />
          ) : (
            <AgreementPanel />
          )
        }
        footer={
          <VerdictPanel
            hand={hand}
            onNoteField={setNoteField}
            onSay={say}
            onReason={(reason) => changeDraft(withReason(draft, reason), true)}
            onNote={(note, done) => changeDraft({ ...draft, note }, done)}
            onFlag={(flag, decision) => void hand.save({ kind: 'flag', flag, decision }, id)}
          />
        }
      >
        <StagePane
          drawn={drawn}
          steps={episode.steps}
          position={position}
          pixels={pixels}
          ran
          commands={stage}
          onCommands={setStage}
          onPixels={(next) => changeWatchView({ pixels: next })}
          onPick={(picked) =>
            setPlace({
              ...here,
              focus: picked.view,
              ...(picked.kind === 'step' ? { position: picked.step + 1 } : {}),
            })
          }
        />
      </Workbench>
      <div className="only-read" role="status" aria-label="The item that is shown">
        {announced(episode, row.sample, hand.review)}
      </div>
      {hand.conflict === null ? null : <ConflictDialog conflict={hand.conflict} onSettle={hand.settle} />}
    </div>
  );
}
