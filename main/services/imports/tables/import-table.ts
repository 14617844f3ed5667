import { rm } from 'node:fs/promises';
import type { ChangeTopic } from '../../../../shared/contract/procedures.ts';
import type { ReviewerId } from '../../../../shared/model/ids.ts';
import type { Rejection } from '../../../../shared/model/import-job.ts';
import type { SampleDraft } from '../../../../shared/model/sample.ts';
import { placeInBatch } from '../../../store/repositories/page.ts';
import type { StoredImage } from '../../../store/repositories/images.ts';
import type { StoredTableImport, TableProgress } from '../../../store/repositories/table-imports.ts';
import type { JobState } from '../import-job-state.ts';
import { createImportAction } from '../import-action.ts';
import { fingerprintOf } from '../sample-row.ts';
import { reject } from '../scan.ts';
import type { FoundFile } from '../scan.ts';
import { takeImage } from '../take-image.ts';
import type { TakeImageDeps, TakenImage } from '../take-image.ts';
import { imagePlaces } from './image-places.ts';
import type { ImagePlaces } from './image-places.ts';
import type { ReadRow, RowImage, TableAnswers, TableRequest, TableSource } from './table-messages.ts';

export interface ImportTableDeps extends Omit<TakeImageDeps, 'write'> {
  readonly notify: (topic: ChangeTopic) => void;
  readonly read: (request: Extract<TableRequest, { op: 'read' }>) => Promise<TableAnswers['read']>;
}

/** Rows that are read at once: their images wait in files. */
const BATCH = 8;
/** Rows after which the lists of open pages are told to read again. */
const NOTICE_EVERY = 25;
/** Images that are remembered by their path, so that rows that share one take it once. */
const REMEMBERED_IMAGES = 50_000;

interface Run {
  readonly deps: ImportTableDeps & TakeImageDeps;
  readonly stored: StoredTableImport;
  readonly job: JobState;
  readonly places: ImagePlaces;
  readonly seen: Map<string, TakenImage>;
  progress: TableProgress;
}

/**
 * Imports the rows of a table from where it was left. A row is there whole or not at all, and how far the import is
 * stands in the same transaction, so that one that is cut off goes on with the next row.
 * @throws what makes going on useless: a full disk, a table that can't be read any more
 */
export async function importTable(
  deps: ImportTableDeps,
  stored: StoredTableImport,
  job: JobState,
  signal: AbortSignal,
  by: ReviewerId,
): Promise<void> {
  const source = stored.source as TableSource;
  const places = await imagePlaces(source, stored.imagesFolder);
  const action = createImportAction(deps, stored.batch, { by, source: stored.name });
  const run: Run = {
    deps: { ...deps, write: (change) => action.write(change) },
    stored,
    job,
    places,
    seen: new Map(),
    progress: { ...stored.progress, state: 'running' },
  };
  show(run);
  try {
    await readRows(run, source, signal);
    save(run, { state: signal.aborted ? 'cancelled' : 'finished' });
  } catch (error) {
    save(run, { state: signal.aborted ? 'cancelled' : 'failed' });
    throw error;
  } finally {
    // The samples of all of its parts; images are counted since it was last begun.
    action.ended(job.get());
    deps.notify('images');
    deps.notify('samples');
  }
}

async function readRows(run: Run, source: TableSource, signal: AbortSignal): Promise<void> {
  const { deps, stored } = run;
  for (;;) {
    const { rows, end } = await deps.read({
      op: 'read',
      source,
      mapping: stored.mapping,
      from: run.progress.done,
      count: BATCH,
      folder: deps.workspace.temporaryFolder,
    });
    for (const [at, row] of rows.entries()) {
      if (signal.aborted) {
        await Promise.all(rows.slice(at).map(dropFiles));
        return;
      }
      await importRow(run, row);
      await dropFiles(row);
    }
    if (end) return;
  }
}

async function dropFiles(row: ReadRow): Promise<void> {
  if (!row.ok) return;
  for (const image of row.images) if (image.kind === 'file') await rm(image.path, { force: true });
}

async function importRow(run: Run, row: ReadRow): Promise<void> {
  const name = `${run.stored.name}:${row.number}`;
  const { done } = run.progress;
  if (!row.ok) return rejectRow(run, reject(name, 'bad_row', row.message));
  const images: StoredImage[] = [];
  for (const [at, image] of row.images.entries()) {
    const taken = await takeOnce(run, image, `${name}-${at + 1}`);
    if (!taken.ok) return rejectRow(run, { ...taken.rejection, name });
    images.push(taken.image);
  }
  const draft: SampleDraft = { ...row.row, imageIds: images.map(({ id }) => id) };
  const fingerprint = fingerprintOf(
    { ...draft, answer_kind: draft.answerKind },
    images.map(({ sha256 }) => sha256),
  );
  const { workspace, now, write } = run.deps;
  write(() => {
    const place = placeInBatch(run.stored.batch, done);
    const added = workspace.samples.addImported(draft, place, now(), fingerprint);
    save(run, {
      done: done + 1,
      importedSamples: run.progress.importedSamples + (added === null ? 0 : 1),
      duplicates: run.progress.duplicates + (added === null ? 1 : 0),
    });
  });
  if (run.progress.done % NOTICE_EVERY === 0) run.deps.notify('samples');
}

function rejectRow(run: Run, rejection: Rejection): void {
  run.job.reject([rejection]);
  save(run, { done: run.progress.done + 1, rejectedCount: run.progress.rejectedCount + 1 });
}

async function takeOnce(run: Run, image: RowImage, name: string): Promise<TakenImage> {
  const known = image.kind === 'path' ? run.seen.get(image.path) : undefined;
  if (known !== undefined) return known;
  const found = await fileOf(run, image, name);
  if (!found.ok) return { ok: false, rejection: found.rejection };
  const position = { batch: run.stored.batch, index: run.progress.done * 32 + (run.seen.size % 32) };
  const taken = await takeImage(run.deps, found.file, position);
  if (image.kind === 'path' && run.seen.size < REMEMBERED_IMAGES) run.seen.set(image.path, taken);
  if (taken.ok && taken.isNew) run.job.update((one) => ({ ...one, importedImages: one.importedImages + 1 }));
  return taken;
}

async function fileOf(
  run: Run,
  image: RowImage,
  name: string,
): Promise<
  { readonly ok: true; readonly file: FoundFile } | { readonly ok: false; readonly rejection: Rejection }
> {
  if (image.kind === 'file') return { ok: true, file: { name, path: image.path } };
  const resolved = await run.places.resolve(image.path);
  if (resolved.ok) return resolved;
  return { ok: false, rejection: reject(name, resolved.code, `${image.path}: ${resolved.message}`) };
}

function save(run: Run, change: Partial<TableProgress>): void {
  run.progress = { ...run.progress, ...change };
  run.deps.workspace.tableImports.progress(run.stored.id, run.progress);
  show(run);
}

function show({ job, progress }: Run): void {
  job.update((one) => ({
    ...one,
    state: 'running',
    total: progress.total,
    done: progress.done,
    importedSamples: progress.importedSamples,
    duplicates: progress.duplicates,
    rejectedCount: progress.rejectedCount,
  }));
}
