import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { manifest, RUN_FILES } from '../../shared/trainer-protocol/run-folder.ts';
import type { Manifest } from '../../shared/trainer-protocol/run-folder.ts';
import type { RunCheckpoint } from '../../shared/model/run.ts';
import { readSmallJson } from './run-files.ts';

/** `step-000010`; what has another name is a draft or not ours. */
const NAME = /^step-(\d{6,})$/;

export function checkpointFolder(runFolder: string, step: number): string {
  return join(runFolder, RUN_FILES.checkpoints, `step-${String(step).padStart(6, '0')}`);
}

/** The checkpoints of a run folder, newest first. One without a manifest was never finished and is left out. */
export function listCheckpoints(runFolder: string): readonly RunCheckpoint[] {
  return namesIn(join(runFolder, RUN_FILES.checkpoints))
    .flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      const folder = join(runFolder, RUN_FILES.checkpoints, name);
      const found = step === undefined ? null : readSmallJson(join(folder, 'manifest.json'), manifest);
      if (found === null) return [];
      return [
        {
          step: found.step,
          createdAt: found.created_at,
          bytes: found.files.reduce((sum, { size }) => sum + size, 0),
          kind: found.kind,
          accuracy: found.accuracy,
          whole: found.files.every((file) => hasSize(folder, file)),
        },
      ];
    })
    .toSorted((one, other) => other.step - one.step);
}

function hasSize(folder: string, { name, size }: Manifest['files'][number]): boolean {
  // A manifest is read from a folder that may have come from anywhere.
  const path = normalize(name);
  if (isAbsolute(path) || path.split(sep).includes('..')) return false;
  return statSync(join(folder, path), { throwIfNoEntry: false })?.size === size;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
