import type { ImportJob } from '../../../shared/model/import-job.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import { createRecords } from '../../store/records/records.ts';
import type { Workspace } from '../../store/workspace.ts';
import { isOwnForm, readOwnForm } from './read-own.ts';
import type { ProbeImage, ReadRow } from './read-own.ts';

/** What an import is followed by; the imports service has it. */
interface ShownJob {
  update(change: (job: ImportJob) => ImportJob): void;
  reject(rejections: readonly ImportJob['rejections'][number][]): void;
}

export interface OwnFormDeps {
  readonly workspace: Workspace;
  readonly probe: ProbeImage;
  readonly notify: (topic: ChangeTopic) => void;
}

/** Reads an export of ours, shown as any other import is; false where the folder is none. */
export async function readExport(
  deps: OwnFormDeps,
  folder: string,
  job: ShownJob,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await isOwnForm(folder))) return false;
  await importOwnForm(deps, folder, job, signal);
  return true;
}

async function importOwnForm(
  deps: OwnFormDeps,
  folder: string,
  job: ShownJob,
  signal: AbortSignal,
): Promise<void> {
  const { workspace, probe, notify } = deps;
  job.update((one) => ({ ...one, state: 'running' }));
  await readOwnForm(
    {
      workspace,
      records: createRecords(workspace.database),
      probe,
      signal,
      onTotal: (total) => job.update((one) => ({ ...one, total })),
      onRow: (row) => show(job, row),
    },
    folder,
  );
  for (const topic of TOPICS) notify(topic);
}

const TOPICS = [
  'images',
  'samples',
  'episodes',
  'agents',
  'reviewers',
  'reviews',
  'corrections',
  'groups',
  'views',
  'snapshots',
] as const satisfies readonly ChangeTopic[];

function show(job: ShownJob, row: ReadRow): void {
  if (row.kind === 'refused') {
    job.reject([{ name: row.name, code: 'bad_row', message: row.message }]);
    job.update((one) => ({ ...one, done: one.done + 1 }));
    return;
  }
  const added = (of: string): number => (row.kind === 'added' && row.of === of ? 1 : 0);
  job.update((one) => ({
    ...one,
    done: one.done + 1,
    importedImages: one.importedImages + added('images'),
    importedSamples: one.importedSamples + added('samples'),
    duplicates: one.duplicates + (row.kind === 'present' ? 1 : 0),
  }));
}
