import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { SnapshotCheck, SnapshotFinding } from '../../../shared/contract/snapshots.ts';
import { isCorrect } from '../../../shared/model/answer-check.ts';
import type { SampleId, SnapshotId } from '../../../shared/model/ids.ts';
import type {
  SnapshotDemonstration,
  SnapshotImage,
  SnapshotProblem,
  SnapshotSample,
} from '../../../shared/model/snapshot.ts';
import { snapshotProblem } from '../../../shared/model/snapshot.ts';
import type { SnapshotRepository } from '../../store/repositories/snapshots.ts';

const EXAMPLES = 20;
/** Files that are looked for at once. */
const FILES_AT_ONCE = 64;
/** Rows after which others get a turn. */
const BREATH = 2000;

/** Training takes the sample all the same; a person should know. */
const ONLY_TOLD: ReadonlySet<SnapshotProblem> = new Set(['image_in_two_splits']);

interface Found {
  readonly problem: SnapshotProblem;
  readonly sampleId: SampleId | null;
  readonly text: string;
}

/** What is wrong with a sample by itself, as training sees it. Each problem leaves it out. */
export function sampleProblems(
  sample: SnapshotSample,
  isMissing: (sha256: string) => boolean,
): readonly SnapshotProblem[] {
  const { answers, answerKind, choices, images, standing, tolerance } = sample;
  const outside =
    answers.length > 0 &&
    choices !== null &&
    choices.length > 0 &&
    !choices.some((choice) => isCorrect(choice, { answers, answerKind, choices, tolerance }));
  return [
    ...(answers.length === 0 ? ['no_reference_answer' as const] : []),
    ...(images.some(isMissing) ? ['missing_image_file' as const] : []),
    ...(outside ? ['answer_outside_choices' as const] : []),
    ...(standing === 'rejected' ? ['rejected' as const] : []),
  ];
}

/** Whether a box that a person stands behind leaves its image. */
function hasBoxOutside(
  demonstration: SnapshotDemonstration,
  images: readonly (Pick<SnapshotImage, 'width' | 'height'> | undefined)[],
): boolean {
  return demonstration.approvedBoxes.some(({ image, box: [x1, y1, x2, y2] }) => {
    const one = images[image];
    return (
      one === undefined || !(x1 >= 0 && y1 >= 0 && x1 < x2 && y1 < y2 && x2 <= one.width && y2 <= one.height)
    );
  });
}

/** Looks at every row of a snapshot for what training could not use. */
export async function checkSnapshot(
  snapshots: SnapshotRepository,
  folder: string,
  id: SnapshotId,
): Promise<SnapshotCheck> {
  const missing = await missingFiles(snapshots.images(id), folder);
  const found: Found[] = [];
  const counts = new Map<SnapshotProblem, number>();
  const tell = (one: Found): void => {
    const count = counts.get(one.problem) ?? 0;
    if (count < EXAMPLES) found.push(one);
    counts.set(one.problem, count + 1);
  };
  const splitsOfImage = new Map<string, Set<string>>();
  const named = new Set<SampleId>();
  // As a run divides them: train and none train; where there are none of these, the validation samples do both.
  let training = 0;
  let measuring = 0;
  let looked = 0;
  for (const sample of snapshots.samples(id)) {
    const problems = sampleProblems(sample, (sha256) => missing.has(sha256));
    for (const problem of problems) tell({ problem, sampleId: sample.id, text: sample.question });
    if (problems.length === 0 && (sample.split === 'train' || sample.split === 'none')) training += 1;
    if (problems.length === 0 && sample.split === 'validation') measuring += 1;
    if (sample.split !== 'none') noteSplits(splitsOfImage, sample);
    looked += 1;
    if (looked % BREATH === 0) await setImmediate();
  }
  const shared = new Set(
    [...splitsOfImage].filter(([, splits]) => splits.size > 1).map(([sha256]) => sha256),
  );
  if (shared.size > 0) {
    for (const sample of snapshots.samples(id)) {
      if (sample.split === 'none' || !sample.images.some((sha256) => shared.has(sha256))) continue;
      if (!named.has(sample.id))
        tell({ problem: 'image_in_two_splits', sampleId: sample.id, text: sample.question });
      named.add(sample.id);
    }
  }
  for (const demonstration of snapshots.demonstrations(id)) {
    const sample = snapshots.sampleIn(id, demonstration.sampleId);
    const images = snapshots.imagesOf(id, sample?.images ?? []);
    if (!hasBoxOutside(demonstration, images)) continue;
    tell({ problem: 'box_outside_image', sampleId: demonstration.sampleId, text: sample?.question ?? '' });
  }
  if (training === 0)
    tell({ problem: 'no_train_samples', sampleId: null, text: 'No sample of the split train can be used.' });
  const usable = training > 0 ? training : measuring;
  return { findings: findingsOf(found, counts), usable, trainable: usable > 0 };
}

function noteSplits(splits: Map<string, Set<string>>, sample: SnapshotSample): void {
  for (const sha256 of sample.images) {
    const known = splits.get(sha256) ?? new Set();
    known.add(sample.split);
    splits.set(sha256, known);
  }
}

function findingsOf(
  found: readonly Found[],
  counts: ReadonlyMap<SnapshotProblem, number>,
): readonly SnapshotFinding[] {
  return snapshotProblem.options
    .filter((problem) => counts.has(problem))
    .map((problem) => ({
      problem,
      leftOut: !ONLY_TOLD.has(problem),
      count: counts.get(problem) ?? 0,
      examples: found
        .filter((one) => one.problem === problem)
        .map(({ sampleId, text }) => ({ sampleId, text: text.slice(0, 500) })),
    }));
}

async function missingFiles(images: Iterable<SnapshotImage>, folder: string): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  let batch: SnapshotImage[] = [];
  const look = async (): Promise<void> => {
    await Promise.all(
      batch.map(({ sha256, file }) => access(join(folder, file)).catch(() => void missing.add(sha256))),
    );
    batch = [];
  };
  for (const image of images) {
    batch.push(image);
    if (batch.length >= FILES_AT_ONCE) await look();
  }
  await look();
  return missing;
}
