import { Switch } from '@mantine/core';
import { useState } from 'react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { GroupDetail } from '../../../shared/contract/groups.ts';
import { BoxedImage, type ImageBox } from '../../ui/boxed-image.tsx';
import { rolloutColour } from '../../ui/rollout-colours.ts';
import { formatPlural } from '../../ui/format.ts';
import classes from './group-view.module.css';

/** The images of the sample with every place that a rollout looked at, in the colour of the rollout. */
export function GroupImages(props: {
  readonly images: GroupDetail['images'];
  readonly members: GroupDetail['members'];
  readonly selected: number;
}) {
  const { images, members, selected } = props;
  const [onlySelected, setOnlySelected] = useState(false);
  const lookBacks = (index: number): number =>
    members.reduce(
      (sum, { views }) =>
        sum + views.filter((view) => view.origin === 'look_back' && view.rootImage === index).length,
      0,
    );
  return (
    <section className={classes['images']} aria-label="Images with what the rollouts looked at">
      <div className={classes['imageRow']}>
        {images.map((image, index) => {
          const boxes = boxesOn(members, index, selected, onlySelected);
          return (
            <figure key={`${image.id} ${index}`} className={classes['image']}>
              <BoxedImage
                src={assetPath(image.assets.full)}
                alt={`Image ${index + 1}: ${image.name}`}
                width={image.width}
                height={image.height}
                boxes={boxes}
              />
              <figcaption>
                Image {index + 1} · {formatPlural(boxes.length, 'crop')}
                {lookBacks(index) === 0
                  ? ''
                  : ` · ${formatPlural(lookBacks(index), 'look back', 'looks back')}`}
              </figcaption>
            </figure>
          );
        })}
      </div>
      <Switch
        size="xs"
        label="Only the marked rollout's boxes"
        checked={onlySelected}
        onChange={(event) => setOnlySelected(event.currentTarget.checked)}
      />
    </section>
  );
}

function boxesOn(
  members: GroupDetail['members'],
  image: number,
  selected: number,
  onlySelected: boolean,
): readonly ImageBox[] {
  return members.flatMap(({ rollout, views }, index) => {
    if (onlySelected && index !== selected) return [];
    return views
      .filter((view) => view.origin === 'zoom_in' && view.rootImage === image)
      .map(
        (view): ImageBox => ({
          key: `${rollout.episodeId} ${view.number}`,
          box: view.rootBox,
          colour: rolloutColour(rollout.number),
          label: String(rollout.number + 1),
          strong: index === selected,
        }),
      );
  });
}
