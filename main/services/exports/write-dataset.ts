import { join } from 'node:path';
import type { ViewSizing } from '../../../shared/agent/tools/tool.ts';
import type { SnapshotId } from '../../../shared/model/ids.ts';
import type { ExportLoss } from '../../../shared/model/export-job.ts';
import type { SnapshotImage, SnapshotSample } from '../../../shared/model/snapshot.ts';
import type { Workspace } from '../../store/workspace.ts';

/** What the writers of a snapshot stand on. */
export interface DatasetDeps {
  readonly workspace: Workspace;
  readonly snapshotId: SnapshotId;
  /** Sizes at which the agent sees images: demonstrations are played again at them. */
  readonly sizing: ViewSizing;
  readonly renderView: (source: {
    readonly imagePath: string;
    readonly imageKey: string;
    readonly box: readonly [number, number, number, number];
    readonly width: number;
    readonly height: number;
  }) => Promise<Uint8Array>;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Counts what was left out, by what and why. */
export interface Losses {
  add(what: string, why: string): void;
  list(): readonly ExportLoss[];
}

export function createLosses(): Losses {
  const counts = new Map<string, ExportLoss>();
  return {
    add: (what, why) => {
      const key = `${what}\n${why}`;
      counts.set(key, { what, why, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    list: () => [...counts.values()],
  };
}

/** The images of a sample in its order. */
export function imagesOf(
  { workspace, snapshotId }: DatasetDeps,
  sample: SnapshotSample,
): readonly SnapshotImage[] {
  const found = new Map(
    workspace.snapshots.imagesOf(snapshotId, sample.images).map((image) => [image.sha256, image]),
  );
  return sample.images.flatMap((digest) => found.get(digest) ?? []);
}

export function imageFile({ workspace }: DatasetDeps, image: SnapshotImage): string {
  return join(workspace.folder, image.file);
}

/** What neither form has a place for. */
export function datasetLosses(deps: DatasetDeps, losses: Losses): void {
  const { counts } = deps.workspace.snapshots.get(deps.snapshotId);
  for (let at = 0; at < counts.acceptedRuns; at += 1) {
    losses.add(
      'accepted episodes',
      'Only questions and demonstrations have a place; our own form holds all.',
    );
  }
}
