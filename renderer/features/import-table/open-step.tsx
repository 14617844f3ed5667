import { Button, Group, TextInput } from '@mantine/core';
import { IconFolder, IconUpload } from '@tabler/icons-react';
import { type ChangeEvent, useRef, useState } from 'react';
import type { TablePreview } from '../../../shared/model/table-import.ts';
import { toFailure, type Failure } from '../../client/failure.ts';
import { useClient } from '../../client/hooks.ts';
import { filesOfInput, type PickedFile } from '../../state/drop.ts';
import { sendFiles } from '../../state/imports.ts';
import { formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import classes from './import-table.module.css';
import { PastImports } from './past-imports.tsx';

/** Step one: which table. By a path on the host's machine, or sent from this one. */
export function OpenStep({ onOpened }: { onOpened: (preview: TablePreview) => void }) {
  const client = useClient();
  const filesInput = useRef<HTMLInputElement>(null);
  const folderInput = useRef<HTMLInputElement>(null);
  const [path, setPath] = useState('');
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);

  const attempt = async (words: string, open: () => Promise<TablePreview>): Promise<void> => {
    setBusy(words);
    setFailure(null);
    try {
      onOpened(await open());
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      setBusy(null);
    }
  };
  const openPath = (wanted: string): Promise<void> =>
    attempt('Looking into the table…', () => client.mutate('tables.open', { path: wanted }));
  const openFiles = (files: readonly PickedFile[]): Promise<void> =>
    attempt('Sending…', async () => {
      const id = await sendFiles(client, files, (sent) =>
        setBusy(`Sending: ${formatCount(sent)} of ${formatCount(files.length)}`),
      );
      setBusy('Looking into the table…');
      return await client.mutate('tables.openUpload', { id });
    });
  const picked = (event: ChangeEvent<HTMLInputElement>): void => {
    const files = filesOfInput(event.currentTarget.files ?? []);
    event.currentTarget.value = '';
    if (files.length > 0) void openFiles(files);
  };
  const choose = async (kind: 'files' | 'folder'): Promise<void> => {
    if (client.shell === null) {
      (kind === 'files' ? filesInput : folderInput).current?.click();
      return;
    }
    const [first] = (await client.shell.choosePaths(kind)) ?? [];
    if (first !== undefined) await openPath(first);
  };

  return (
    <div className={classes['scroll']}>
      <section className={classes['section']} aria-label="Choose a table">
        <form
          className={classes['pathForm']}
          onSubmit={(event) => {
            event.preventDefault();
            if (path.trim() !== '') void openPath(path.trim());
          }}
        >
          <TextInput
            className={classes['path'] ?? ''}
            label="File or folder"
            description="On the machine where the app runs. A folder may hold Hugging Face's metadata files, or images in folders that name them."
            placeholder="/data/train.parquet"
            value={path}
            onChange={(event) => setPath(event.currentTarget.value)}
          />
          <Button type="submit" disabled={path.trim() === '' || busy !== null}>
            Open
          </Button>
        </form>
        <Group gap="xs" mt="md">
          <Button
            variant="default"
            disabled={busy !== null}
            leftSection={<IconUpload size={14} aria-hidden />}
            onClick={() => void choose('files')}
          >
            Choose files…
          </Button>
          <Button
            variant="default"
            disabled={busy !== null}
            leftSection={<IconFolder size={14} aria-hidden />}
            onClick={() => void choose('folder')}
          >
            Choose a folder…
          </Button>
          <span className={classes['quiet']} role="status">
            {busy ?? 'A table alone where it holds its images; with their folder where it names them.'}
          </span>
        </Group>
        {failure === null ? null : <ErrorNotice failure={failure} />}
        <input ref={filesInput} type="file" multiple hidden data-import="table-files" onChange={picked} />
        <input
          ref={(element) => {
            folderInput.current = element;
            element?.setAttribute('webkitdirectory', '');
          }}
          type="file"
          multiple
          hidden
          data-import="table-folder"
          onChange={picked}
        />
      </section>
      <PastImports />
    </div>
  );
}
