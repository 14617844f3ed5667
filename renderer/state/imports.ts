import type { StudioClient } from '../client/client.ts';
import { type Failure, failureOf, toFailure } from '../client/failure.ts';
import { z } from 'zod';
import { UPLOAD_PATH } from '../../shared/contract/assets.ts';
import { type ErrorCode, errorCode } from '../../shared/contract/errors.ts';
import type { ImportId } from '../../shared/model/ids.ts';
import type { ImportJob, Rejection } from '../../shared/model/import-job.ts';
import { type CollectedFiles, collectEntries, type DropEntry, type PickedFile } from './drop.ts';
import { currentReviewer } from './reviewer.ts';
import { createStore, type Store } from './store.ts';

/** An import as the page follows it: files are listed, sent (in a browser), then taken in by the host. */
export interface ImportProgress {
  readonly key: number;
  readonly stage: 'listing' | 'sending' | 'taking' | 'ended';
  /** Files found so far, while a dropped folder is listed. */
  readonly found: number;
  readonly sent: number;
  readonly toSend: number;
  readonly job: ImportJob | null;
  /** Files that never reached the host. */
  readonly unsent: readonly Rejection[];
  readonly failure: Failure | null;
}

const store = createStore<readonly ImportProgress[]>([]);
export const importsStore: Store<readonly ImportProgress[]> = store;

const controllers = new Map<number, AbortController>();
let lastKey = 0;

const FRESH: Omit<ImportProgress, 'key'> = {
  stage: 'listing',
  found: 0,
  sent: 0,
  toSend: 0,
  job: null,
  unsent: [],
  failure: null,
};

function begin(): number {
  lastKey += 1;
  const key = lastKey;
  controllers.set(key, new AbortController());
  store.set((all) => [...all, { ...FRESH, key }]);
  return key;
}

function change(key: number, part: Partial<ImportProgress>): void {
  store.set((all) => all.map((one) => (one.key === key ? { ...one, ...part } : one)));
}

function isOver(job: ImportJob): boolean {
  return job.state === 'finished' || job.state === 'cancelled' || job.state === 'failed';
}

function follow(client: StudioClient, key: number, job: ImportJob): void {
  change(key, { job, ...(isOver(job) ? { stage: 'ended' as const } : {}) });
  if (isOver(job)) return;
  const stop = client.subscribe(
    'imports.watch',
    { id: job.id },
    {
      onValue: (now) => {
        change(key, { job: now, ...(isOver(now) ? { stage: 'ended' as const } : {}) });
        if (isOver(now)) stop();
      },
      onFailure: (failure) => change(key, { stage: 'ended', failure }),
    },
  );
}

/** Imports files and folders of the machine that the host runs on. */
export async function importPaths(client: StudioClient, paths: readonly string[]): Promise<void> {
  const key = begin();
  try {
    const job = await client.mutate('imports.startPaths', { ...currentReviewer(), paths: [...paths] });
    change(key, { stage: 'taking' });
    follow(client, key, job);
  } catch (error) {
    change(key, { stage: 'ended', failure: toFailure(error) });
  }
}

/** Imports what was dropped: every file of every folder, sent to the host one by one. */
export async function importEntries(client: StudioClient, entries: readonly DropEntry[]): Promise<void> {
  const key = begin();
  try {
    const collected = await collectEntries(entries, (found) => change(key, { found }));
    await send(client, key, collected);
  } catch (error) {
    change(key, { stage: 'ended', failure: toFailure(error) });
  }
}

/** Imports files that were chosen in a file dialog of the browser. */
export async function importFiles(client: StudioClient, files: readonly PickedFile[]): Promise<void> {
  const key = begin();
  try {
    await send(client, key, { files, unreadable: [] });
  } catch (error) {
    change(key, { stage: 'ended', failure: toFailure(error) });
  }
}

const SENDERS = 3;

