import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { CorrectionState, SetAside } from '../../../shared/contract/corrections.ts';
import type { CorrectedEpisode } from '../../../shared/correction/corrected-episode.ts';
import { replay } from '../../../shared/correction/replay.ts';
import type { CorrectionOperation } from '../../../shared/model/correction.ts';
import type { Episode } from '../../../shared/model/episode.ts';
import type { CorrectionId, EpisodeId, ReviewerId } from '../../../shared/model/ids.ts';
import type { Sample } from '../../../shared/model/sample.ts';
import type { ImageSizing } from '../../../shared/model/agent-version.ts';
import { callKey, useCall, useClient } from '../../client/hooks.ts';
import type { Failure } from '../../client/failure.ts';
import type { StudioClient } from '../../client/client.ts';
import type { Correcting, CorrectingApi, CorrectingState } from '../../state/correcting.ts';
import { createCorrecting } from '../../state/correcting.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { navigate } from '../../state/route.ts';
import { useStore } from '../../state/store.ts';

export interface CorrectionDesk {
  readonly episode: Episode;
  readonly sample: Sample;
  readonly sizing: ImageSizing;
  /** What stands now, with what is on its way. */
  readonly operations: readonly CorrectionOperation[];
  readonly corrected: CorrectedEpisode;
  readonly state: CorrectingState;
  readonly setAside: readonly SetAside[];
  /** The run that goes on from a step just now. */
  readonly run: EpisodeId | null;
  readonly correcting: Correcting;
}

/** Everything that the screen stands on; null while it is read. */
export function useCorrection(
  episode: Episode,
  sample: Sample,
  wanted: CorrectionId | null,
): { readonly desk: CorrectionDesk | null; readonly failure: Failure | null } {
  const { by } = useReviewer();
  const client = useClient();
  const queries = useQueryClient();
  const list = useCall('corrections.list', { episodeId: episode.id });
  const sizing = useCall('corrections.sizing', { episodeId: episode.id });
  const known =
    list.data?.find(({ id }) => id === wanted) ?? (wanted === null ? list.data?.at(-1) : undefined);
  const id = known?.id ?? null;
  const current = useCall(
    'corrections.get',
    { id: id ?? ('' as CorrectionId) },
    { enabled: id !== null, keepWhileLoading: true },
  );
  const correcting = useMemo(
    () => createCorrecting(correctingApi(client, episode.id, by)),
    [client, episode.id, by],
  );

  const state = useStore(correcting.store, (one) => one);
  const told: CorrectionState | undefined = id === null ? undefined : current.data;
  const isListed = list.data !== undefined;
  const listedAt = list.dataUpdatedAt;
  const toldAt = current.dataUpdatedAt;
  useEffect(() => {
    if (id === null && isListed) correcting.known(null, listedAt);
    else if (told !== undefined && told.correction.id === id) correcting.known(told.correction, toldAt);
  }, [correcting, id, isListed, listedAt, told, toldAt]);
  // A correction that was begun here is the one of the address from now on.
  const made = state.correction?.id ?? null;
  useEffect(() => {
    if (made === null || made === wanted) return;
    navigate({ screen: 'correct', episodeId: episode.id, correctionId: made }, { replace: true });
    void queries.invalidateQueries({ queryKey: callKey('corrections.list', { episodeId: episode.id }) });
  }, [made, wanted, episode.id, queries]);

  const operations = useMemo(
    () => [...(state.correction?.operations ?? []), ...state.pending],
    [state.correction, state.pending],
  );
  const size = state.correction?.sizing ?? sizing.data ?? null;
  const corrected = useMemo(
    () => (size === null ? null : replay(episode, operations, size, referenceOf(sample))),
    [episode, operations, size, sample],
  );
  const isReady = isListed && size !== null && corrected !== null && (id === null || told !== undefined);
  return {
    failure: list.error ?? sizing.error ?? (id === null ? null : current.error),
    desk: isReady
      ? {
          episode,
          sample,
          sizing: size,
          operations,
          corrected,
          state,
          setAside: told?.setAside ?? [],
          run: told?.run ?? null,
          correcting,
        }
      : null,
  };
}

export function referenceOf({ answers, answerKind, choices, tolerance }: Sample) {
  return { answers, answerKind, choices, tolerance };
}

function correctingApi(
  client: StudioClient,
  episodeId: EpisodeId,
  by: ReviewerId | undefined,
): CorrectingApi {
  const who = by === undefined ? {} : { by };
  return {
    create: (operations) =>
      client.mutate('corrections.create', { ...who, episodeId, operations: [...operations] }),
    edit: ({ id, revision }, operations) =>
      client.mutate('corrections.edit', { ...who, id, revision, operations: [...operations] }),
    applyAside: ({ id, revision }, setAside) =>
      client.mutate('corrections.applyAside', { ...who, id, revision, setAside }),
    get: async (id) => (await client.query('corrections.get', { id })).correction,
  };
}
