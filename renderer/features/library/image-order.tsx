import { ActionIcon } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { ImageRecord } from '../../../shared/model/image.ts';
import { ImageThumb } from '../../ui/parts.tsx';
import classes from './library.module.css';

/** Images of a sample in their order, which gives them their numbers. Moved by buttons or by dragging. */
export function ImageOrder(props: {
  images: readonly ImageRecord[];
  problem: string | null;
  onMove: (from: number, to: number) => void;
  onRemove: (index: number) => void;
}) {
  const [dragged, setDragged] = useState<number | null>(null);
  const { images, problem, onMove, onRemove } = props;
  return (
    <div role="group" aria-label="Images in order">
      <div className={classes['label']}>Images, in the order the agent sees them</div>
      <ol className={classes['order']}>
        {images.map((image, index) => (
          // Dragging is beside the buttons, which do the same with the keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
          <li
            key={image.id}
            className={classes['orderItem']}
            draggable
            data-dragged={dragged === index || undefined}
            onDragStart={() => setDragged(index)}
            onDragEnd={() => setDragged(null)}
            onDragEnter={() => {
              if (dragged === null || dragged === index) return;
              onMove(dragged, index);
              setDragged(index);
            }}
          >
            <ImageThumb
              src={assetPath(image.assets.thumbnail)}
              alt={image.name}
              title={image.name}
              size={96}
              number={index + 1}
            />
            <span className={classes['orderTools']}>
              <ActionIcon
                size="xs"
                aria-label={`Move image ${index + 1} to the left`}
                disabled={index === 0}
                onClick={() => onMove(index, index - 1)}
              >
                <IconChevronLeft size={14} />
              </ActionIcon>
              <ActionIcon
                size="xs"
                aria-label={`Take image ${index + 1} out`}
                onClick={() => onRemove(index)}
              >
                <IconX size={13} />
              </ActionIcon>
              <ActionIcon
                size="xs"
                aria-label={`Move image ${index + 1} to the right`}
                disabled={index === images.length - 1}
                onClick={() => onMove(index, index + 1)}
              >
                <IconChevronRight size={14} />
              </ActionIcon>
            </span>
          </li>
        ))}
      </ol>
      {problem === null ? null : (
        <div className={classes['problem']} role="alert">
          {problem}
        </div>
      )}
    </div>
  );
}
