import { IconPhotoPlus } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/hooks.ts';
import type { StudioClient } from '../../client/client.ts';
import type { DropEntry } from '../../state/drop.ts';
import { importEntries, importPaths } from '../../state/imports.ts';
import classes from './app-frame.module.css';

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** Must read the transfer before it returns: the browser empties it afterwards. */
function importDrop(client: StudioClient, transfer: DataTransfer): void {
  const shell = client.shell;
  if (shell !== null) {
    const paths = [...transfer.files].map((file) => shell.pathForFile(file)).filter((path) => path !== '');
    if (paths.length > 0) void importPaths(client, paths);
    return;
  }
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length > 0) void importEntries(client, entries as readonly DropEntry[]);
}

/** Takes files and folders dropped anywhere on the window. */
export function DropZone() {
  const client = useClient();
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Entering a child fires before leaving its parent, so the two are counted.
    let depth = 0;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (event.dataTransfer !== null && carriesFiles(event)) importDrop(client, event.dataTransfer);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, [client]);
  if (!over) return null;
  return (
    <div className={classes['drop']}>
      <div className={classes['dropCard']}>
        <IconPhotoPlus size={40} stroke={1.4} aria-hidden />
        Drop to import
        <span>Images, folders of any depth, or a folder with a samples.jsonl</span>
      </div>
    </div>
  );
}
