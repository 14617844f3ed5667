import { ActionIcon, Button, CopyButton, Modal, Progress } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCopy, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useClient } from '../../client/hooks.ts';
import {
  cancelImport,
  dismissImport,
  type ImportProgress,
  importsStore,
  rejectionsOf,
} from '../../state/imports.ts';
import { useStore } from '../../state/store.ts';
import { formatCount, formatPlural, rejectionWords } from '../../ui/format.ts';
import classes from './app-frame.module.css';

function title(progress: ImportProgress): string {
  if (progress.stage === 'listing') return 'Looking through the folders…';
  if (progress.stage === 'sending') return 'Sending files…';
  if (progress.stage === 'taking')
    return progress.job?.state === 'scanning' ? 'Looking through the folders…' : 'Importing…';
  if (progress.failure !== null || progress.job?.state === 'failed') return 'Import failed';
  return progress.job?.state === 'finished' ? 'Import finished' : 'Import cancelled';
}

/** Percent, or null while the whole is not known. */
function percent(progress: ImportProgress): number | null {
  if (progress.stage === 'sending')
    return progress.toSend === 0 ? null : (100 * progress.sent) / progress.toSend;
  const { job } = progress;
  return job === null || job.total === null || job.total === 0 ? null : (100 * job.done) / job.total;
}

function countLine(progress: ImportProgress): string {
  if (progress.stage === 'listing') return `${formatPlural(progress.found, 'file')} found`;
  if (progress.stage === 'sending')
    return `${formatCount(progress.sent)} of ${formatPlural(progress.toSend, 'file')}`;
  const { job } = progress;
  if (job === null) return '';
  if (progress.stage === 'taking') {
    return job.total === null
      ? `${formatCount(job.done)} looked at`
      : `${formatCount(job.done)} of ${formatCount(job.total)}`;
  }
  return [
    formatPlural(job.importedImages, 'new image'),
    job.importedSamples === 0 ? '' : formatPlural(job.importedSamples, 'new sample'),
    job.duplicates === 0 ? '' : `${formatCount(job.duplicates)} already here`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** Imports that run or have ended, in the corner. */
export function ImportPanel() {
  const imports = useStore(importsStore, (all) => all);
  return (
    <section className={classes['imports']} aria-label="Imports" aria-live="polite">
      {imports.map((progress) => (
        <ImportCard key={progress.key} progress={progress} />
      ))}
    </section>
  );
}

function ImportCard({ progress }: { progress: ImportProgress }) {
  const client = useClient();
  const [listOpen, setListOpen] = useState(false);
  const ended = progress.stage === 'ended';
  const share = percent(progress);
  const rejected = rejectionsOf(progress);
  const problem = progress.failure?.message ?? progress.job?.error ?? null;
  return (
    <div className={classes['importCard']}>
      <div className={classes['importHead']}>
        <strong>{title(progress)}</strong>
        {ended ? (
          <ActionIcon size="sm" aria-label="Close" onClick={() => dismissImport(progress.key)}>
            <IconX size={16} />
          </ActionIcon>
        ) : (
          <Button variant="default" size="compact-xs" onClick={() => void cancelImport(client, progress.key)}>
            Cancel
          </Button>
        )}
      </div>
      {ended ? null : (
        <Progress
          value={share ?? 100}
          striped={share === null}
          animated={share === null}
          size="sm"
          aria-label={title(progress)}
        />
      )}
      <div className={classes['importLine']}>{countLine(progress)}</div>
      {problem === null ? null : (
        <div className={classes['importLine']}>
          {problem} {progress.failure?.advice}
        </div>
      )}
      {rejected.count === 0 ? null : (
        <div className={classes['importActions']}>
          <Button
            variant="default"
            size="compact-xs"
            leftSection={<IconAlertTriangle size={13} color="var(--warn)" aria-hidden />}
            onClick={() => setListOpen(true)}
          >
            {formatCount(rejected.count)} not imported
          </Button>
        </div>
      )}
      <RejectedFiles progress={progress} opened={listOpen} onClose={() => setListOpen(false)} />
    </div>
  );
}

function RejectedFiles(props: { progress: ImportProgress; opened: boolean; onClose: () => void }) {
  const { shown, count } = rejectionsOf(props.progress);
  const text = shown.map((one) => `${one.name}\t${rejectionWords(one.code)}\t${one.message}`).join('\n');
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      size="xl"
      title={`Not imported: ${formatPlural(count, 'item')}`}
    >
      <table className={classes['rejected']}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" style={{ width: 160 }}>
              Reason
            </th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={`${one.name} ${one.code}`}>
              <td className={classes['rejectedName']}>{one.name}</td>
              <td>{rejectionWords(one.code)}</td>
              <td>{one.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={classes['importActions']}>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy the list'}
            </Button>
          )}
        </CopyButton>
        {shown.length < count ? (
          <span className={classes['importLine']}>The first {formatCount(shown.length)} are shown.</span>
        ) : null}
      </div>
    </Modal>
  );
}
