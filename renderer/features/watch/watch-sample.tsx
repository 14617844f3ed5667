import { Button, SegmentedControl } from '@mantine/core';
import { IconEye, IconRobotOff } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import type { SampleRow } from '../../../shared/contract/procedures.ts';
import type { AgentVersion } from '../../../shared/model/agent-version.ts';
import type { EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import type { StageCommands } from '../../canvas/Stage.tsx';
import { useCall } from '../../client/hooks.ts';
import { useAgents, useChangeSettings, useSettings } from '../../state/agents.ts';
import { askToRunGroups } from '../../state/rollout-jobs.ts';
import { navigate } from '../../state/route.ts';
import { useStore } from '../../state/store.ts';
import { useKeys } from '../../state/use-keys.ts';
import { isBehind, isRunning, lastPosition, positionOf, withNextSeed } from '../../state/watch-model.ts';
import { changeWatchView, WATCH_PANELS, type WatchPanel, watchView } from '../../state/watch-view.ts';
import { EmptyState, Kbd } from '../../ui/parts.tsx';
import { OutcomeBar } from './outcome-bar.tsx';
import { samplingFor } from './run-controls.tsx';
import { ReadTokens, WholeEpisodeMask } from './read-tokens.tsx';
import { ScrubBar } from '../../episode/scrub-bar.tsx';
import { SeenPanel } from '../../episode/seen-panel.tsx';
import { StagePane } from '../../episode/stage-pane.tsx';
import { Timeline } from '../../episode/timeline.tsx';
import { TokensSwitch, Workbench } from '../../episode/workbench.tsx';
import { Troubles } from './troubles.tsx';
import { useSamplesAround } from './use-samples-around.ts';
import { useStageDocument } from '../../episode/use-stage-document.ts';
import { useWatch } from './use-watch.ts';
import { WatchHeader } from './watch-header.tsx';
import { neighbourView, watchBindings } from './watch-keys.ts';
import classes from './watch-sample.module.css';
import { announcement } from '../../episode/words.ts';

function goTo(sampleId: SampleId, episodeId: EpisodeId | null, replace = false): void {
  navigate({ screen: 'watch', sampleId, episodeId }, { replace });
}

/** One sample, with the run that is shown of it. */
export function WatchSample({
  row,
  episodeId,
}: {
  readonly row: SampleRow;
  readonly episodeId: EpisodeId | null;
}) {
  const { sample, images } = row;
  const { watch, state } = useWatch(sample.id, episodeId);
  const { episode, request } = state;
  const episodes =
    useCall('episodes.list', { sampleId: sample.id, limit: 200 }, { keepWhileLoading: true }).data ?? [];
  const { current: agent } = useAgents();
  const agentsKnown = useCall('agents.list', undefined).data !== undefined;
  const settings = useSettings();
  const changeSettings = useChangeSettings();
  const around = useSamplesAround(sample.id);
  const [stage, setStage] = useState<StageCommands | null>(null);
  const [focus, setFocus] = useState<number | null>(null);
  const { pixels, panel, showTokens } = useStore(watchView, (view) => view);

  const running = isRunning(state);
  const position = positionOf(state);
  const drawn = useStageDocument({ images, episode, position, focus, pixels });
  const select = useCallback((to: number) => watch.seek(to), [watch]);

  const start = async (reseed: boolean): Promise<void> => {
    if (running || request !== 'none' || agent === null || agent.problem !== null) return;
    const own = samplingFor(settings, agent);
    const id = await watch.run({
      sampleId: sample.id,
      agentVersionId: agent.id,
      withTools: settings.withTools,
      pace: settings.pace,
      sampling: reseed ? withNextSeed(own, episode?.sampling.seed ?? null) : own,
    });
    if (id !== null) goTo(sample.id, id, true);
  };
  const moveFocus = (by: 1 | -1): void =>
    setFocus((now) =>
      neighbourView(
        drawn.visible.map(({ view }) => view.number),
        now,
        by,
      ),
    );
  const goIf = (id: SampleId | null): void => {
    if (id !== null) goTo(id, null);
  };

  const correctRun = (): void => {
    if (episode === null || running) return;
    navigate({ screen: 'correct', episodeId: episode.id, correctionId: null });
  };

  useKeys({
    name: 'watch',
    title: 'Watch',
    bindings: watchBindings({
      run: () => void start(false),
      reseed: () => void start(episode !== null),
      stop: () => void watch.stop(),
      group: () => askToRunGroups({ kind: 'samples', ids: [sample.id] }),
      nextStep: () => watch.stepBy(1),
      previousStep: () => watch.stepBy(-1),
      firstMoment: () => watch.seek(0),
      lastMoment: watch.follow,
      nextSample: () => goIf(around.next),
      previousSample: () => goIf(around.previous),
      nextImage: () => moveFocus(1),
      previousImage: () => moveFocus(-1),
      zoomIn: () => stage?.zoomIn(),
      zoomOut: () => stage?.zoomOut(),
      fit: () => stage?.fit(),
      oneToOne: () => stage?.oneToOne(),
      zoomToImage: () => stage?.zoomToFocus(),
      togglePixels: () =>
        episode !== null && changeWatchView({ pixels: pixels === 'model' ? 'source' : 'model' }),
      toggleTokens: () => changeWatchView({ showTokens: !showTokens }),
      togglePanel: () =>
        changeWatchView({
          panel: WATCH_PANELS[(WATCH_PANELS.indexOf(panel) + 1) % WATCH_PANELS.length] ?? 'steps',
        }),
      correct: () => correctRun(),
    }),
  });

  return (
    <div className={classes['screen']}>
      <WatchHeader
        sample={sample}
        around={around}
        onGo={(id) => goTo(id, null)}
        run={{
          running,
          request,
          ranBefore: episode !== null || episodes.length > 0,
          settings,
          agent,
          onRun: () => void start(false),
          onReseed: () => void start(true),
          onStop: () => void watch.stop(),
          onGroup: () => askToRunGroups({ kind: 'samples', ids: [sample.id] }),
          onSettings: changeSettings,
        }}
      />
      <OutcomeBar
        episode={episode}
        loading={episodeId !== null && state.failure === null}
        episodes={episodes}
        onShow={(id) => goTo(sample.id, id)}
        onCorrect={correctRun}
      />
      <Troubles state={state} onRetry={watch.retry} />
      <Workbench
        side="The run"
        details="Details of the run"
        tabs={
          <>
            <SegmentedControl
              aria-label="What is shown of the run"
              value={panel}
              onChange={(value) => changeWatchView({ panel: value as WatchPanel })}
              data={[
                {
                  value: 'steps',
                  label: `Steps${lastPosition(state) === 0 ? '' : ` (${lastPosition(state)})`}`,
                },
                { value: 'seen', label: 'What the model saw' },
                { value: 'mask', label: 'Mask' },
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
          episode === null ? (
            <BeforeFirstRun
              loading={!agentsKnown || (episodeId !== null && state.failure === null)}
              agent={agent}
            />
          ) : panel === 'seen' ? (
            <SeenPanel episode={episode} position={position} />
          ) : panel === 'mask' ? (
            <WholeEpisodeMask episode={episode} />
          ) : (
            <Timeline
              episode={episode}
              position={position}
              following={state.cursor === 'follow'}
              showTokens={showTokens}
              leftOutTokens={ReadTokens}
              onSelect={select}
            />
          )
        }
      >
        <StagePane
          drawn={drawn}
          steps={episode?.steps ?? []}
          position={position}
          pixels={pixels}
          ran={episode !== null}
          commands={stage}
          onCommands={setStage}
          onPixels={(next) => changeWatchView({ pixels: next })}
          onPick={(picked) => {
            setFocus(picked.view);
            if (picked.kind === 'step') watch.seek(picked.step + 1);
          }}
        />
        <ScrubBar
          steps={episode?.steps ?? []}
          position={position}
          running={running}
          behind={isBehind(state)}
          onSeek={select}
          onFollow={watch.follow}
        />
      </Workbench>
      <div className="only-read" role="status">
        {announcement(episode)}
      </div>
    </div>
  );
}

function BeforeFirstRun({
  loading,
  agent,
}: {
  readonly loading: boolean;
  readonly agent: AgentVersion | null;
}) {
  if (loading) return null;
  const problem = agent === null ? 'There is no agent yet.' : agent.problem;
  if (problem !== null) {
    return (
      <EmptyState
        icon={<IconRobotOff size={36} stroke={1.2} />}
        title={agent === null ? 'No agent to watch' : `${agent.name} can’t run`}
        actions={<Button onClick={() => navigate({ screen: 'agents' })}>Go to Agents</Button>}
      >
        {problem}
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<IconEye size={36} stroke={1.2} />} title="Press Run to watch the agent look">
      <Kbd keys="Ctrl+Enter" /> starts it. Its thoughts appear here as it has them; every crop appears beside
      its image.
    </EmptyState>
  );
}
