import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { ImportId, ReviewerId } from '../../../shared/model/ids.ts';
import type { ImportJob } from '../../../shared/model/import-job.ts';
import { newId } from '../../store/new-id.ts';
import { toStoreError } from '../../store/store-error.ts';
import type { Log } from '../../log.ts';
import { createJobState, hasEnded } from './import-job-state.ts';
import type { JobState } from './import-job-state.ts';
import { nameOfPaths } from './import-action.ts';
import { runImport } from './run-import.ts';
import type { ImportDeps } from './run-import.ts';
import { reject, scanPaths } from './scan.ts';
import type { FoundFile } from './scan.ts';
import { createUploadSession } from './upload-session.ts';
import type { UploadSession } from './upload-session.ts';

export interface ImportsService {
  /** `by` is null for what the app brings by itself; left out, the workspace's first reviewer. */
  startPaths(paths: readonly string[], by?: ReviewerId | null): ImportJob;
  beginUpload(): ImportJob;
  /** @throws StudioError not_found, conflict when the import has begun already, image_too_large, disk_full */
  receive(id: ImportId, name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  finishUpload(id: ImportId, by?: ReviewerId): ImportJob;
  /** The files of an upload, for something else than this import; they stay until `work` of `run` has ended. */
  uploadedFiles(id: ImportId): readonly FoundFile[];
  /** Runs another kind of import under an id, in turn with the others, watched and cancelled like them. */
  run(id: ImportId, work: (job: JobState, signal: AbortSignal) => Promise<void>): ImportJob;
  /** What was imported before stays. */
  cancel(id: ImportId): void;
  watch(id: ImportId, signal: AbortSignal): AsyncGenerator<ImportJob, void, void>;
  /** Resolves when the job has ended. */
  settled(id: ImportId): Promise<ImportJob>;
  close(): Promise<void>;
}

interface Import {
  readonly state: JobState;
  readonly abort: AbortController;
  readonly upload: UploadSession | null;
  work: Promise<void> | null;
}

/** Ended imports that are still remembered, so that a page that was away learns how they ended. */
const REMEMBERED = 50;

export interface ImportsDeps extends ImportDeps {
  readonly log: Log;
  /** Reads a folder that is an export of ours; false, and nothing done, for any other path. */
  readonly readExport: (path: string, job: JobState, signal: AbortSignal) => Promise<boolean>;
}

export function createImportsService(deps: ImportsDeps): ImportsService {
  const imports = new Map<ImportId, Import>();
  /** Imports run one after the other: they share a disk and a decoder. */
  let tail: Promise<void> = Promise.resolve();

  function find(id: ImportId): Import {
    const one = imports.get(id);
    if (!one)
      throw new StudioError(
        'not_found',
        'This import is not known. It may be from before the app was started.',
      );
    return one;
  }

  function create(upload: UploadSession | null, id: ImportId = newId.import()): Import {
    const one: Import = { state: createJobState(id), abort: new AbortController(), upload, work: null };
    imports.set(id, one);
    for (const [old, other] of imports) {
      if (imports.size <= REMEMBERED) break;
      if (hasEnded(other.state.get())) imports.delete(old);
    }
    return one;
  }

  function start(one: Import, run: (job: JobState, signal: AbortSignal) => Promise<void>): ImportJob {
    one.work = tail.then(() => work(one, run));
    tail = one.work;
    return one.state.get();
  }

  async function work(
    one: Import,
    run: (job: JobState, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { state, abort, upload } = one;
    try {
      await run(state, abort.signal);
      state.update((job) => ({ ...job, state: abort.signal.aborted ? 'cancelled' : 'finished' }));
    } catch (error) {
      end(one, toStoreError(error));
    } finally {
      await upload?.dispose().catch((error: unknown) => deps.log.error('upload folder not removed', error));
    }
  }

  /** Whose action an import is. */
  function importer(by: ReviewerId | null | undefined): ReviewerId | null {
    return by === undefined ? deps.workspace.reviewers.first(deps.now()).id : by;
  }

  function end({ state, abort }: Import, error: unknown): void {
    if (abort.signal.aborted) return state.update((job) => ({ ...job, state: 'cancelled' }));
    if (!isStudioError(error)) deps.log.error('import failed', error);
    const message = isStudioError(error)
      ? error.message
      : 'Something went wrong inside the app. What was imported before stays.';
    state.update((job) => ({ ...job, state: 'failed', error: message }));
  }

  return {
    startPaths: (paths, by) => {
      const one = create(null);
      return start(one, async (job, signal) => {
        const rest: string[] = [];
        for (const path of paths) if (!(await deps.readExport(path, job, signal))) rest.push(path);
        if (rest.length === 0) return;
        const from = { by: importer(by), source: nameOfPaths(rest) };
        await runImport(deps, job, await scanPaths(rest, signal), signal, from);
      });
    },
    beginUpload: () => create(createUploadSession(deps.workspace.temporaryFolder)).state.get(),
    receive: async (id, name, bytes) => {
      const { state, upload, work: begun } = find(id);
      if (upload === null || begun !== null)
        throw new StudioError('conflict', 'This import takes no more files.');
      try {
        await upload.receive(name, bytes);
      } catch (error) {
        if (isStudioError(error) && error.code === 'image_too_large') {
          state.reject([reject(name, 'too_many_bytes', error.message)]);
        }
        throw error;
      }
    },
    finishUpload: (id, by) => {
      const one = find(id);
      const { upload } = one;
      if (upload === null || one.work !== null)
        throw new StudioError('conflict', 'This import has begun already.');
      // A folder that was dropped is called by its name.
      const source = nameOfPaths(upload.files().map(({ name }) => name.split('/')[0] ?? name));
      const from = { by: importer(by), source };
      return start(one, async (job, signal) => runImport(deps, job, upload.found(), signal, from));
    },
    uploadedFiles: (id) => {
      const { upload, work: begun } = find(id);
      if (upload === null || begun !== null)
        throw new StudioError('conflict', 'This import has begun already.');
      return upload.files();
    },
    run: (id, work) => {
      const known = imports.get(id);
      if (known !== undefined && known.work !== null && !hasEnded(known.state.get()))
        return known.state.get();
      return start(known?.work === null ? known : create(null, id), work);
    },
    cancel: (id) => {
      const one = find(id);
      one.abort.abort();
      if (one.work === null) {
        one.work = Promise.resolve(one.upload?.dispose());
        one.state.update((job) => ({ ...job, state: 'cancelled' }));
      }
    },
    watch: (id, signal) => find(id).state.watch(signal),
    settled: async (id) => {
      const one = find(id);
      await one.work;
      return one.state.get();
    },
    close: async () => {
      for (const one of imports.values()) one.abort.abort();
      await tail;
    },
  };
}
