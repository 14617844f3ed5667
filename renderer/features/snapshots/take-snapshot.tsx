import { Button, Group, Modal, Progress, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { TakeProgress } from '../../../shared/contract/snapshots.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import { useCall, useMutation, useStream } from '../../client/hooks.ts';
import { useReviewer, useReviewers } from '../../state/reviewer.ts';
import { navigate } from '../../state/route.ts';
import { formatCount, formatPlural } from '../../ui/format.ts';
import { chipsOf } from '../../ui/sample-filter-words.ts';

/** Dialog: a snapshot of what a filter finds. `filter` is null while it is closed. */
export function TakeSnapshot({ filter, onClose }: { filter: SampleFilter | null; onClose: () => void }) {
  return (
    <Modal opened={filter !== null} onClose={onClose} title="Take a snapshot">
      {filter === null ? null : <Fields filter={filter} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ filter, onClose }: { filter: SampleFilter; onClose: () => void }) {
  const count = useCall('curation.count', { filter }).data;
  const { reviewers } = useReviewers();
  const as = useReviewer();
  const [name, setName] = useState('');
  const [note, setNote] = useState('');
  const [progress, setProgress] = useState<TakeProgress | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const take = useMutation('snapshots.take', {
    onSuccess: setProgress,
    onFailure: ({ message }) => setFailure(message),
  });
  const { mutate: cancel } = useMutation('snapshots.cancelTake');
  const running = progress?.state === 'running' ? progress : null;
  useStream('snapshots.watchTake', running === null ? null : { id: running.id }, {
    onValue: (next) => {
      setProgress(next);
      if (next.snapshot !== null)
        navigate({ screen: 'snapshots', place: { kind: 'one', id: next.snapshot.id } }, { replace: true });
      else if (next.state === 'cancelled') onClose();
      else if (next.state === 'failed') setFailure(next.error);
    },
    onFailure: ({ message }) => setFailure(message),
  });
  const chips = chipsOf(filter, (id) => reviewers.find((one) => one.id === id)?.name ?? 'somebody');
  const words = [
    ...(filter.search === undefined ? [] : [`"${filter.search}"`]),
    ...chips.map(({ text }) => text),
  ];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setFailure(null);
        if (name.trim() !== '' && count !== 0) take.mutate({ ...as, name, note, filter });
      }}
    >
      <Text size="sm" mb="sm">
        {words.length === 0 ? 'Every sample of the workspace' : words.join(', ')}
        {count === undefined ? '' : `: ${formatPlural(count, 'sample')}`}. Choose others by filtering in the
        Library.
      </Text>
      <TextInput
        label="Name"
        value={name}
        maxLength={100}
        disabled={running !== null}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        mt="xs"
        label="Note"
        description="Optional. What it is for."
        autosize
        minRows={2}
        maxRows={6}
        maxLength={2000}
        value={note}
        disabled={running !== null}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {running === null ? null : (
        <div role="status">
          <Text size="xs" mt="sm" mb={4}>
            {formatCount(running.done)} of {formatCount(running.total)} samples
          </Text>
          <Progress
            value={running.total === 0 ? 0 : (running.done / running.total) * 100}
            aria-label="Taking the snapshot"
          />
        </div>
      )}
      {failure === null ? null : (
        <Text size="sm" c="var(--bad)" mt="sm" role="alert">
          {failure}
        </Text>
      )}
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={() => (running === null ? onClose() : cancel({ id: running.id }))}>
          Cancel
        </Button>
        <Button
          type="submit"
          disabled={name.trim() === '' || count === undefined || count === 0}
          loading={take.isPending || running !== null}
        >
          Take snapshot
        </Button>
      </Group>
    </form>
  );
}
