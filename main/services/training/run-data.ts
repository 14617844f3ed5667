import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { RunSource } from '../../../shared/model/run.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import type { Sample } from '../../../shared/model/sample.ts';
import type { SnapshotSample } from '../../../shared/model/snapshot.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { RunData } from './data-folder.ts';

/** A snapshot as a run needs it; null where there is none. Handed in: training does not know how one is kept. */
export type ReadSnapshot = (id: SnapshotId) => RunData | null;

const PAGE = 500;

/** Whether training may take a sample of a snapshot: the same rules that its check shows. */
export type IsUsable = (sample: SnapshotSample, isMissing: (sha256: string) => boolean) => boolean;

/** Snapshots as runs need them. */
export function createSnapshotData(workspace: Workspace, isUsable: IsUsable): ReadSnapshot {
  const { snapshots } = workspace;
  return (id) => {
    const snapshot = snapshots.list().find((one) => one.id === id);
    if (snapshot === undefined) return null;
    const files = new Map<string, string>();
    for (const { sha256, file } of snapshots.images(id)) files.set(sha256, join(workspace.folder, file));
    const isMissing = (digest: string): boolean => !existsSync(files.get(digest) ?? '');
    const usable = [...snapshots.samples(id)].filter((sample) => isUsable(sample, isMissing));
    return {
      name: snapshot.name,
      samples: usable.map((sample) => ({
        id: sample.id,
        kind: sample.kind,
        images: sample.images.map((digest) => files.get(digest) ?? ''),
        question: sample.question,
        choices: sample.choices,
        answers: sample.answers,
        answer_kind: sample.answerKind,
        ...toleranceOf(sample),
        split: sample.split,
      })),
      demonstrations: [...snapshots.demonstrations(id)].map((one, index) => ({
        id: `${one.source.id}-${index}`,
        sample_id: one.sampleId,
        turns: one.turns,
        approved_boxes: one.approvedBoxes,
      })),
    };
  };
}

/** @throws StudioError not_found */
export function readRunData(workspace: Workspace, source: RunSource, readSnapshot: ReadSnapshot): RunData {
  if (source.kind === 'snapshot') {
    const data = readSnapshot(source.id);
    if (data === null) {
      throw new StudioError('not_found', 'This snapshot is not in the workspace. Choose another.');
    }
    return data;
  }
  // What reviewers rejected never trains.
  const rejected = new Set(allSamples(workspace, { standings: ['rejected'] }).map(({ id }) => id));
  const samples = allSamples(workspace, {}).filter(({ id }) => !rejected.has(id));
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
      ...toleranceOf(sample),
      split: sample.split,
    })),
  };
}

/** Absent where the trainer's own holds. */
function toleranceOf({ tolerance }: Pick<Sample, 'tolerance'>): { readonly tolerance?: number } {
  return tolerance === undefined ? {} : { tolerance };
}

function allSamples(workspace: Workspace, filter: SampleFilter): readonly Sample[] {
  const samples: Sample[] = [];
  let cursor: string | null = null;
  do {
    const page: ReturnType<Workspace['samples']['list']> = workspace.samples.list({
      cursor,
      limit: PAGE,
      filter,
    });
    samples.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return samples;
}
