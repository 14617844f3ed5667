import { assetPath } from '../../shared/contract/assets.ts';
import type { ImageRecord } from '../../shared/model/image.ts';
import classes from './image-row.module.css';
import { ImageThumb } from './parts.tsx';

/** The images of a sample in a row of a table; of many the first, and how many more there are. */
export function ImageRow({
  images,
  most,
}: {
  readonly images: readonly ImageRecord[];
  readonly most: number;
}) {
  const shown = images.length > most ? images.slice(0, most - 1) : images;
  const hidden = images.slice(shown.length);
  return (
    <span className={classes['images']}>
      {shown.map((image, index) => (
        <ImageThumb
          key={`${image.id} ${index}`}
          src={assetPath(image.assets.thumbnail)}
          alt={`Image ${index + 1}: ${image.name}`}
          title={image.name}
          size={40}
        />
      ))}
      {hidden.length === 0 ? null : (
        <span className={classes['more']} title={hidden.map((image) => image.name).join('\n')}>
          +{hidden.length}
        </span>
      )}
    </span>
  );
}
