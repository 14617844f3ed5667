import { isAbsolute } from 'node:path';
import type { ViewSizing } from '../../../shared/agent/tools/tool.ts';
import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { StartExportInput } from '../../../shared/contract/exports.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { ExportJob, ExportReport } from '../../../shared/model/export-job.ts';
import type { JobId } from '../../../shared/model/ids.ts';
import type { Log } from '../../log.ts';
import { openReader } from '../../store/database.ts';
import { newId } from '../../store/new-id.ts';
import { createRecords } from '../../store/records/records.ts';
import type { Workspace } from '../../store/workspace.ts';
import { makeFolder } from './files.ts';
import type { DatasetDeps } from './write-dataset.ts';
import { writeMsSwift } from './write-ms-swift.ts';
import { writeOwnForm } from './write-own.ts';
import { writeVerl } from './write-verl.ts';

export interface ExportsDeps {
  readonly workspace: Workspace;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly renderView: DatasetDeps['renderView'];
}

/** Data out. A folder is written whole or not at all, and says what it could not take along. */
export interface ExportsService {
  /** @throws StudioError bad_input for a folder that is no absolute path */
  start(input: StartExportInput): ExportJob;
  cancel(id: JobId): void;
  list(): readonly ExportJob[];
  /** Resolves when the export has ended. @throws StudioError not_found */
  settled(id: JobId): Promise<ExportJob>;
  close(): Promise<void>;
}

/** What an export writes, and how far it is. */
export type WriteExport = (
  draft: string,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
) => Promise<Omit<ExportReport, 'folder'>>;

interface Running {
  job: ExportJob;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Sides of what a Qwen2.5-VL sees are multiples of this; and the sizes that its processor sets. */
const VIEW_FACTOR = 28;
const DEFAULT_SIZING = { minPixels: 3136, maxPixels: 12_845_056, cropMinPixels: 200_704 };

const REMEMBERED = 20;
/** Shortest time between two notices of progress, in milliseconds. */
const NOTICE_MS = 200;

export function createExportsService(deps: ExportsDeps): ExportsService {
  const { workspace, notify, log } = deps;
  const exports = new Map<JobId, Running>();
  /** One after the other: they share a disk. */
  let tail: Promise<void> = Promise.resolve();

  function writerOf(input: StartExportInput): WriteExport {
    if (input.format === 'imagent') {
      return async (draft, signal, onProgress) => {
        // One state of the workspace, whatever is edited or imported meanwhile.
        const reader = openReader(workspace.database.path);
        try {
          return await writeOwnForm({ workspace, records: createRecords(reader), signal, onProgress }, draft);
        } finally {
          reader.close();
        }
      };
    }
    const { snapshotId } = input;
    const write = input.format === 'verl' ? writeVerl : writeMsSwift;
    workspace.snapshots.get(snapshotId);
    return (draft, signal, onProgress) =>
      write(
        { workspace, snapshotId, sizing: sizing(), renderView: deps.renderView, signal, onProgress },
        draft,
      );
  }

  /** As the chosen agent sees images. */
  function sizing(): ViewSizing {
    const chosen = workspace.settings.get().agentVersionId;
    const agents = workspace.agents.list();
    const agent = agents.find(({ id }) => id === chosen) ?? agents.find(({ isDemo }) => isDemo) ?? agents[0];
    return { factor: VIEW_FACTOR, ...(agent?.sizing ?? DEFAULT_SIZING) };
  }

  async function run(one: Running, folder: string, write: WriteExport): Promise<void> {
    let noticed = 0;
    const change = (part: Partial<ExportJob>): void => {
      one.job = { ...one.job, ...part };
    };
    try {
      const report = await makeFolder(folder, (draft) =>
        write(draft, one.abort.signal, (done, total) => {
          change({ done, total });
          if (performance.now() - noticed < NOTICE_MS) return;
          noticed = performance.now();
          notify('jobs');
        }),
      );
      change({ state: 'finished', done: one.job.total, report: { folder, ...report } });
    } catch (error) {
      if (one.abort.signal.aborted) change({ state: 'cancelled' });
      else {
        if (!isStudioError(error)) log.error('an export failed', error);
        const message = isStudioError(error)
          ? error.message
          : 'Something went wrong inside the app. Its log has the details.';
        change({ state: 'failed', error: message });
      }
    } finally {
      notify('jobs');
    }
  }

  function find(id: JobId): Running {
    const one = exports.get(id);
    if (!one)
      throw new StudioError(
        'not_found',
        'This export is not known. It may be from before the app was started.',
      );
    return one;
  }

  return {
    start: (input) => {
      if (!isAbsolute(input.folder)) {
        throw new StudioError('bad_input', 'Give the folder as a whole path, from the root of the disk.');
      }
      const write = writerOf(input);
      const id = newId.job();
      const job: ExportJob = {
        id,
        format: input.format,
        state: 'running',
        done: 0,
        total: 0,
        report: null,
        error: null,
      };
      const { promise: done, resolve } = Promise.withResolvers<void>();
      const one: Running = { job, abort: new AbortController(), done };
      exports.set(id, one);
      for (const [old, other] of exports) {
        if (exports.size <= REMEMBERED) break;
        if (other.job.state !== 'running') exports.delete(old);
      }
      tail = tail.then(() => run(one, input.folder, write)).then(resolve);
      notify('jobs');
      return job;
    },
    cancel: (id) => find(id).abort.abort(),
    list: () => [...exports.values()].map(({ job }) => job).toReversed(),
    settled: async (id) => {
      const one = find(id);
      await one.done;
      return one.job;
    },
    close: async () => {
      for (const { abort } of exports.values()) abort.abort();
      await tail;
    },
  };
}
