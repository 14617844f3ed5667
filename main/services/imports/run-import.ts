import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { ImageId } from '../../../shared/model/ids.ts';
import type { Rejection } from '../../../shared/model/import-job.ts';
import type { StoredImage } from '../../store/repositories/images.ts';
import { placeInBatch } from '../../store/repositories/page.ts';
import type { JobState } from './import-job-state.ts';
import { countJsonLines, readJsonLines } from '../json-lines.ts';
import type { JsonLine } from '../json-lines.ts';
import { isIncoming } from './image-preparer.ts';
import { createImportAction } from './import-action.ts';
import type { ImportedBy } from './import-action.ts';
import { listImages } from './list-images.ts';
import type { Listed } from './list-images.ts';
import { describeIssues, fingerprintOf, sampleRowFile, toDraft } from './sample-row.ts';
import { reject } from './scan.ts';
import type { FoundFile, FoundSamples, ScanResult } from './scan.ts';
import { takeImage } from './take-image.ts';
import type { TakeImageDeps, TakenImage } from './take-image.ts';

export interface ImportDeps extends Omit<TakeImageDeps, 'write'> {
  readonly notify: (topic: ChangeTopic) => void;
}

/** Rows after which the lists of open pages are told to read again. */
const NOTICE_EVERY = 25;
/** Files whose headers are read in one go, and whose rows are written together. */
const LISTED_AT_ONCE = 128;

/** What one run remembers. */
interface Run {
  readonly deps: ImportDeps & TakeImageDeps;
  readonly job: JobState;
  readonly signal: AbortSignal;
  readonly batch: number;
  /** Files of this run that were looked at: many samples may share an image. */
  readonly seen: Map<string, TakenImage>;
  nextImage: number;
  nextSample: number;
}

/**
 * Imports what a scan found: samples files first, with their images, then the images that no sample named. An
 * item that can't be taken is listed and the rest goes on.
 * @throws what makes going on useless: a full disk, a damaged workspace
 */
export async function runImport(
  deps: ImportDeps,
  job: JobState,
  found: ScanResult,
  signal: AbortSignal,
  by: ImportedBy,
): Promise<void> {
  job.reject(found.rejections);
  const rows = await countRows(found.samples);
  job.update((one) => ({ ...one, state: 'running', total: rows + found.images.length }));
  const batch = deps.workspace.counters.nextBatch();
  const action = createImportAction(deps, batch, by);
  const taking: Run['deps'] = { ...deps, write: (change) => action.write(change) };
  const run: Run = { deps: taking, job, signal, batch, seen: new Map(), nextImage: 0, nextSample: 0 };
  try {
    for (const samples of found.samples) await importSamples(run, samples);
    await importImages(run, found.images);
  } finally {
    action.ended(job.get());
    deps.notify('images');
    if (run.nextSample > 0) deps.notify('samples');
  }
}

/**
 * Images that no sample named: listed by their headers first, all of them, so that the library can be worked in; then
 * looked at one by one.
 */
async function importImages(run: Run, files: readonly FoundFile[]): Promise<void> {
  const { deps, job, signal } = run;
  const fresh: { readonly file: FoundFile; readonly listed: Extract<Listed, { ok: true }> }[] = [];
  for (let from = 0; from < files.length && !signal.aborted; from += LISTED_AT_ONCE) {
    const part = files.slice(from, from + LISTED_AT_ONCE);
    // Those that a sample named were taken with it.
    const open = part.filter(({ path }) => !run.seen.has(path));
    for (const { path } of part) countSeen(run, run.seen.get(path));
    const listed = await listImages(deps, open, { batch: run.batch, index: run.nextImage });
    run.nextImage += open.length;
    for (const [at, one] of listed.entries()) {
      const file = open[at];
      if (file !== undefined && one.ok && isIncoming(one.image)) fresh.push({ file, listed: one });
      else advance(run);
      countListed(run, one);
    }
    deps.notify('images');
  }
  const troubles = new Map<ImageId, Rejection | null>();
  for (const { file, listed } of fresh) {
    if (signal.aborted) break;
    const { image, isNew } = listed;
    // Two files with the same content are looked at once.
    const known = troubles.get(image.id);
    const trouble = known === undefined ? await deps.prepared(image) : known;
    troubles.set(image.id, trouble);
    if (trouble !== null) {
      job.reject([{ ...trouble, name: file.name }]);
      const which = isNew ? 'importedImages' : 'duplicates';
      job.update((one) => ({ ...one, [which]: one[which] - 1 }));
    }
    advance(run);
  }
}

