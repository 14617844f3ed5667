import { createReadStream } from 'node:fs';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import { trainSample } from '../../../shared/trainer-protocol/data.ts';
import type { TrainSample } from '../../../shared/trainer-protocol/data.ts';
import { rollout } from '../../../shared/trainer-protocol/rollout.ts';
import type { Rollout } from '../../../shared/trainer-protocol/rollout.ts';
import { RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';
import { createLineCutter } from '../../trainer-control/event-lines.ts';

/** A line holds every token of an episode: a few hundred kilobytes for a long one. */
const MAX_LINE = 16 * 1024 * 1024;

/** A path that the trainer wrote, inside the run folder whatever it says. @throws StudioError not_found */
export function insideRun(runFolder: string, path: string): string {
  const plain = normalize(path);
  if (isAbsolute(plain) || plain.split(sep).includes('..')) {
    throw new StudioError('not_found', 'This file lies outside of the run folder.');
  }
  return join(runFolder, plain);
}

async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  const cutter = createLineCutter(0, MAX_LINE);
  for await (const chunk of createReadStream(path)) {
    for (const line of cutter.push(chunk as Buffer)) {
      if (line.kind === 'line' && line.bytes.length > 0) yield line.bytes.toString('utf8');
    }
  }
}

/** Every rollout of a step's file, in its order; what can't be read is left out, with its place kept. */
export async function* readRollouts(
  path: string,
): AsyncGenerator<{ readonly line: number; readonly rollout: Rollout }, void, void> {
  let line = 0;
  try {
    for await (const text of linesOf(path)) {
      const parsed = rollout.safeParse(parse(text));
      if (parsed.success) yield { line, rollout: parsed.data };
      line += 1;
    }
  } catch (cause) {
    throw new StudioError('not_found', 'The rollouts of this step are not there any more.', { cause });
  }
}

/** The samples of a run by id. */
export async function readRunSamples(runFolder: string): Promise<ReadonlyMap<string, TrainSample>> {
  const found = new Map<string, TrainSample>();
  for (const name of [RUN_FILES.validation, RUN_FILES.train]) {
    try {
      for await (const text of linesOf(join(runFolder, name))) {
        const parsed = trainSample.safeParse(parse(text));
        if (parsed.success) found.set(parsed.data.id, parsed.data);
      }
    } catch {
      // A run without validation samples has no file of them.
    }
  }
  return found;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
