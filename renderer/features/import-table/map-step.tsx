import { Button, Group, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { ColumnMapping, TablePreview } from '../../../shared/model/table-import.ts';
import { useCall, useClient, useMutation } from '../../client/hooks.ts';
import { followImport } from '../../state/imports.ts';
import { useReviewer } from '../../state/reviewer.ts';
import { HOME, navigate } from '../../state/route.ts';
import { formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/parts.tsx';
import { CheckedRows } from './checked-rows.tsx';
import { ColumnsTable } from './columns-table.tsx';
import classes from './import-table.module.css';
import { MappingForm } from './mapping-form.tsx';
import { emptyMapping, mappingProblem } from './mapping.ts';

const FORMAT_WORDS: Readonly<Record<TablePreview['format'], string>> = {
  csv: 'CSV',
  tsv: 'tab-separated',
  jsonl: 'JSON lines',
  json: 'JSON',
  parquet: 'parquet',
  imagefolder: 'image folder',
};

/** Step two: what the columns mean, with the first rows as they would be read. */
export function MapStep({ preview, onBack }: { preview: TablePreview; onBack: () => void }) {
  const client = useClient();
  const [mapping, setMapping] = useState<ColumnMapping>(preview.proposal ?? emptyMapping(preview.columns));
  const [folder, setFolder] = useState('');
  const problem = mappingProblem(mapping);
  const input = { id: preview.id, mapping, imagesFolder: folder.trim() === '' ? null : folder.trim() };
  const checked = useCall(
    'tables.check',
    { ...input, count: 8 },
    { enabled: problem === null, keepWhileLoading: true },
  );
  const who = useReviewer();
  const start = useMutation('tables.start', {
    onSuccess: (job) => {
      followImport(client, job);
      navigate(HOME);
    },
  });
  const readable = checked.data?.some((row) => row.ok) ?? false;
  return (
    <div className={classes['scroll']}>
      <p className={classes['facts']}>
        {preview.recognised === null ? FORMAT_WORDS[preview.format] : `Recognised: ${preview.recognised}`}
        {preview.rowCount === null ? '' : ` · ${formatCount(preview.rowCount)} rows`}
        {` · ${formatCount(preview.columns.length)} columns`}
      </p>
      {preview.proposal === null ? (
        <Notice>
          <strong>The columns were not recognised.</strong> Say below which of them holds the question and
          which the images.
        </Notice>
      ) : null}
      {preview.warnings.map((warning) => (
        <Notice key={warning}>{warning}</Notice>
      ))}
      <div className={classes['columnsAndForm']}>
        <section className={classes['section']} aria-label="What the columns mean">
          <h2>What the columns mean</h2>
          <MappingForm columns={preview.columns} mapping={mapping} onChange={setMapping} />
          <TextInput
            mt="sm"
            label="Folder of the images"
            description="Only where rows name files that do not lie beside the table. Nothing outside of it is read."
            placeholder="beside the table"
            value={folder}
            onChange={(event) => setFolder(event.currentTarget.value)}
          />
        </section>
        <div className={classes['stack']}>
          <ColumnsTable columns={preview.columns} />
          <section className={classes['section']} aria-label="The first rows, as they will be read">
            <h2>The first rows, as they will be read</h2>
            {problem === null ? null : <p className={classes['quiet']}>{problem}</p>}
            {checked.error === null ? null : <ErrorNotice failure={checked.error} />}
            {checked.data === undefined || problem !== null ? null : <CheckedRows rows={checked.data} />}
          </section>
        </div>
      </div>
      {start.error === null ? null : <ErrorNotice failure={start.error} />}
      <Group justify="space-between" className={classes['actions'] ?? ''}>
        <Button variant="default" onClick={onBack}>
          Another table
        </Button>
        <Button
          disabled={problem !== null || !readable}
          loading={start.isPending}
          onClick={() => start.mutate({ ...who, ...input })}
        >
          Import {preview.rowCount === null ? 'all rows' : `${formatCount(preview.rowCount)} rows`}
        </Button>
      </Group>
    </div>
  );
}

function Notice({ children }: { children: ReactNode }) {
  return (
    <p className={classes['notice']} role="note">
      <IconAlertTriangle size={15} aria-hidden />
      <span>{children}</span>
    </p>
  );
}
