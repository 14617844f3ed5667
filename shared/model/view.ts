import { z } from 'zod';
import { bbox } from './bbox.ts';

/**
 * An image in the context, with the 1-based number by which tools name it: inputs are 1..N, tool results
 * N+1 and on. Every view is a rectangle of one input image (its root), so a crop of a crop keeps full
 * resolution.
 */
export const imageView = z
  .object({
    number: z.number().int().positive(),
    origin: z.enum(['input', 'zoom_in', 'look_back']),
    /** The view that the tool named; null for inputs. */
    parent: z.number().int().positive().nullable(),
    /** 0-based index into the sample's images. */
    rootImage: z.number().int().nonnegative(),
    /** Whole pixels of the canonical root image. */
    rootBox: bbox,
    /** Size at which the model saw it, in pixels. */
    width: z.number().int().positive(),
    height: z.number().int().positive(),
  })
  .readonly();
export type ImageView = z.infer<typeof imageView>;
