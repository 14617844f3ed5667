import type { ImportJob } from '../../shared/model/import-job.ts';
import type { Studio } from './studio.ts';

/** Imports files and folders through the service, to the end. An abort cancels; what was imported before stays. */
export async function bringIn(
  studio: Studio,
  paths: readonly string[],
  signal: AbortSignal,
  onProgress: (job: ImportJob) => void = () => {},
): Promise<ImportJob> {
  const { id } = studio.imports.startPaths(paths);
  const cancel = (): void => studio.imports.cancel(id);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for await (const job of studio.imports.watch(id, new AbortController().signal)) {
      onProgress(job);
    }
    return await studio.imports.settled(id);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
