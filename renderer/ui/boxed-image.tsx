import type { Bbox } from '../../shared/model/bbox.ts';
import classes from './boxed-image.module.css';

/** A box over an image, in pixels of the image. */
export interface ImageBox {
  readonly key: string;
  readonly box: Bbox;
  /** A CSS colour. */
  readonly colour: string;
  /** A sign at its corner, so that colour is never the only one. */
  readonly label: string;
  readonly strong: boolean;
}

/** An image with boxes over it. What the boxes are must also be said in words beside it. */
export function BoxedImage(props: {
  readonly src: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly ImageBox[];
}) {
  const { width, height, boxes } = props;
  const ordered = boxes.toSorted((one, other) => Number(one.strong) - Number(other.strong));
  return (
    <span className={classes['frame']} style={{ aspectRatio: `${width} / ${height}` }}>
      <img src={props.src} alt={props.alt} decoding="async" draggable={false} />
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        {ordered.map(({ key, box, colour, strong }) => (
          <rect
            key={key}
            className={classes['box']}
            data-strong={strong || undefined}
            x={box[0]}
            y={box[1]}
            width={Math.max(1, box[2] - box[0])}
            height={Math.max(1, box[3] - box[1])}
            style={{ stroke: colour }}
          />
        ))}
      </svg>
      {ordered.map(({ key, box, colour, label, strong }) => (
        <span
          key={key}
          className={classes['label']}
          data-strong={strong || undefined}
          style={{
            left: `${(100 * box[0]) / width}%`,
            top: `${(100 * box[1]) / height}%`,
            background: colour,
          }}
          aria-hidden
        >
          {label}
        </span>
      ))}
    </span>
  );
}
