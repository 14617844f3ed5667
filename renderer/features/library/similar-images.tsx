import { Button, Modal, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { assetPath } from '../../../shared/contract/assets.ts';
import type { ImageRecord } from '../../../shared/model/image.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { formatCount, formatPlural, formatSize } from '../../ui/format.ts';
import { EmptyState, ErrorNotice, ImageThumb } from '../../ui/parts.tsx';
import classes from './filters.module.css';

/** Dialog: images that look alike, group by group; one is kept and the others go. */
export function SimilarImages({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} size="xl" title="Images that look alike">
      {opened ? <Groups /> : null}
    </Modal>
  );
}

function Groups() {
  const { data, error, refetch } = useCall('curation.similarImages', { limit: 100 });
  if (error !== null) return <ErrorNotice failure={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Text size="sm">Comparing …</Text>;
  const { groups, total, known, images } = data;
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        Compared by what they show, not by their bytes: rescaled, re-encoded and slightly edited copies are
        found.{' '}
        {known < images
          ? `${formatCount(known)} of ${formatCount(images)} images were looked at so far; the others follow in the background.`
          : ''}
      </Text>
      {groups.length === 0 ? (
        <EmptyState title="No image looks like another one" />
      ) : (
        groups.map((group) => <Group key={group.images[0]?.id} images={group.images} />)
      )}
      {total > groups.length ? (
        <Text size="sm" c="dimmed" mt="sm">
          The first {formatCount(groups.length)} of {formatCount(total)} groups are shown.
        </Text>
      ) : null}
    </>
  );
}

function Group({ images }: { images: readonly ImageRecord[] }) {
  const as = useReviewer();
  const remove = useMutation('images.remove', {
    onSuccess: () => notify('Removed. Undo brings them back.'),
    onFailure: (failure) => notifyFailure(failure),
  });
  const keep = (one: ImageRecord): void =>
    remove.mutate({ ...as, ids: images.filter(({ id }) => id !== one.id).map(({ id }) => id) });
  return (
    <section className={classes['alike']} aria-label={`${images.length} images that look alike`}>
      <div className={classes['label']}>{formatPlural(images.length, 'image')}</div>
      <ul>
        {images.map((image) => (
          <li key={image.id}>
            <ImageThumb
              src={assetPath(image.assets.thumbnail)}
              alt={image.name}
              title={image.name}
              size={112}
            />
            <span className={classes['alikeName']} title={image.name}>
              {image.name}
            </span>
            <span className={classes['alikeName']}>{formatSize(image.width, image.height)}</span>
            <Button
              variant="default"
              loading={remove.isPending}
              aria-label={`Keep only ${image.name}`}
              onClick={() => keep(image)}
            >
              Keep only this
            </Button>
            <Button
              variant="subtle"
              color="red"
              leftSection={<IconTrash size={13} aria-hidden />}
              aria-label={`Remove ${image.name}`}
              onClick={() => remove.mutate({ ...as, ids: [image.id] })}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