function countListed({ job }: Run, listed: Listed): void {
  if (!listed.ok) return job.reject([listed.rejection]);
  job.update((one) => ({
    ...one,
    importedImages: one.importedImages + (listed.isNew ? 1 : 0),
    duplicates: one.duplicates + (listed.isNew ? 0 : 1),
  }));
}

/** An image of the folder that a sample of it named: it was counted, and listed where it was refused. */
function countSeen(run: Run, taken: TakenImage | undefined): void {
  if (taken === undefined) return;
  if (!taken.ok && !alreadyListed(run, taken.rejection)) run.job.reject([taken.rejection]);
  advance(run);
}

async function countRows(files: readonly FoundSamples[]): Promise<number> {
  let rows = 0;
  for (const { path } of files) rows += await countJsonLines(path).catch(() => 0);
  return rows;
}

function alreadyListed(run: Run, rejection: Rejection): boolean {
  return run.job.get().rejections.some((one) => one.name === rejection.name && one.code === rejection.code);
}

function advance(run: Run): void {
  run.job.update((one) => ({ ...one, done: one.done + 1 }));
  if (run.job.get().done % NOTICE_EVERY !== 0) return;
  run.deps.notify('images');
  if (run.nextSample > 0) run.deps.notify('samples');
}

async function imageOnce(run: Run, file: FoundFile): Promise<TakenImage> {
  const before = run.seen.get(file.path);
  if (before !== undefined) return before;
  const taken = await takeImage(run.deps, file, { batch: run.batch, index: run.nextImage });
  run.seen.set(file.path, taken);
  run.nextImage += 1;
  if (taken.ok) {
    run.job.update((one) => ({
      ...one,
      importedImages: one.importedImages + (taken.isNew ? 1 : 0),
      duplicates: one.duplicates + (taken.isNew ? 0 : 1),
    }));
  }
  return taken;
}

async function importSamples(run: Run, samples: FoundSamples): Promise<void> {
  try {
    for await (const line of readJsonLines(samples.path)) {
      if (run.signal.aborted) return;
      const rejection = await importRow(run, samples, line);
      if (rejection !== null) run.job.reject([rejection]);
      advance(run);
    }
  } catch (error) {
    if (!isReadFailure(error)) throw error;
    run.job.reject([reject(samples.name, 'unreadable', 'The file could not be read to its end.')]);
  }
}

function isReadFailure(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && /^E(ACCES|PERM|NOENT|IO|ISDIR)$/.test(String(error.code))
  );
}

async function importRow(run: Run, samples: FoundSamples, line: JsonLine): Promise<Rejection | null> {
  const name = `${samples.name}:${line.number}`;
  if (!line.ok) return reject(name, 'bad_row', line.message);
  const row = sampleRowFile.safeParse(line.value);
  if (!row.success) return reject(name, 'bad_row', describeIssues(row.error));
  const images: StoredImage[] = [];
  for (const imagePath of row.data.images) {
    const resolved = await samples.resolve(imagePath);
    if (!resolved.ok) return reject(name, resolved.code, `${imagePath}: ${resolved.message}`);
    const taken = await imageOnce(run, resolved.file);
    if (!taken.ok) return reject(name, taken.rejection.code, `${imagePath}: ${taken.rejection.message}`);
    images.push(taken.image);
  }
  const draft = toDraft(
    row.data,
    images.map(({ id }) => id),
  );
  const fingerprint = fingerprintOf(
    { ...draft, answer_kind: draft.answerKind },
    images.map(({ sha256 }) => sha256),
  );
  const place = placeInBatch(run.batch, run.nextSample);
  const { workspace, now, write } = run.deps;
  const added = write(() => workspace.samples.addImported(draft, place, now(), fingerprint));
  run.nextSample += 1;
  run.job.update((one) => ({
    ...one,
    importedSamples: one.importedSamples + (added === null ? 0 : 1),
    duplicates: one.duplicates + (added === null ? 1 : 0),
  }));
  return null;
}
