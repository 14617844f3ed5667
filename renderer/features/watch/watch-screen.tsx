import { Button } from '@mantine/core';
import { IconPhotoPlus } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { EpisodeId, SampleId } from '../../../shared/model/ids.ts';
import { useCall } from '../../client/hooks.ts';
import { navigate } from '../../state/route.ts';
import { EmptyState, ErrorNotice } from '../../ui/parts.tsx';
import { WatchSample } from './watch-sample.tsx';

/** Where a person sees an agent look at a sample. */
export function WatchScreen({
  sampleId,
  episodeId,
}: {
  sampleId: SampleId | null;
  episodeId: EpisodeId | null;
}) {
  return sampleId === null ? (
    <FirstSample />
  ) : (
    <OneSample key={sampleId} id={sampleId} episodeId={episodeId} />
  );
}

/** No sample is named: the first one is as good as any. */
function FirstSample() {
  const { data, error, refetch } = useCall('samples.list', { limit: 1 });
  const first = data?.items[0]?.sample.id ?? null;
  useEffect(() => {
    if (first !== null) navigate({ screen: 'watch', sampleId: first, episodeId: null }, { replace: true });
  }, [first]);
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  if (data === undefined || first !== null) return null;
  return (
    <EmptyState
      icon={<IconPhotoPlus size={40} stroke={1.2} />}
      title="There is no sample to watch yet"
      actions={
        <Button onClick={() => navigate({ screen: 'library', tab: 'images', search: '' })}>
          Go to the Library
        </Button>
      }
    >
      A sample is a question about one or more images. Import images in the Library and ask something about
      them.
    </EmptyState>
  );
}

function OneSample({ id, episodeId }: { id: SampleId; episodeId: EpisodeId | null }) {
  const { data, error, refetch } = useCall('samples.get', { id });
  const last = data?.lastEpisode?.id ?? null;
  const wanted = episodeId ?? last;
  useEffect(() => {
    if (episodeId === null && last !== null) {
      navigate({ screen: 'watch', sampleId: id, episodeId: last }, { replace: true });
    }
  }, [id, episodeId, last]);
  if (data !== undefined) return <WatchSample row={data} episodeId={wanted} />;
  if (error === null) return null;
  return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
}
