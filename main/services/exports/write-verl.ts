import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ExportReport } from '../../../shared/model/export-job.ts';
import type { SnapshotSample } from '../../../shared/model/snapshot.ts';
import { countMarks, holdsMark, promptMessages } from './chat.ts';
import type { ChatMessage } from './chat.ts';
import { writeVerlBundle } from './verl-bundle.ts';
import { VERL_FEATURES, VERL_SCHEMA } from './verl-schema.ts';
import { createLosses, datasetLosses, imageFile, imagesOf } from './write-dataset.ts';
import type { DatasetDeps, Losses } from './write-dataset.ts';

interface VerlRow {
  readonly data_source: string;
  readonly prompt: readonly ChatMessage[];
  readonly images: readonly { readonly bytes: Uint8Array; readonly path: string }[];
  readonly ability: string;
  readonly reward_model: { readonly style: string; readonly ground_truth: string };
  readonly extra_info: Readonly<Record<string, unknown>>;
}

/** A reader loads a whole row group to get one image. */
const ROWS_PER_GROUP = 16;
const FILES = { train: 'train.parquet', validation: 'val.parquet', test: 'test.parquet' } as const;

/** Writes the questions of a snapshot as verl's tables, a file a split, with all that a run needs; reads them again. */
export async function writeVerl(deps: DatasetDeps, folder: string): Promise<Omit<ExportReport, 'folder'>> {
  const { workspace, snapshotId } = deps;
  const losses = createLosses();
  const total = workspace.snapshots.get(snapshotId).counts.samples;
  const tables = new Map<string, Table>();
  let done = 0;
  for (const sample of workspace.snapshots.samples(snapshotId)) {
    deps.signal.throwIfAborted();
    const name = FILES[sample.split === 'none' ? 'train' : sample.split];
    const table = tables.get(name) ?? createTable(join(folder, name));
    tables.set(name, table);
    const row = await rowOf(deps, sample, table.rows, losses);
    if (row !== null) await table.add(row);
    done += 1;
    deps.onProgress(done, total);
  }
  for (const demonstration of workspace.snapshots.demonstrations(snapshotId)) {
    losses.add(
      'demonstrations',
      `A table of questions has no place for turns (${demonstration.source.kind}).`,
    );
  }
  datasetLosses(deps, losses);
  await writeVerlBundle(folder, deps.sizing);
  const files: { readonly name: string; readonly rows: number }[] = [];
  const checked: string[] = [];
  let images = 0;
  for (const [name, table] of tables) {
    await table.end();
    images += await checkTable(join(folder, name), table);
    files.push({ name, rows: table.rows });
    checked.push(`${name}: ${table.rows} rows read back, every image with the digest that went in.`);
  }
  return { files, images, losses: losses.list(), checked };
}

async function rowOf(
  deps: DatasetDeps,
  sample: SnapshotSample,
  index: number,
  losses: Losses,
): Promise<VerlRow | null> {
  const [answer] = sample.answers;
  if (answer === undefined) {
    losses.add('samples', 'There is no reference answer, so there is nothing to reward.');
    return null;
  }
  const stored = imagesOf(deps, sample);
  const images = await Promise.all(
    stored.map(async (image) => ({ bytes: await readFile(imageFile(deps, image)), path: image.name })),
  ).catch(() => null);
  if (images === null || images.length !== sample.images.length) {
    losses.add('samples', 'An image file is missing.');
    return null;
  }
  if (holdsMark(sample)) losses.add('questions', 'A literal <image> in the text was written as < image>.');
  const prompt = promptMessages(sample, true);
  if (countMarks(prompt) !== images.length) throw new Error(`${sample.id}: marks and images differ`);
  const split = sample.split === 'none' ? 'train' : sample.split;
  return {
    data_source: 'imagent_studio',
    prompt,
    images,
    ability: 'multi_image_vqa',
    reward_model: { style: 'rule', ground_truth: answer },
    extra_info: {
      split,
      index,
      question: sample.question,
      answer,
      answers: sample.answers,
      answer_kind: sample.answerKind,
      choices: sample.choices ?? [],
      tolerance: sample.tolerance ?? null,
      sample_id: sample.id,
      need_tools_kwargs: false,
    },
  };
}

interface Table {
  readonly rows: number;
  /** Digests of all images, in order. */
  readonly digests: readonly string[];
  add(row: VerlRow): Promise<void>;
  end(): Promise<void>;
}

function createTable(path: string): Table {
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: VERL_SCHEMA,
    kvMetadata: [{ key: 'huggingface', value: VERL_FEATURES }],
    // Statistics of pictures are of no use and as large as they are.
    statistics: false,
  });
  const digests: string[] = [];
  let waiting: VerlRow[] = [];
  let rows = 0;
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const names = ['data_source', 'prompt', 'images', 'ability', 'reward_model', 'extra_info'] as const;
    await writer.write({
      columnData: names.map((name) => ({ name, data: waiting.map((row) => row[name]) })),
      rowGroupSize: ROWS_PER_GROUP,
    });
    waiting = [];
  };
  return {
    get rows() {
      return rows;
    },
    digests,
    add: async (row) => {
      waiting.push(row);
      rows += 1;
      for (const { bytes } of row.images) digests.push(digestOf(bytes));
      if (waiting.length >= ROWS_PER_GROUP) await flush();
    },
    end: async () => {
      await flush();
      await writer.finish();
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @returns the images that were found. @throws StudioError when the file does not hold what was written */
async function checkTable(path: string, table: Table): Promise<number> {
  const file = await asyncBufferFromFile(path);
  const digests: string[] = [];
  for (let rowStart = 0; rowStart < table.rows; rowStart += ROWS_PER_GROUP) {
    const rowEnd = Math.min(table.rows, rowStart + ROWS_PER_GROUP);
    const rows = await parquetReadObjects({ file, rowStart, rowEnd, utf8: false });
    for (const row of rows) {
      const images = row['images'] as readonly { readonly bytes: Uint8Array }[];
      const marks = countMarks(row['prompt'] as readonly ChatMessage[]);
      if (marks !== images.length) throw unlike(path);
      for (const { bytes } of images) digests.push(digestOf(bytes));
    }
  }
  if (digests.join() !== table.digests.join()) throw unlike(path);
  return digests.length;
}

function unlike(path: string): StudioError {
  return new StudioError(
    'disk_full',
    `${path} does not hold what was written. Check the disk, then export again; nothing was left behind.`,
  );
}
