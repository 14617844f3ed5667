import { z } from 'zod';

/**
 * A box `[x1, y1, x2, y2]`, half-open: x1 <= x < x2. Which pixels it counts in is said by the name of
 * the field that holds it: `viewBox` counts pixels of the image as the model saw it, `rootBox` pixels of
 * the canonical source image.
 */
export const bbox = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly();
export type Bbox = z.infer<typeof bbox>;

export function bboxWidth(box: Bbox): number {
  return box[2] - box[0];
}

export function bboxHeight(box: Bbox): number {
  return box[3] - box[1];
}
