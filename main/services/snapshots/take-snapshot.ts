import { setImmediate } from 'node:timers/promises';
import type { TakeSnapshotInput } from '../../../shared/contract/snapshots.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { EpisodeId, SnapshotId } from '../../../shared/model/ids.ts';
import type { SnapshotDemonstration } from '../../../shared/model/snapshot.ts';
import { newId } from '../../store/new-id.ts';
import type { Demonstrated, SnapshotSource } from '../../store/repositories/snapshot-source.ts';
import {
  createTally,
  DEMONSTRATION,
  IMAGE,
  keptDemonstration,
  keptImage,
  keptSample,
  SAMPLE,
} from '../../store/repositories/snapshot-rows.ts';
import type { Tally } from '../../store/repositories/snapshot-rows.ts';
import type { Workspace } from '../../store/workspace.ts';

/** What is learned from a correction that stands: its turns and the boxes that a person stands behind. */
export type CorrectedTurns = Pick<SnapshotDemonstration, 'source' | 'turns' | 'approvedBoxes'>;

export interface TakeDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  /** Resolves when no image waits to be looked at: a snapshot names files, and theirs still move. */
  readonly imagesReady: () => Promise<void>;
  /** The newest correction of an episode, where it can be learned from; null where there is none. */
  readonly correctedTurns: (episode: EpisodeId) => CorrectedTurns | null;
}

/** Samples that are read and written at a time: some tens of milliseconds. */
const PART = 500;

/**
 * Takes a snapshot: reads the workspace as it stands now, whatever is edited meanwhile, and writes rows of its own in
 * parts. Nobody sees it before it is whole.
 * @throws StudioError cancelled, bad_input where no sample matches
 */
export async function takeSnapshot(
  deps: TakeDeps,
  input: TakeSnapshotInput,
  signal: AbortSignal,
  told: (done: number, total: number) => void,
): Promise<SnapshotId> {
  const { workspace, now } = deps;
  const { snapshots } = workspace;
  const at = now();
  const by = input.by ?? workspace.reviewers.first(at).id;
  const { name, note, filter } = input;
  await deps.imagesReady();
  const source = workspace.openSnapshotSource(filter);
  const id = newId.snapshot();
  try {
    if (source.total === 0) throw new StudioError('bad_input', 'No sample matches. Choose others.');
    snapshots.begin({ id, name, note, createdAt: at, by, filter });
    const tally = createTally();
    await copyRows(deps, source, id, tally, async (done) => {
      told(done, source.total);
      await setImmediate();
      if (signal.aborted) throw new StudioError('cancelled', 'The snapshot was not taken.');
    });
    workspace.write(() => {
      snapshots.seal(id, tally.hash(), tally.counts());
      workspace.journal.act({ by, at, label: `Take snapshot "${name}"`, subject: id }, () =>
        snapshots.publish(id, at),
      );
    });
    return id;
  } catch (error) {
    snapshots.abandon(id);
    throw error;
  } finally {
    source.close();
  }
}

async function copyRows(
  deps: TakeDeps,
  source: SnapshotSource,
  id: SnapshotId,
  tally: Tally,
  breathe: (samplesDone: number) => Promise<void>,
): Promise<void> {
  const { snapshots } = deps.workspace;
  let done = 0;
  // Corrections are replayed from the workspace itself, so they come first, while it is as the source has it.
  const demonstrations = source.demonstrated().flatMap((one) => demonstrationsOf(deps, one));
  for (const part of source.samples(PART)) {
    const rows = part.map(keptSample);
    part.forEach((sample, at) => tally.sample(sample, rows[at]?.digest ?? ''));
    snapshots.addRows(id, SAMPLE, done, rows);
    done += part.length;
    await breathe(done);
  }
  let images = 0;
  for (const part of source.images(PART)) {
    snapshots.addRows(id, IMAGE, images, part.map(keptImage));
    part.forEach(() => tally.image());
    images += part.length;
    await breathe(done);
  }
  for (let from = 0; from < demonstrations.length; from += PART) {
    const part = demonstrations.slice(from, from + PART);
    const rows = part.map(keptDemonstration);
    part.forEach((one, at) => tally.demonstration(one, rows[at]?.digest ?? ''));
    snapshots.addRows(id, DEMONSTRATION, from, rows);
    await breathe(done);
  }
}

/** An accepted episode that was corrected teaches its correction; one that was picked teaches what the agent did. */
function demonstrationsOf(
  { workspace, correctedTurns }: TakeDeps,
  { sampleId, episodeId, accepted, picked }: Demonstrated,
): readonly SnapshotDemonstration[] {
  const episode = workspace.episodes.get(episodeId);
  if (episode === null) return [];
  const { withTools } = episode;
  const corrected = accepted ? correctedTurns(episodeId) : null;
  if (corrected !== null) return [{ sampleId, withTools, ...corrected }];
  if (!picked) return [];
  const turns = episode.steps.map(({ text }) => ({ text, mark: null }));
  if (turns.length === 0) return [];
  return [{ sampleId, withTools, source: { kind: 'rollout', id: episodeId }, turns, approvedBoxes: [] }];
}
