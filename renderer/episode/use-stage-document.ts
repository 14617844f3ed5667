import { useMemo } from 'react';
import { assetPath, viewAssetPath } from '../../shared/contract/assets.ts';
import type { Episode } from '../../shared/model/episode.ts';
import type { ImageRecord } from '../../shared/model/image.ts';
import type { Step } from '../../shared/model/step.ts';
import { type PixelSource, type StageDocument, stageDocument } from '../canvas/document.ts';

/** The stage at one moment. It changes only with what is drawn: tokens that stream in leave it as it is. */
export function useStageDocument(input: {
  readonly images: readonly ImageRecord[];
  readonly episode: Episode | null;
  readonly position: number;
  readonly focus: number | null;
  readonly pixels: PixelSource;
}): StageDocument {
  const { images, episode, position, focus, pixels } = input;
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
        viewUrl: (view) => (id === null ? '' : viewAssetPath(id, view)),
      }),
    [roots, id, views, steps, position, focus, pixels],
  );
}

const NO_STEPS: readonly Step[] = [];

/** The same array until a step ends, a result comes or a step begins. */
function useDrawnSteps(episode: Episode | null): readonly Step[] {
  const steps = episode?.steps ?? NO_STEPS;
  const outline = steps.map((step) => `${step.action?.kind ?? ''}:${step.resultView ?? ''}`).join(' ');
  // `outline` and the id say all about the steps that is drawn.
  // oxlint-disable-next-line react/exhaustive-deps
  return useMemo(() => steps, [episode?.id, outline]);
}
