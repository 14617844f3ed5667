import type { StageItem } from './document.ts';
import type { StagePoint } from './geometry.ts';
import { contains, grow } from './geometry.ts';
import { withLabel } from './layout.ts';

/** What a person pointed at. */
export type Picked =
  | { readonly kind: 'step'; readonly step: number; readonly view: number }
  | { readonly kind: 'view'; readonly view: number };

/**
 * The topmost thing at a point. A box is picked by its edge or its inside, the smallest first; a view by its
 * image or label.
 *
 * @param slack how far off an edge still counts, in stage units.
 */
export function pick(items: readonly StageItem[], at: StagePoint, slack: number): Picked | null {
  const boxes = items
    .flatMap((item) =>
      item.kind === 'box' && item.tone !== 'echo' && contains(grow(item.rect, slack), at) ? [item] : [],
    )
    .toSorted((a, b) => a.rect.width * a.rect.height - b.rect.width * b.rect.height);
  const box = boxes[0];
  if (box !== undefined) return { kind: 'step', step: box.step, view: box.view };
  for (const item of items.toReversed()) {
    if (item.kind === 'image' && contains(withLabel(item.rect), at)) return { kind: 'view', view: item.view };
  }
  return null;
}
