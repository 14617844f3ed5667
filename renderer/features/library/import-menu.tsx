import { Button, Group, Menu, Modal, Text, TextInput } from '@mantine/core';
import { IconDownload, IconFolder, IconPhoto, IconServer, IconTable, IconUpload } from '@tabler/icons-react';
import { type ChangeEvent, useRef, useState } from 'react';
import { useClient } from '../../client/hooks.ts';
import { filesOfInput } from '../../state/drop.ts';
import { importFiles, importPaths } from '../../state/imports.ts';
import { navigate } from '../../state/route.ts';

const ACCEPTED = '.png,.jpg,.jpeg,.webp,.gif,.tif,.tiff,.avif,.jsonl';

/** The ways in: files, a folder, or a path on the machine where the app runs. */
export function ImportMenu() {
  const client = useClient();
  const filesInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const [pathOpen, setPathOpen] = useState(false);

  const chooseNative = async (kind: 'files' | 'folder'): Promise<void> => {
    const paths = (await client.shell?.choosePaths(kind)) ?? null;
    if (paths !== null && paths.length > 0) await importPaths(client, paths);
  };
  const choose = (kind: 'files' | 'folder'): void => {
    if (client.shell !== null) void chooseNative(kind);
    else (kind === 'files' ? filesInput : folderInput).current?.click();
  };
  const picked = (event: ChangeEvent<HTMLInputElement>): void => {
    const files = filesOfInput(event.currentTarget.files ?? []);
    event.currentTarget.value = '';
    if (files.length > 0) void importFiles(client, files);
  };
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button leftSection={<IconUpload size={14} aria-hidden />}>Import</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPhoto size={15} aria-hidden />} onClick={() => choose('files')}>
            Choose files…
          </Menu.Item>
          <Menu.Item leftSection={<IconFolder size={15} aria-hidden />} onClick={() => choose('folder')}>
            Choose a folder…
          </Menu.Item>
          <Menu.Item leftSection={<IconServer size={15} aria-hidden />} onClick={() => setPathOpen(true)}>
            A path on this machine…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconTable size={15} aria-hidden />}
            onClick={() => navigate({ screen: 'import' })}
          >
            A table of questions…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>Or drop files and folders anywhere on the window.</Menu.Label>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconDownload size={15} aria-hidden />}
            onClick={() => navigate({ screen: 'export', snapshotId: null })}
          >
            Export…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <input
        ref={filesInput}
        type="file"
        multiple
        accept={ACCEPTED}
        hidden
        data-import="files"
        onChange={picked}
      />
      <input
        ref={(element) => {
          folderInput.current = element;
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        multiple
        hidden
        data-import="folder"
        onChange={picked}
      />
      <ImportPath opened={pathOpen} onClose={() => setPathOpen(false)} />
    </>
  );
}

function ImportPath({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const client = useClient();
  const [path, setPath] = useState('');
  const wanted = path.trim();
  return (
    <Modal opened={opened} onClose={onClose} title="Import a path on this machine">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted === '') return;
          void importPaths(client, [wanted]);
          setPath('');
          onClose();
        }}
      >
        <TextInput
          label="File or folder"
          description="On the machine where the app runs. Folders are read with everything in them; a samples.jsonl is read as samples."
          placeholder="/data/images"
          value={path}
          data-autofocus
          onChange={(event) => setPath(event.currentTarget.value)}
        />
        <Text size="xs" c="dimmed" mt="xs">
          The files themselves are not changed.
        </Text>
        <Group justify="flex-end" gap="xs" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={wanted === ''}>
            Import
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
