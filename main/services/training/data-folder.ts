import { copyFileSync, existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { Split } from '../../../shared/model/sample.ts';
import type { Demonstration, TrainSample } from '../../../shared/trainer-protocol/data.ts';
import { RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';

/** A question for training, with the canonical files of its images. */
export interface DataSample extends Omit<TrainSample, 'images' | 'tolerance'> {
  /** Absolute paths; the name of the file is made of its digest. */
  readonly images: readonly string[];
  readonly split: Split;
  /** Absent: the trainer's own. */
  readonly tolerance?: number;
}

/** What a run trains on, wherever it comes from. */
export interface RunData {
  readonly name: string;
  readonly samples: readonly DataSample[];
  readonly demonstrations: readonly Demonstration[];
}

export interface DividedData {
  readonly train: readonly DataSample[];
  readonly validation: readonly DataSample[];
}

/**
 * Who trains and who measures: by the split. Samples of no split train. Where nothing would train, the validation
 * samples do both: better to see it learn the few there are than to refuse. Test samples never come near a run.
 */
export function divide(samples: readonly DataSample[]): DividedData {
  const usable = samples.filter(({ answers }) => answers.length > 0);
  const validation = usable.filter(({ split }) => split === 'validation');
  const train = usable.filter(({ split }) => split === 'train' || split === 'none');
  return { train: train.length > 0 ? train : validation, validation };
}

/**
 * Writes `data/` of a run folder. Images are hard links where the file system allows it: they cost nothing, and
 * canonical files are never changed.
 * @throws StudioError bad_input where nothing could train, disk_full
 */
export function writeDataFolder(runFolder: string, data: RunData): DividedData {
  const divided = divide(data.samples);
  if (divided.train.length === 0) {
    throw new StudioError(
      'bad_input',
      `${data.name} holds no sample with a reference answer to train on. Give samples an answer, and put them into the train split.`,
    );
  }
  mkdirSync(join(runFolder, RUN_FILES.data, 'images'), { recursive: true });
  const rows = (samples: readonly DataSample[]) => samples.map((one) => rowOf(runFolder, one));
  writeLines(join(runFolder, RUN_FILES.train), rows(divided.train));
  if (divided.validation.length > 0) {
    writeLines(join(runFolder, RUN_FILES.validation), rows(divided.validation));
  }
  const known = new Set(divided.train.map(({ id }) => id));
  const demonstrations = data.demonstrations.filter(({ sample_id }) => known.has(sample_id));
  if (demonstrations.length > 0) writeLines(join(runFolder, RUN_FILES.demonstrations), demonstrations);
  return divided;
}

function rowOf(runFolder: string, { split: _split, ...sample }: DataSample): Omit<DataSample, 'split'> {
  const images = sample.images.map((path) => {
    const name = `images/${basename(path)}`;
    bringImage(path, join(runFolder, RUN_FILES.data, name));
    return name;
  });
  return { ...sample, images };
}

function bringImage(from: string, to: string): void {
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch (error) {
    if (!existsSync(from)) {
      throw new StudioError(
        'not_found',
        `The image file ${from} is not there any more. Import its image again.`,
        { cause: error },
      );
    }
    copyFileSync(from, to);
  }
}

function writeLines(path: string, rows: readonly unknown[]): void {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 });
}
