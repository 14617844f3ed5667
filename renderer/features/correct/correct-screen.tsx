import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import type { CorrectionId, EpisodeId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { navigate } from '../../state/route.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { Correct } from './correct.tsx';
import { useCorrection } from './use-correction.ts';

/** Where a person corrects what an agent did, step by step. */
export function CorrectScreen(props: {
  readonly episodeId: EpisodeId | null;
  readonly correctionId: CorrectionId | null;
}) {
  const { episodeId } = props;
  if (episodeId === null) return <NothingToCorrect />;
  return <OneEpisode key={episodeId} episodeId={episodeId} correctionId={props.correctionId} />;
}

function NothingToCorrect() {
  return (
    <EmptyState
      icon={<IconPencil size={40} stroke={1.2} />}
      title="No run is chosen to correct"
      actions={
        <Button onClick={() => navigate({ screen: 'watch', sampleId: null, episodeId: null })}>
          Go to Watch
        </Button>
      }
    >
      Open a run in Watch and press E, or choose one in the review queue.
    </EmptyState>
  );
}

function OneEpisode({
  episodeId,
  correctionId,
}: {
  readonly episodeId: EpisodeId;
  readonly correctionId: CorrectionId | null;
}) {
  const episode = useCall('episodes.get', { id: episodeId });
  const sampleId = episode.data?.sampleId;
  const row = useCall(
    'samples.get',
    { id: sampleId ?? ('' as NonNullable<typeof sampleId>) },
    { enabled: sampleId !== undefined },
  );
  const failure = episode.error ?? row.error;
  if (failure !== null) {
    return <ErrorNotice failure={failure} onRetry={() => void episode.refetch().then(() => row.refetch())} />;
  }
  if (episode.data === undefined || row.data === undefined) return <Loading />;
  if (episode.data.state.kind === 'running') {
    return (
      <EmptyState icon={<IconPencil size={40} stroke={1.2} />} title="The agent is still at it">
        A run can be corrected once it has ended.
      </EmptyState>
    );
  }
  return <Desk episode={episode.data} row={row.data} wanted={correctionId} />;
}

function Desk({
  episode,
  row,
  wanted,
}: {
  readonly episode: Parameters<typeof useCorrection>[0];
  readonly row: Parameters<typeof Correct>[0]['row'];
  readonly wanted: CorrectionId | null;
}) {
  const { desk, failure } = useCorrection(episode, row.sample, wanted);
  if (desk !== null) return <Correct desk={desk} row={row} />;
  return failure === null ? <Loading /> : <ErrorNotice failure={failure} />;
}

function Loading() {
  return (
    <p className="only-read" role="status">
      Loading the run.
    </p>
  );
}
