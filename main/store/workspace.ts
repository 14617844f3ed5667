import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../../shared/contract/errors.ts';
import type { SampleFilter } from '../../shared/model/sample-filter.ts';
import type { WorkspaceDatabase } from './database.ts';
import { assertDurable, openDatabase } from './database.ts';
import { createJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { createAgentLineageRepository } from './repositories/agent-lineage.ts';
import type { AgentLineageRepository } from './repositories/agent-lineage.ts';
import { createAgentRepository } from './repositories/agents.ts';
import type { AgentRepository } from './repositories/agents.ts';
import { createBulkEdits } from './repositories/bulk-edits.ts';
import type { BulkEdits } from './repositories/bulk-edits.ts';
import { createCorrectionRunRepository } from './repositories/correction-runs.ts';
import type { CorrectionRunRepository } from './repositories/correction-runs.ts';
import { createCorrectionRepository } from './repositories/corrections.ts';
import type { CorrectionRepository } from './repositories/corrections.ts';
import { createCounterRepository } from './repositories/counters.ts';
import type { CounterRepository } from './repositories/counters.ts';
import { createEpisodeRepository } from './repositories/episodes.ts';
import type { EpisodeRepository } from './repositories/episodes.ts';
import { createEvaluationRepository } from './repositories/evaluations.ts';
import type { EvaluationRepository } from './repositories/evaluations.ts';
import { createGroupRepository } from './repositories/groups.ts';
import type { GroupRepository } from './repositories/groups.ts';
import { createImportActions } from './repositories/import-actions.ts';
import type { ImportActions } from './repositories/import-actions.ts';
import { createImageLookRepository } from './repositories/image-looks.ts';
import type { ImageLookRepository } from './repositories/image-looks.ts';
import { createImageRepository } from './repositories/images.ts';
import type { ImageRepository } from './repositories/images.ts';
import { createQueueRepository } from './repositories/queue.ts';
import type { QueueRepository } from './repositories/queue.ts';
import { createReviewRepository } from './repositories/reviews.ts';
import type { ReviewRepository } from './repositories/reviews.ts';
import { createReviewerRepository } from './repositories/reviewers.ts';
import type { ReviewerRepository } from './repositories/reviewers.ts';
import { createRolloutJobRepository } from './repositories/rollout-jobs.ts';
import type { RolloutJobRepository } from './repositories/rollout-jobs.ts';
import { createSampleSearch } from './repositories/sample-search.ts';
import type { SampleSearch } from './repositories/sample-search.ts';
import { createRunRepository } from './repositories/runs.ts';
import type { RunRepository } from './repositories/runs.ts';
import { createSampleRepository } from './repositories/samples.ts';
import type { SampleRepository } from './repositories/samples.ts';
import { createSettingsRepository } from './repositories/settings.ts';
import type { SettingsRepository } from './repositories/settings.ts';
import { createSavedViewRepository } from './repositories/saved-views.ts';
import type { SavedViewRepository } from './repositories/saved-views.ts';
import { createSnapshotRepository } from './repositories/snapshots.ts';
import type { SnapshotRepository } from './repositories/snapshots.ts';
import { openSnapshotSource } from './repositories/snapshot-source.ts';
import type { SnapshotSource } from './repositories/snapshot-source.ts';
import { createTagRepository } from './repositories/tags.ts';
import type { TagRepository } from './repositories/tags.ts';
import { createTableImportRepository } from './repositories/table-imports.ts';
import type { TableImportRepository } from './repositories/table-imports.ts';
import { toStoreError } from './store-error.ts';
import { lockWorkspace } from './workspace-lock.ts';

/**
 * A workspace folder:
 *   workspace.sqlite        every record
 *   images/ab/<sha256>.png  canonical pixels, by the digest of the file that was imported
 *   thumbnails/ab/<sha256>.webp
 *   incoming/               images that are listed by their header, until their pixels were looked at
 *   backups/                checked copies of the database, made before its format changes
 *   runs/<run id>/          run folders: a trainer works in each, also while no host is open
 *   agents/<id>/            model folders of agents that were trained here
 *   tmp/                    drafts of files; emptied at every start
 *   workspace.lock          held by the host that has it open
 */
export interface Workspace {
  readonly folder: string;
  readonly database: WorkspaceDatabase;
  readonly images: ImageRepository;
  readonly looks: ImageLookRepository;
  readonly importActions: ImportActions;
  readonly samples: SampleRepository;
  readonly sampleSearch: SampleSearch;
  readonly bulkEdits: BulkEdits;
  readonly tags: TagRepository;
  readonly savedViews: SavedViewRepository;
  readonly snapshots: SnapshotRepository;
  /** What a snapshot is taken of, as it stands now. To be closed. */
  openSnapshotSource(filter: SampleFilter): SnapshotSource;
  readonly episodes: EpisodeRepository;
  readonly agents: AgentRepository;
  readonly evaluations: EvaluationRepository;
  readonly groups: GroupRepository;
  readonly rolloutJobs: RolloutJobRepository;
  readonly settings: SettingsRepository;
  readonly corrections: CorrectionRepository;
  readonly correctionRuns: CorrectionRunRepository;
  readonly counters: CounterRepository;
  readonly queue: QueueRepository;
  readonly reviewers: ReviewerRepository;
  readonly reviews: ReviewRepository;
  readonly lineage: AgentLineageRepository;
  readonly runs: RunRepository;
  readonly journal: Journal;
  readonly tableImports: TableImportRepository;
  /** Several edits in one transaction. */
  write<T>(change: () => T): T;
  /** As WorkspaceDatabase.writeSoon: kept through a crash of the app at once, through a power loss once `synced`. */
  writeSoon<T>(change: () => T): T;
  synced(): Promise<void>;
  /** A folder for drafts of files, on the same file system as their final place. */
  readonly temporaryFolder: string;
  close(): void;
}

/**
 * Opens the workspace in `folder`, or makes it.
 * @throws StudioError workspace_locked, workspace_newer, workspace_damaged, disk_full, path_not_allowed
 */
export function openWorkspace(folder: string, now: number): Workspace {
  try {
    for (const name of ['agents', 'backups', 'images', 'incoming', 'runs', 'thumbnails'])
      mkdirSync(join(folder, name), { recursive: true });
  } catch (error) {
    throw toStoreError(error);
  }
  const lock = lockWorkspace(folder, now);
  try {
    const temporaryFolder = join(folder, 'tmp');
    rmSync(temporaryFolder, { recursive: true, force: true });
    mkdirSync(temporaryFolder);
    const database = openWorkspaceDatabase(join(folder, 'workspace.sqlite'));
    const counters = createCounterRepository(database);
    const queue = createQueueRepository(database);
    const sampleSearch = createSampleSearch(database);
    const workspace: Workspace = {
      folder,
      database,
      images: createImageRepository(database),
      looks: createImageLookRepository(database),
      importActions: createImportActions(database),
      episodes: createEpisodeRepository(database, queue),
      samples: createSampleRepository(database, counters, sampleSearch),
      sampleSearch,
      bulkEdits: createBulkEdits(database, counters),
      tags: createTagRepository(database),
      savedViews: createSavedViewRepository(database),
      snapshots: createSnapshotRepository(database),
      openSnapshotSource: (filter) => openSnapshotSource(database.path, filter),
      agents: createAgentRepository(database),
      evaluations: createEvaluationRepository(database),
      groups: createGroupRepository(database),
      rolloutJobs: createRolloutJobRepository(database),
      settings: createSettingsRepository(database),
      corrections: createCorrectionRepository(database, counters),
      correctionRuns: createCorrectionRunRepository(database),
      counters,
      queue,
      reviewers: createReviewerRepository(database),
      reviews: createReviewRepository(database, counters),
      lineage: createAgentLineageRepository(database),
      runs: createRunRepository(database),
      journal: createJournal(database),
      tableImports: createTableImportRepository(database),
      write: (change) => database.write(change),
      writeSoon: (change) => database.writeSoon(change),
      synced: () => database.synced(),
      temporaryFolder,
      close: () => {
        database.close();
        lock.release();
      },
    };
    workspace.settings.setMark('opened_at', String(now));
    assertDurable(database);
    workspace.episodes.failLeftovers(now);
    workspace.tableImports.interruptLeftovers();
    workspace.snapshots.abandonLeftovers();
    return workspace;
  } catch (error) {
    lock.release();
    throw toStoreError(error);
  }
}

function openWorkspaceDatabase(path: string): WorkspaceDatabase {
  const leftOpen = existsSync(`${path}-wal`);
  const database = openDatabase(path);
  try {
    // A log beside the file means that the last host did not close it.
    if (leftOpen) checkWhole(database);
    migrate(database, MIGRATIONS);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkWhole(database: WorkspaceDatabase): void {
  const verdict = database.read(() => database.raw.pragma('quick_check(1)', { simple: true }));
  if (verdict !== 'ok') {
    throw new StudioError(
      'workspace_damaged',
      'The workspace database is damaged. Nothing was changed. The newest copy in its backups folder can take its place.',
    );
  }
}
