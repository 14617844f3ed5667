import { z } from 'zod';
import { imageId } from './ids.ts';

/** Formats that are decoded. Anything else is refused by name. */
export const imageFormat = z.enum(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif']);
export type ImageFormat = z.infer<typeof imageFormat>;

/**
 * An image of the workspace. `width` and `height` are the canonical size: after the EXIF orientation was
 * baked in. `sha256` is of the original file's bytes, which is how duplicates are found.
 */
export const imageRecord = z
  .object({
    id: imageId,
    sha256: z.string(),
    name: z.string(),
    format: imageFormat,
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    byteSize: z.number().int().nonnegative(),
    importedAt: z.number(),
    /** Opaque asset ids, to be put behind the asset base address. */
    assets: z.object({ full: z.string(), thumbnail: z.string() }).readonly(),
  })
  .readonly();
export type ImageRecord = z.infer<typeof imageRecord>;
