import { Button, SegmentedControl } from '@mantine/core';
import { IconArrowLeft, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { RunId } from '../../../shared/model/ids.ts';
import type { RolloutView } from '../../../shared/model/run.ts';
import { countCalls } from '../../../shared/model/episode.ts';
import type { StageCommands } from '../../canvas/Stage.tsx';
import { useCall } from '../../client/hooks.ts';
import { ScrubBar } from '../../episode/scrub-bar.tsx';
import { SeenPanel } from '../../episode/seen-panel.tsx';
import { StagePane } from '../../episode/stage-pane.tsx';
import { Timeline } from '../../episode/timeline.tsx';
import { TokensSwitch, Workbench } from '../../episode/workbench.tsx';
import { useStageDocument } from '../../episode/use-stage-document.ts';
import { useStore } from '../../state/store.ts';
import { useKeys } from '../../state/use-keys.ts';
import { changeWatchView, watchView } from '../../state/watch-view.ts';
import { StatusBadge, Tag, VerdictBadge } from '../../ui/badges.tsx';
import { formatCount, formatPlural } from '../../ui/format.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { goTo } from './go.ts';
import { MaskPanel } from './mask-panel.tsx';
import { Advantage, RolloutTable } from './rollouts.tsx';
import classes from './rollouts.module.css';

/** One rollout of a run as it was, with its mask and its advantage. Nothing can be changed here. */
export function RolloutScreen(props: { readonly id: RunId; readonly step: number; readonly line: number }) {
  const { id, step, line } = props;
  const { data, error, refetch } = useCall('runs.rollout', { id, step, line }, { keepWhileLoading: true });
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  return data === undefined ? null : <Shown key={data.episode.id} id={id} view={data} />;
}

type Panel = 'steps' | 'mask' | 'seen';

function Shown({ id, view }: { readonly id: RunId; readonly view: RolloutView }) {
  const { episode, step, line } = view;
  const last = episode.steps.length;
  const [position, setPosition] = useState(last);
  const [focus, setFocus] = useState<number | null>(null);
  const [stage, setStage] = useState<StageCommands | null>(null);
  const [panel, setPanel] = useState<Panel>('steps');
  const { pixels, showTokens } = useStore(watchView, (state) => state);
  const drawn = useStageDocument({ images: view.images, episode, position, focus, pixels });
  const seek = (to: number): void => setPosition(Math.max(0, Math.min(last, to)));
  const goToLine = (to: number): void => {
    if (to >= 0 && to < view.count) goTo({ kind: 'rollout', id, step, index: to }, true);
  };
  useKeys({
    name: 'rollout',
    title: 'A rollout of a run',
    bindings: [
      { keys: 'J', label: 'Next step', run: () => seek(position + 1) },
      { keys: 'K', label: 'Step before', run: () => seek(position - 1) },
      { keys: 'Home', label: 'Start', run: () => seek(0) },
      { keys: 'End', label: 'End', run: () => seek(last) },
      { keys: 'D', label: 'Next rollout', run: () => goToLine(line + 1) },
      { keys: 'A', label: 'Rollout before', run: () => goToLine(line - 1) },
      { keys: '0', label: 'Show everything', run: () => stage?.fit() },
      { keys: 'T', label: 'Tokens', run: () => changeWatchView({ showTokens: !showTokens }) },
    ],
  });
  return (
    <div className={classes['screen']}>
      <ScreenHeader
        title={`${view.isDemonstration ? 'Demonstration' : `Rollout ${view.index + 1}`} of step ${formatCount(step)}`}
        subtitle={`${formatCount(line + 1)} of ${formatCount(view.count)}`}
      >
        <Button
          variant="default"
          leftSection={<IconArrowLeft size={14} aria-hidden />}
          onClick={() => goTo({ kind: 'run', id, tab: 'rollouts', step })}
        >
          Rollouts
        </Button>
        <Button
          variant="default"
          disabled={line === 0}
          leftSection={<IconChevronLeft size={14} aria-hidden />}
          onClick={() => goToLine(line - 1)}
        >
          Before
        </Button>
        <Button
          variant="default"
          disabled={line === view.count - 1}
          rightSection={<IconChevronRight size={14} aria-hidden />}
          onClick={() => goToLine(line + 1)}
        >
          Next
        </Button>
      </ScreenHeader>
      <Facts view={view} />
      <Workbench
        className={classes['bench']}
        side="The rollout"
        details="Details of the rollout"
        tabs={
          <>
            <SegmentedControl
              aria-label="What is shown of the rollout"
              value={panel}
              onChange={(value) => setPanel(value === 'mask' || value === 'seen' ? value : 'steps')}
              data={[
                { value: 'steps', label: `Steps (${last})` },
                { value: 'mask', label: 'Mask' },
                { value: 'seen', label: 'What the model saw' },
              ]}
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
          panel === 'seen' ? (
            <SeenPanel episode={episode} position={position} />
          ) : panel === 'mask' ? (
            <MaskPanel view={view}>
              <RolloutTable id={id} step={step} members={view.members} current={line} narrow />
            </MaskPanel>
          ) : (
            <Timeline
              episode={episode}
              position={position}
              following={false}
              showTokens={showTokens}
              onSelect={seek}
            />
          )
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
          onPick={(picked) => {
            setFocus(picked.view);
            if (picked.kind === 'step') seek(picked.step + 1);
          }}
        />
        <ScrubBar
          steps={episode.steps}
          position={position}
          running={false}
          behind={false}
          onSeek={seek}
          onFollow={() => seek(last)}
        />
      </Workbench>
    </div>
  );
}

function Facts({ view }: { readonly view: RolloutView }) {
  const { episode, mask } = view;
  const { reward, state } = episode;
  return (
    <section className={classes['facts']} aria-label="What it was worth">
      <p className={classes['question']}>
        {view.question}
        <span className={classes['quiet']}>
          {view.choices === null ? '' : ` (${view.choices.join(', ')})`} · reference:{' '}
          {view.answers.join(' or ')}
        </span>
      </p>
      <StatusBadge state={state} />
      {episode.answer === null ? null : (
        <span className={classes['judged']}>
          <VerdictBadge verdict={episode.verdict} />
          {episode.answer}
        </span>
      )}
      <span>
        Reward <strong>{reward === null ? 'unscored' : reward.total.toFixed(2)}</strong>
        {reward === null ? null : (
          <span className={classes['quiet']}>
            {' '}
            accuracy {reward.accuracy} × tool factor {reward.toolFactor}, format {reward.format}
            {view.boxOverlap === null ? '' : `, overlap ${view.boxOverlap.toFixed(2)}`}
          </span>
        )}
      </span>
      <span className={classes['judged']}>
        Advantage
        <Advantage value={view.advantage} />
      </span>
      {mask.dropped ? <Tag tone="warn">Masked: {mask.reason ?? ''}</Tag> : null}
      <span className={classes['quiet']}>
        {formatPlural(episode.steps.length, 'turn')} · {formatPlural(countCalls(episode.steps), 'call')} ·
        seed {episode.sampling.seed} · temperature {episode.sampling.temperature}
      </span>
    </section>
  );
}