async function send(client: StudioClient, key: number, collected: CollectedFiles): Promise<void> {
  const unsent: Rejection[] = collected.unreadable.map((name) => ({
    name,
    code: 'unreadable',
    message: 'The browser could not read it.',
  }));
  if (collected.files.length === 0) {
    const failure: Failure = {
      code: 'bad_input',
      message: 'There are no files in what you chose.',
      advice: 'Choose images, or a folder that has some.',
    };
    change(key, { stage: 'ended', unsent, failure });
    return;
  }
  const signal = controllers.get(key)?.signal ?? null;
  change(key, { stage: 'sending', toSend: collected.files.length, unsent });
  const begun = await client.mutate('imports.beginUpload', undefined as never);
  follow(client, key, begun);
  let sent = 0;
  const queue = collected.files.values();
  const sender = async (): Promise<void> => {
    for (const picked of queue) {
      if (signal?.aborted === true) return;
      const problem = await sendOne(begun.id, picked, signal);
      sent += 1;
      if (problem !== null) unsent.push(problem);
      change(key, { sent, ...(problem === null ? {} : { unsent: [...unsent] }) });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  if (signal?.aborted === true) return;
  change(key, { stage: 'taking' });
  // How it goes on is told by the stream that `follow` listens to.
  await client.mutate('imports.finishUpload', { ...currentReviewer(), id: begun.id });
}

/** Shows an import that was begun elsewhere, such as that of a table, among the others. */
export function followImport(client: StudioClient, job: ImportJob): void {
  const key = begin();
  change(key, { stage: 'taking' });
  follow(client, key, job);
}

/**
 * Sends files to the host and leaves them there, for something else than importing them as they are.
 * @throws Failure when one of them did not arrive
 */
export async function sendFiles(
  client: StudioClient,
  files: readonly PickedFile[],
  onSent: (count: number) => void,
): Promise<ImportId> {
  const { id } = await client.mutate('imports.beginUpload', undefined as never);
  for (const [at, picked] of files.entries()) {
    const problem = await sendOne(id, picked, null);
    // oxlint-disable-next-line typescript/only-throw-error
    if (problem !== null) throw failureOf('path_unreadable', `${problem.name}: ${problem.message}`);
    onSent(at + 1);
  }
  return id;
}

/** Codes after which no other file would get through either. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['disk_full', 'not_found', 'conflict', 'unauthorized']);

const refusal = z.object({ code: errorCode, message: z.string() });

/** What the host said in refusing a file. */
async function refusalOf(response: Response): Promise<{ code: ErrorCode; message: string }> {
  const body: unknown = await response.json().catch(() => null);
  const parsed = refusal.safeParse(body);
  return parsed.success ? parsed.data : { code: 'internal', message: 'The app could not take it in.' };
}

/**
 * @returns what to list; null for a file that arrived, or that the host lists itself (too large).
 * @throws Failure where no other file would get through either.
 */
async function sendOne(
  id: ImportId,
  picked: PickedFile,
  signal: AbortSignal | null,
): Promise<Rejection | null> {
  const address = `${UPLOAD_PATH}${id}?name=${encodeURIComponent(picked.path)}`;
  const unsent = (message: string): Rejection => ({ name: picked.path, code: 'unreadable', message });
  let response: Response;
  try {
    response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: picked.file,
      signal,
    });
  } catch {
    if (signal?.aborted === true) return null;
    return unsent('It could not be read, or the connection was lost.');
  }
  if (response.ok) return null;
  const { code, message } = await refusalOf(response);
  if (signal?.aborted === true || code === 'image_too_large') return null;
  // oxlint-disable-next-line typescript/only-throw-error
  if (ENDING.has(code)) throw failureOf(code, message);
  return unsent(message);
}

/** Stops an import. What is in stays in. */
export async function cancelImport(client: StudioClient, key: number): Promise<void> {
  controllers.get(key)?.abort();
  const job = store.get().find((one) => one.key === key)?.job ?? null;
  if (job === null) {
    change(key, { stage: 'ended' });
    return;
  }
  try {
    await client.mutate('imports.cancel', { id: job.id });
    change(key, { stage: 'ended' });
  } catch (error) {
    change(key, { stage: 'ended', failure: toFailure(error) });
  }
}

/** Takes an ended import off the screen. */
export function dismissImport(key: number): void {
  controllers.delete(key);
  store.set((all) => all.filter((one) => one.key !== key));
}

/** Everything that was not taken, from both ends; the host sends only the first of many. */
export function rejectionsOf(progress: ImportProgress): {
  readonly shown: readonly Rejection[];
  readonly count: number;
} {
  const shown = [...progress.unsent, ...(progress.job?.rejections ?? [])];
  return { shown, count: progress.unsent.length + (progress.job?.rejectedCount ?? 0) };
}
