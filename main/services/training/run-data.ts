import { join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { RunSource } from '../../../shared/model/run.ts';
import type { Sample } from '../../../shared/model/sample.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { RunData } from './data-folder.ts';

/** A snapshot as a run needs it; null where there is none. Handed in: training does not know how one is kept. */
export type ReadSnapshot = (id: SnapshotId) => RunData | null;

const PAGE = 500;

/** @throws StudioError not_found */
export function readRunData(workspace: Workspace, source: RunSource, readSnapshot: ReadSnapshot): RunData {
  if (source.kind === 'snapshot') {
    const data = readSnapshot(source.id);
    if (data === null) {
      throw new StudioError('not_found', 'This snapshot is not in the workspace. Choose another.');
    }
    return data;
  }
  const samples: Sample[] = [];
  let cursor: string | null = null;
  do {
    const page: ReturnType<Workspace['samples']['list']> = workspace.samples.list({ cursor, limit: PAGE });
    samples.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return {
    name: 'The samples as they are now',
    demonstrations: [],
    samples: samples.map((sample) => ({
      id: sample.id,
      kind: sample.kind,
      images: workspace.samples.images(sample.id).map(({ file }) => join(workspace.folder, file)),
      question: sample.question,
      choices: sample.choices,
      answers: sample.answers,
      answer_kind: sample.answerKind,
      split: sample.split,
    })),
  };
}
