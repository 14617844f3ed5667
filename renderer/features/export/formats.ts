import type { ExportFormat } from '../../../shared/model/export-job.ts';
import type { Snapshot } from '../../../shared/model/snapshot.ts';

export const FORMATS: readonly {
  readonly value: ExportFormat;
  readonly label: string;
  readonly hint: string;
}[] = [
  {
    value: 'imagent',
    label: 'Everything, without loss',
    hint: 'Images, samples, episodes with every token, reviews, corrections, groups, snapshots. Imported again it is the same to the last byte. Trajectories are ATIF v1.7.',
  },
  {
    value: 'verl',
    label: 'verl',
    hint: 'The questions of a snapshot as parquet with image bytes, and all that a run on a Ray cluster needs: tools, loop, reward, template, submit script.',
  },
  {
    value: 'ms_swift',
    label: 'ms-swift',
    hint: 'The questions and demonstrations of a snapshot as JSON lines with their images and crops.',
  },
];

/** A folder beside the workspace that says what it is. A person may write another. */
export function suggestedFolder(
  workspacePath: string,
  format: ExportFormat,
  snapshot: Snapshot | null,
): string {
  const separator = workspacePath.includes('\\') ? '\\' : '/';
  const what =
    format === 'imagent'
      ? 'everything'
      : `${plainName(snapshot?.name ?? 'snapshot')}-${format.replace('_', '-')}`;
  return [workspacePath.replace(/[/\\]+$/u, ''), 'exports', what].join(separator);
}

function plainName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .toLowerCase();
  return plain === '' ? 'snapshot' : plain.slice(0, 60);
}
