import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ExportReport } from '../../../shared/model/export-job.ts';
import type { SampleId } from '../../../shared/model/ids.ts';
import type { SnapshotImage, SnapshotSample } from '../../../shared/model/snapshot.ts';
import { viewSource } from '../../agent/views.ts';
import { countMarks, demonstrationChat, holdsMark, promptMessages } from './chat.ts';
import type { ChatMessage } from './chat.ts';
import { copyWhole, writeLines, writeWhole } from './files.ts';
import { readRecordLines } from './record-lines.ts';
import { createLosses, datasetLosses, imageFile, imagesOf } from './write-dataset.ts';
import type { DatasetDeps, Losses } from './write-dataset.ts';

const README = `Rows for ms-swift, exported by IMAgent Studio.

sft.jsonl    demonstrations, turn by turn: swift sft --dataset sft.jsonl. A turn with "loss": false carries none.
grpo.jsonl   questions with "solution" and the columns that a reward function gets: swift rlhf --rlhf_type grpo.
images/      every image that a row names, relative to this folder: start swift here, or set ROOT_IMAGE_DIR.

A tool's result is a user turn with <tool_response>: the same text that the agent reads in the app.
`;

interface Writing {
  readonly deps: DatasetDeps;
  readonly folder: string;
  readonly losses: Losses;
  /** Names in images/ that are there already. */
  readonly written: Set<string>;
}

/** Writes the demonstrations and the questions of a snapshot as ms-swift's rows, and reads them again. */
export async function writeMsSwift(deps: DatasetDeps, folder: string): Promise<Omit<ExportReport, 'folder'>> {
  const { workspace, snapshotId } = deps;
  const writing: Writing = { deps, folder, losses: createLosses(), written: new Set() };
  const { counts } = workspace.snapshots.get(snapshotId);
  const total = counts.samples + counts.demonstrations;
  let done = 0;
  const step = (): void => {
    deps.signal.throwIfAborted();
    done += 1;
    deps.onProgress(done, total);
  };
  const grpo = await writeLines(join(folder, 'grpo.jsonl'));
  for (const sample of workspace.snapshots.samples(snapshotId)) {
    const row = await questionRow(writing, sample);
    if (row !== null) await grpo.write(row);
    step();
  }
  const sft = await writeLines(join(folder, 'sft.jsonl'));
  for (const demonstration of workspace.snapshots.demonstrations(snapshotId)) {
    const row = await demonstrationRow(writing, demonstration.sampleId, demonstration);
    if (row !== null) await sft.write(row);
    step();
  }
  datasetLosses(deps, writing.losses);
  const files = [
    { name: 'grpo.jsonl', rows: await grpo.end() },
    { name: 'sft.jsonl', rows: await sft.end() },
  ];
  await writeWhole(join(folder, 'README.txt'), README);
  const checked: string[] = [];
  for (const { name, rows } of files) checked.push(await checkRows(folder, name, rows));
  return { files, images: writing.written.size, losses: writing.losses.list(), checked };
}

async function questionRow(writing: Writing, sample: SnapshotSample): Promise<unknown> {
  const { deps, losses } = writing;
  const [solution] = sample.answers;
  if (solution === undefined) {
    losses.add('samples', 'There is no reference answer, so there is nothing to reward.');
    return null;
  }
  const images = await copyImages(writing, sample);
  if (images === null) return null;
  if (holdsMark(sample)) losses.add('questions', 'A literal <image> in the text was written as < image>.');
  if (sample.split === 'test')
    losses.add('samples', 'They are of the test split: they are in the file, with their split.');
  const { answers, answerKind, choices, kind, split, tolerance } = sample;
  return {
    messages: promptMessages(sample, true),
    images: images.map(({ path }) => path),
    solution,
    answers,
    answer_kind: answerKind,
    ...(tolerance === undefined ? {} : { tolerance }),
    choices,
    kind,
    split,
    sample_id: sample.id,
    snapshot_id: deps.snapshotId,
  };
}

