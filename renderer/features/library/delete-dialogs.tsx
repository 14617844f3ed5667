import { Button, Group, Modal, Text } from '@mantine/core';
import type { ImageId } from '../../../shared/model/ids.ts';
import { useMutation } from '../../client/hooks.ts';
import { notify } from '../../state/notices.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { formatPlural } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';

interface DeleteProps {
  /** Null while the dialog is closed. */
  readonly ids: readonly string[] | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** The most that one request may name. */
const MOST = 10_000;

export function DeleteSamples(props: {
  /** Null while the dialog is closed. */
  count: number | null;
  onClose: () => void;
  onDelete: () => void;
}) {
  const { count, onClose, onDelete } = props;
  const what = formatPlural(count ?? 0, 'sample');
  return (
    <Modal opened={count !== null} onClose={onClose} title={`Delete ${what}?`}>
      <Text size="sm">
        Their episodes are deleted with them. Their images stay in the library. Undo brings them back.
      </Text>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color="red"
          onClick={() => {
            onDelete();
            onClose();
          }}
        >
          Delete {what}
        </Button>
      </Group>
    </Modal>
  );
}

export function DeleteImages({ ids, onClose, onDone }: DeleteProps) {
  const as = useReviewer();
  const remove = useMutation('images.remove', {
    onSuccess: () => {
      notify(`${formatPlural(ids?.length ?? 0, 'image')} deleted.`);
      onDone();
      onClose();
    },
  });
  const count = ids?.length ?? 0;
  return (
    <Modal opened={ids !== null} onClose={onClose} title={`Delete ${formatPlural(count, 'image')}?`}>
      <Text size="sm">
        Files that were imported stay where they are on disk; only this workspace forgets them. An image that
        a sample uses cannot be deleted before the sample.
      </Text>
      {remove.error === null ? null : <ErrorNotice failure={remove.error} />}
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          onClick={() => remove.mutate({ ...as, ids: (ids ?? []).slice(0, MOST) as ImageId[] })}
        >
          Delete {formatPlural(Math.min(count, MOST), 'image')}
        </Button>
      </Group>
    </Modal>
  );
}
