import { Button, Radio, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { StartExportInput } from '../../../shared/contract/exports.ts';
import type { ExportFormat } from '../../../shared/model/export-job.ts';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { Snapshot } from '../../../shared/model/snapshot.ts';
import { useCall, useMutation } from '../../client/hooks.ts';
import { lastPlaceOn, navigate } from '../../state/route.ts';
import { formatPlural } from '../../ui/format.ts';
import { ErrorNotice, ScreenHeader } from '../../ui/parts.tsx';
import { ExportCards } from './export-cards.tsx';
import classes from './export.module.css';
import { FORMATS, suggestedFolder } from './formats.ts';

/** Data out: what, in which form, where to. */
export function ExportScreen({ snapshotId }: { snapshotId: SnapshotId | null }) {
  const snapshots = useCall('snapshots.list', undefined);
  const info = useCall('app.info', undefined).data;
  if (snapshots.data === undefined || info === undefined) {
    return snapshots.error === null ? null : (
      <ErrorNotice failure={snapshots.error} onRetry={() => void snapshots.refetch()} />
    );
  }
  return (
    <div className={classes['screen']}>
      <ScreenHeader title="Export" subtitle="Nothing leaves this machine: an export is a folder on its disk">
        <Button variant="default" onClick={() => navigate(lastPlaceOn('library'))}>
          Back to the library
        </Button>
      </ScreenHeader>
      <div className={classes['scroll']}>
        <ExportForm snapshots={snapshots.data} chosen={snapshotId} workspacePath={info.workspacePath} />
        <ExportCards />
      </div>
    </div>
  );
}

function ExportForm(props: {
  snapshots: readonly Snapshot[];
  chosen: SnapshotId | null;
  workspacePath: string;
}) {
  const { snapshots, chosen, workspacePath } = props;
  const [format, setFormat] = useState<ExportFormat>(chosen === null ? 'imagent' : 'verl');
  const [snapshotId, setSnapshotId] = useState<SnapshotId | null>(chosen ?? snapshots[0]?.id ?? null);
  const [typed, setTyped] = useState<string | null>(null);
  const snapshot = snapshots.find(({ id }) => id === snapshotId) ?? null;
  const folder = typed ?? suggestedFolder(workspacePath, format, snapshot);
  const start = useMutation('exports.start', { onSuccess: () => setTyped(null) });
  const input: StartExportInput | null =
    format === 'imagent'
      ? { format, folder: folder.trim() }
      : snapshot === null
        ? null
        : { format, folder: folder.trim(), snapshotId: snapshot.id };
  return (
    <form
      className={classes['section']}
      aria-label="New export"
      onSubmit={(event) => {
        event.preventDefault();
        if (input !== null) start.mutate(input);
      }}
    >
      <Radio.Group
        label="Form"
        value={format}
        onChange={(value) => setFormat(FORMATS.find((one) => one.value === value)?.value ?? format)}
      >
        <div className={classes['formats']}>
          {FORMATS.map(({ value, label, hint }) => (
            <Radio key={value} value={value} label={label} description={hint} />
          ))}
        </div>
      </Radio.Group>
      {format === 'imagent' ? null : (
        <Select
          label="Snapshot"
          description="An immutable version of the dataset. Take one in Snapshots first."
          data={snapshots.map(({ id, name, counts }) => ({
            value: id,
            label: `${name} (${formatPlural(counts.samples, 'sample')}, ${formatPlural(counts.demonstrations, 'demonstration')})`,
          }))}
          value={snapshotId}
          allowDeselect={false}
          placeholder="There is no snapshot yet"
          onChange={(value) => setSnapshotId(snapshots.find(({ id }) => id === value)?.id ?? null)}
        />
      )}
      <TextInput
        label="Folder"
        description="On the machine where the app runs. It must not be there yet; it appears once it is whole."
        value={folder}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {start.error === null ? null : <ErrorNotice failure={start.error} />}
      <div>
        <Button type="submit" disabled={input === null || folder.trim() === ''} loading={start.isPending}>
          Export
        </Button>
      </div>
    </form>
  );
}