async function demonstrationRow(
  writing: Writing,
  sampleId: SampleId,
  demonstration: Parameters<typeof demonstrationChat>[2],
): Promise<unknown> {
  const { deps, losses } = writing;
  const sample = deps.workspace.snapshots.sampleIn(deps.snapshotId, sampleId);
  if (sample === null) {
    losses.add('demonstrations', 'Their sample is not in the snapshot.');
    return null;
  }
  const inputs = await copyImages(writing, sample);
  if (inputs === null) return null;
  const stored = inputs.map(({ image }) => image);
  const chat = demonstrationChat(sample, stored, demonstration, deps.sizing);
  if (typeof chat === 'string') {
    losses.add('demonstrations', `One can not be played again: ${chat}`);
    return null;
  }
  const results = chat.views.slice(stored.length);
  const paths = inputs.map(({ path }) => path);
  for (const view of results) paths.push(await renderResult(writing, demonstration.source.id, view, stored));
  if (demonstration.approvedBoxes.length > 0) {
    losses.add(
      'approved boxes',
      'There is no place for a box that a person stands behind beside the call itself.',
    );
  }
  return { messages: chat.messages, images: paths, sample_id: sample.id, source: demonstration.source };
}

async function renderResult(
  { deps, folder, written }: Writing,
  source: string,
  view: Parameters<typeof viewSource>[0],
  images: readonly SnapshotImage[],
): Promise<string> {
  const name = `${source}-${view.number}.png`;
  const files = images.map((image) => ({
    path: imageFile(deps, image),
    key: image.sha256,
    width: image.width,
    height: image.height,
  }));
  await writeWhole(join(folder, 'images', name), await deps.renderView(viewSource(view, files)));
  written.add(name);
  return `images/${name}`;
}

async function copyImages(
  writing: Writing,
  sample: SnapshotSample,
): Promise<readonly { readonly path: string; readonly image: SnapshotImage }[] | null> {
  const { deps, folder, losses, written } = writing;
  const images = imagesOf(deps, sample);
  const copied: { path: string; image: SnapshotImage }[] = [];
  for (const image of images) {
    const name = basename(image.file);
    const isThere =
      written.has(name) || (await tryCopy(imageFile(deps, image), join(folder, 'images', name)));
    if (!isThere) break;
    written.add(name);
    copied.push({ path: `images/${name}`, image });
  }
  if (copied.length === sample.images.length) return copied;
  losses.add('samples', 'An image file is missing.');
  return null;
}

async function tryCopy(from: string, to: string): Promise<boolean> {
  return await copyWhole(from, to).then(
    () => true,
    () => false,
  );
}

/** By ms-swift's own rules: roles in turn, as many marks as images, every image there. */
async function checkRows(folder: string, name: string, rows: number): Promise<string> {
  let count = 0;
  for await (const line of readRecordLines(join(folder, name))) {
    count += 1;
    const value = line.ok ? line.value : null;
    const messages = (value?.['messages'] ?? []) as readonly ChatMessage[];
    const images = (value?.['images'] ?? []) as readonly string[];
    const roles = messages.map(({ role }) => role);
    const inTurn =
      roles[0] === 'system' &&
      roles.slice(1).every((role, at) => role === (at % 2 === 0 ? 'user' : 'assistant'));
    const isThere = await Promise.all(
      images.map((path) => readFile(join(folder, path)).then(Boolean, () => false)),
    );
    if (!inTurn || countMarks(messages) !== images.length || isThere.includes(false)) {
      throw new StudioError(
        'disk_full',
        `${name}, row ${count}, does not hold what was written. Export again; nothing was left behind.`,
      );
    }
  }
  if (count !== rows)
    throw new StudioError('disk_full', `${name} lost rows. Export again; nothing was left behind.`);
  return `${name}: ${rows} rows read back, roles in turn, as many marks as images, every image there.`;
}
