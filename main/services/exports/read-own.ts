import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../shared/contract/errors.ts';
import { RECORD_KINDS } from '../../store/records/kinds.ts';
import type { RecordKind } from '../../store/records/kinds.ts';
import { RefusedRecord } from '../../store/records/records.ts';
import type { Put, Records, WorkspaceRecord } from '../../store/records/records.ts';
import type { Workspace } from '../../store/workspace.ts';
import { fromAtif } from './atif.ts';
import { copyWhole, digestOf } from './files.ts';
import { fileOfKind, IMAGE_PATH, MANIFEST, OWN_FORMAT, THUMBNAIL_PATH } from './own-form.ts';
import { readRecordLines } from './record-lines.ts';

/** What the header of an image file says of its size, or why it is no image. */
export type ProbeImage = (
  path: string,
) => Promise<
  | { readonly ok: true; readonly width: number; readonly height: number }
  | { readonly ok: false; readonly message: string }
>;

export interface ReadDeps {
  readonly workspace: Workspace;
  readonly records: Records;
  readonly probe: ProbeImage;
  readonly signal: AbortSignal;
  readonly onRow: (row: ReadRow) => void;
  readonly onTotal: (total: number) => void;
}

/** What became of one line. */
export type ReadRow =
  | { readonly kind: 'added' | 'present'; readonly of: string }
  | { readonly kind: 'refused'; readonly name: string; readonly message: string };

const manifest = z.object({
  format: z.number().int(),
  records: z.record(z.string(), z.number().int().min(0)),
});
const MAX_MANIFEST_BYTES = 1 << 20;
/** Lines of one transaction. */
const BATCH = 200;

/** Whether a folder is an export of ours. */
export async function isOwnForm(folder: string): Promise<boolean> {
  const found = await lstat(join(folder, MANIFEST)).catch(() => null);
  return found?.isFile() === true;
}

/**
 * Reads an export into a workspace. Rows whose id is there already stay as they are, so that reading it again, or
 * after it was cut off, adds what is missing. A line that does not fit is listed, and so are those that need it.
 * @throws StudioError bad_input when the folder is no export, or one of a newer app
 */
export async function readOwnForm(deps: ReadDeps, folder: string): Promise<void> {
  const { records: counts } = await readManifest(folder);
  deps.onTotal(Object.values(counts).reduce((sum, count) => sum + count, 0));
  const digests = await readDigests(deps, folder);
  const isEmpty =
    deps.workspace.counters.total('samples') === 0 && deps.workspace.counters.total('images') === 0;
  const places = isEmpty ? null : deps.workspace.write(() => deps.workspace.counters.nextBatch());
  for (const kind of RECORD_KINDS) {
    await readKind(deps, folder, kind, { digests, batch: places });
    if (deps.signal.aborted) break;
  }
  deps.records.settle();
}

