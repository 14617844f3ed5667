import { Button, Group, Menu, Modal, TextInput } from '@mantine/core';
import { IconBookmark, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { SampleFilter, SampleSort } from '../../../shared/model/sample-filter.ts';
import type { SavedView } from '../../../shared/model/saved-view.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { notify, notifyFailure } from '../../state/notices.ts';
import { navigate } from '../../state/route.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { chooseColumns, useColumns } from '../../state/sample-columns.ts';

function sameView(view: SavedView, filter: SampleFilter, sort: SampleSort): boolean {
  return JSON.stringify([view.filter, view.sort]) === JSON.stringify([filter, sort]);
}

/** Ways of looking at the samples that were given names, and giving one to the present way. */
export function ViewsMenu({ filter, sort }: { filter: SampleFilter; sort: SampleSort }) {
  const views = useCall('views.list', undefined).data ?? [];
  const columns = useColumns();
  const as = useReviewer();
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const save = useMutation('views.save', {
    onSuccess: (view) => {
      notify(`View "${view.name}" saved.`);
      setNaming(false);
      setName('');
    },
    onFailure: (failure) => notifyFailure(failure),
  });
  const remove = useMutation('views.remove', {
    onSuccess: () => notify('View removed. Undo brings it back.'),
    onFailure: (failure) => notifyFailure(failure),
  });
  const current = views.find((view) => sameView(view, filter, sort));
  return (
    <>
      <Menu position="bottom-start" width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={14} aria-hidden />}>
            {current?.name ?? 'Views'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 ? <Menu.Label>No saved views yet</Menu.Label> : null}
          {views.map((view) => (
            <Menu.Item
              key={view.id}
              onClick={() => {
                chooseColumns(view.columns);
                navigate({ screen: 'library', tab: 'samples', filter: view.filter, sort: view.sort });
              }}
            >
              {view.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => setNaming(true)}>Save this view…</Menu.Item>
          {current === undefined ? null : (
            <>
              <Menu.Item
                onClick={() =>
                  save.mutate({ ...as, id: current.id, name: current.name, filter, sort, columns })
                }
              >
                Keep these columns with it
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={14} aria-hidden />}
                onClick={() => remove.mutate({ ...as, id: current.id })}
              >
                Remove &quot;{current.name}&quot;
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title="Save this view">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') save.mutate({ ...as, name, filter, sort, columns });
          }}
        >
          <TextInput
            label="Name"
            description="Keeps the filter, the search, the order and the columns."
            value={name}
            maxLength={100}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap="xs" mt="md">
            <Button variant="default" onClick={() => setNaming(false)}>
              Cancel
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={save.isPending}>
              Save
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
