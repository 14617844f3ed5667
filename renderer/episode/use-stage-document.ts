import { useMemo } from 'react';
import { assetPath, regionAssetPath, viewAssetPath } from '../../shared/contract/assets.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { ImageRecord } from '../../shared/model/image.ts';
import type { EpisodeId } from '../../shared/model/ids.ts';
import { type DrawnStep, type PixelSource, type StageDocument, stageDocument } from '../canvas/document.ts';

/** The stage at one moment. It changes only with what is drawn: tokens that stream in leave it as it is. */
export function useStageDocument(input: {
  readonly images: readonly ImageRecord[];
  readonly episode: {
    readonly id: EpisodeId;
    readonly views: Episode['views'];
    readonly steps: readonly DrawnStep[];
  } | null;
  readonly position: number;
  readonly focus: number | null;
  readonly pixels: PixelSource;
  /** The step whose box is held. */
  readonly held?: number | null;
  /** Left out: what the model was given in that episode. */
  readonly regions?: boolean;
}): StageDocument {
  const { images, episode, position, focus, pixels, held = null, regions = false } = input;
  const roots = useMemo(
    () =>
      images.map(({ assets, name, width, height }) => ({ url: assetPath(assets.full), name, width, height })),
    [images],
  );
  const id = episode?.id ?? null;
  const views = episode?.views ?? null;
  const steps = useDrawnSteps(episode);
  return useMemo(
    () =>
      stageDocument({
        images: roots,
        episode: views === null ? null : { views, steps },
        position,
        focus,
        pixels,
        held,
        viewUrl: (number) => {
          const view = regions ? views?.[number - 1] : undefined;
          if (id === null) return '';
          return view === undefined ? viewAssetPath(id, number) : regionAssetPath(id, view);
        },
      }),
    [roots, id, views, steps, position, focus, pixels, held, regions],
  );
}

const NO_STEPS: readonly DrawnStep[] = [];

/** The same array until a step ends, a result comes or a step begins. */
function useDrawnSteps(
  episode: { readonly id: EpisodeId; readonly steps: readonly DrawnStep[] } | null,
): readonly DrawnStep[] {
  const steps = episode?.steps ?? NO_STEPS;
  const outline = steps
    .map(
      ({ action, resultView }) =>
        `${action?.kind ?? ''}:${action !== null && 'image' in action ? action.image : ''}:${action?.kind === 'zoom_in' ? action.rootBox.join() : ''}:${resultView ?? ''}`,
    )
    .join(' ');
  // `outline` and the id say all about the steps that is drawn.
  // oxlint-disable-next-line react/exhaustive-deps
  return useMemo(() => steps, [episode?.id, outline]);
}