async function readManifest(folder: string): Promise<z.infer<typeof manifest>> {
  let value: unknown;
  try {
    const file = await open(join(folder, MANIFEST), 'r');
    try {
      if ((await file.stat()).size > MAX_MANIFEST_BYTES) throw new Error('too large');
      value = JSON.parse(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch {
    throw new StudioError(
      'bad_input',
      `${MANIFEST} can not be read: the folder is no export of IMAgent Studio.`,
    );
  }
  const parsed = manifest.safeParse(value);
  if (!parsed.success) throw new StudioError('bad_input', `${MANIFEST} is not one of an export.`);
  if (parsed.data.format > OWN_FORMAT) {
    throw new StudioError(
      'bad_input',
      'The export was written by a newer IMAgent Studio. Update the app; nothing was imported.',
    );
  }
  return parsed.data;
}

async function readDigests(deps: ReadDeps, folder: string): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  for await (const line of readRecordLines(join(folder, 'files.jsonl'))) {
    if (line.ok && typeof line.value['path'] === 'string' && typeof line.value['sha256'] === 'string') {
      digests.set(line.value['path'], line.value['sha256']);
    } else {
      deps.onRow({
        kind: 'refused',
        name: `files.jsonl:${line.number}`,
        message: line.ok ? 'not a file' : line.message,
      });
    }
  }
  return digests;
}

interface Reading {
  readonly digests: ReadonlyMap<string, string>;
  /** Where rows go in lists that are not empty; null keeps the places that they had. */
  readonly batch: number | null;
}

async function readKind(deps: ReadDeps, folder: string, kind: RecordKind, reading: Reading): Promise<void> {
  const file = fileOfKind(kind.name);
  let waiting: { readonly name: string; readonly record: WorkspaceRecord }[] = [];
  let index = 0;
  const flush = (): void => {
    deps.workspace.write(() => {
      for (const { name, record } of waiting) deps.onRow(told(deps, kind, name, record));
    });
    waiting = [];
  };
  for await (const line of readRecordLines(join(folder, file))) {
    if (deps.signal.aborted) break;
    const name = `${file}:${line.number}`;
    if (!line.ok) {
      deps.onRow({ kind: 'refused', name, message: line.message });
      continue;
    }
    const record = kind.name === 'episodes' ? fromAtif(line.value) : line.value;
    if (record === null) {
      deps.onRow({ kind: 'refused', name, message: 'a trajectory of another tool' });
      continue;
    }
    const problem = kind.name === 'images' ? await bringImage(deps, folder, record, reading.digests) : null;
    if (problem !== null) {
      deps.onRow({ kind: 'refused', name, message: problem });
      continue;
    }
    waiting.push({ name, record: placed(kind, record, reading.batch, index) });
    index += 1;
    if (waiting.length >= BATCH) flush();
  }
  flush();
}

/** Lists that have something in them get what comes as a batch of its own. */
function placed(
  kind: RecordKind,
  record: WorkspaceRecord,
  batch: number | null,
  index: number,
): WorkspaceRecord {
  if (batch === null || (kind.name !== 'images' && kind.name !== 'samples')) return record;
  return { ...record, place: -batch * 2 ** 24 + index };
}

function told(
  { workspace, records }: ReadDeps,
  kind: RecordKind,
  name: string,
  record: WorkspaceRecord,
): ReadRow {
  if (kind.name === 'images' && typeof record['sha256'] === 'string') {
    const known = workspace.images.findBySha256(record['sha256']);
    if (known !== null && known.image.id !== record['id']) {
      records.alias('images', String(record['id']), known.image.id);
      return { kind: 'present', of: kind.name };
    }
  }
  if (kind.name === 'agents') adoptAgent(workspace, records, record);
  const put = putWhole(records, workspace, kind, record);
  return put.kind === 'refused'
    ? { kind: 'refused', name, message: put.message }
    : { kind: put.kind, of: kind.name };
}

/**
 * An agent that is here under another id, as the demo agent is in every workspace: unused, it makes room for the one
 * that comes; used, it stands for it.
 */
function adoptAgent(workspace: Workspace, records: Records, record: WorkspaceRecord): void {
  const source = typeof record['source'] === 'string' ? record['source'] : JSON.stringify(record['source']);
  const known = workspace.agents.withSource(source);
  if (known === null || known === record['id']) return;
  if (!workspace.agents.dropUnused(known)) records.alias('agents', String(record['id']), known);
}

/** A record with all that belongs to it, or nothing of it. */
function putWhole(records: Records, workspace: Workspace, kind: RecordKind, record: WorkspaceRecord): Put {
  try {
    return workspace.database.savepoint(() => records.put(kind, record));
  } catch (error) {
    if (error instanceof RefusedRecord) return { kind: 'refused', message: error.message };
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code.startsWith('SQLITE_CONSTRAINT'))
      return { kind: 'refused', message: 'it does not fit the rest of the workspace' };
    throw error;
  }
}

/** Brings the files of an image; null when they are there. Files are checked before a row says that they exist. */
async function bringImage(
  { workspace, probe }: ReadDeps,
  folder: string,
  record: WorkspaceRecord,
  digests: ReadonlyMap<string, string>,
): Promise<string | null> {
  const { file, thumbnail, width, height } = record;
  if (typeof file !== 'string' || !IMAGE_PATH.test(file)) return 'file: not a path of an image';
  if (typeof thumbnail !== 'string' || !THUMBNAIL_PATH.test(thumbnail))
    return 'thumbnail: not a path of a thumbnail';
  for (const path of [file, thumbnail]) {
    const source = join(folder, path);
    const found = await lstat(source).catch(() => null);
    if (found?.isFile() !== true) return `${path} is missing`;
    if ((await digestOf(source)) !== digests.get(path))
      return `${path} is not what files.jsonl says: it was changed or cut off`;
    // The digest is the export's own word; what a page and the model are given must be an image of the size it says.
    const probed = await probe(source);
    if (!probed.ok) return `${path}: ${probed.message}`;
    if (path === file && (probed.width !== width || probed.height !== height))
      return `${path} is not ${String(width)}x${String(height)} pixels, as the row says`;
    const target = join(workspace.folder, path);
    if ((await lstat(target).catch(() => null)) !== null) continue;
    await mkdir(dirname(target), { recursive: true });
    await copyWhole(source, target);
  }
  return null;
}
