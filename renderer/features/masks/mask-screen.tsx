import { Button } from '@mantine/core';
import { IconEye, IconMask } from '@tabler/icons-react';
import { type ReactNode, useMemo } from 'react';
import { replay } from '../../../shared/correction/replay.ts';
import type { Correction } from '../../../shared/model/correction.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { CorrectionId, EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { EpisodeMask } from '../../episode/episode-mask.tsx';
import { correctedBlocks } from '../../episode/mask-blocks.ts';
import { MaskView } from '../../episode/mask-view.tsx';
import { navigate } from '../../state/route.ts';
import { useKeys } from '../../state/use-keys.ts';
import { StatusBadge, VerdictBadge } from '../../ui/badges.tsx';
import { EmptyState, ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import classes from './masks.module.css';

/** What training would do with every token of an episode, or of a correction of one. */
export function MaskScreen({ id }: { id: EpisodeId | CorrectionId | null }) {
  if (id === null) return <NothingToMask />;
  return id.startsWith('cor_') ? (
    <OfCorrection id={id as CorrectionId} />
  ) : (
    <OfEpisode id={id as EpisodeId} />
  );
}

function NothingToMask() {
  return (
    <EmptyState
      icon={<IconMask size={40} stroke={1.2} />}
      title="No run is chosen"
      actions={
        <Button onClick={() => navigate({ screen: 'watch', sampleId: null, episodeId: null })}>
          Go to Watch
        </Button>
      }
    >
      Open a run in Watch or a rollout of a group to see what training would do with each of its tokens.
    </EmptyState>
  );
}

function OfEpisode({ id }: { id: EpisodeId }) {
  const { data, error, refetch } = useCall('episodes.get', { id });
  if (data !== undefined) return <RunMask episode={data} />;
  return error === null ? null : <ErrorNotice failure={error} onRetry={() => void refetch()} />;
}

function OfCorrection({ id }: { id: CorrectionId }) {
  const state = useCall('corrections.get', { id });
  const correction = state.data?.correction ?? null;
  const episode = useCall(
    'episodes.get',
    { id: correction?.episodeId ?? ('' as EpisodeId) },
    { enabled: correction !== null },
  );
  const error = state.error ?? episode.error;
  if (correction !== null && episode.data !== undefined) {
    return <CorrectionMask correction={correction} episode={episode.data} />;
  }
  return error === null ? null : <ErrorNotice failure={error} onRetry={() => void state.refetch()} />;
}

function RunMask({ episode }: { episode: Episode }) {
  return (
    <Screen title="Mask of a run" sampleId={episode.sampleId} episodeId={episode.id}>
      <div className={classes['about']}>
        <StatusBadge state={episode.state} />
        <VerdictBadge verdict={episode.verdict} />
      </div>
      <EpisodeMask episode={episode} />
    </Screen>
  );
}

function CorrectionMask({ correction, episode }: { correction: Correction; episode: Episode }) {
  const { data } = useCall('samples.get', { id: episode.sampleId });
  const corrected = useMemo(
    () => replay(episode, correction.operations, correction.sizing, data?.sample ?? null),
    [episode, correction, data],
  );
  const blocks = useMemo(() => correctedBlocks(episode, corrected), [episode, corrected]);
  return (
    <Screen title="Mask of a correction" sampleId={episode.sampleId} episodeId={episode.id}>
      <div className={classes['about']}>
        <VerdictBadge verdict={corrected.verdict} />
        <span>A person stands behind a correction: it is never dropped whole.</span>
      </div>
      <MaskView
        blocks={blocks}
        decision={{ dropped: false, reason: null }}
        views={corrected.views}
        episodeId={null}
      />
    </Screen>
  );
}

function Screen(props: {
  readonly title: string;
  readonly sampleId: Episode['sampleId'];
  readonly episodeId: EpisodeId;
  readonly children: ReactNode;
}) {
  const watch = (): void =>
    navigate({ screen: 'watch', sampleId: props.sampleId, episodeId: props.episodeId });
  const { data } = useCall('samples.get', { id: props.sampleId });
  useKeys({
    name: 'mask',
    title: 'Mask',
    bindings: [{ keys: 'Escape', label: 'Back', run: () => window.history.back() }],
  });
  return (
    <div className={classes['screen']}>
      <ScreenHeader title={props.title} subtitle={data?.sample.question ?? ''}>
        <Button variant="default" leftSection={<IconEye size={14} aria-hidden />} onClick={watch}>
          Open in Watch
        </Button>
      </ScreenHeader>
      {/* What scrolls can be reached by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes['scroll']} tabIndex={0} role="region" aria-label="Tokens">
        {props.children}
      </div>
    </div>
  );
}
