/**
 * Every kind of edit that a person makes, as something that can be done at random. A feature adds its acts to `ACTS`;
 * tests/unit/main/store/undo-everything.test.ts then holds undo and redo of them to the byte.
 */
import { createReadStream } from 'node:fs';
import { createAgentsService } from '../../main/services/agents/agents-service.ts';
import type { AgentsService } from '../../main/services/agents/agents-service.ts';
import { createCorrectionsService } from '../../main/services/corrections/corrections-service.ts';
import type { CorrectionsService } from '../../main/services/corrections/corrections-service.ts';
import { createBulkService } from '../../main/services/curation/bulk-service.ts';
import type { BulkService } from '../../main/services/curation/bulk-service.ts';
import { createSplitsService } from '../../main/services/curation/splits-service.ts';
import type { SplitsService } from '../../main/services/curation/splits-service.ts';
import { createViewsService } from '../../main/services/curation/views-service.ts';
import type { ViewsService } from '../../main/services/curation/views-service.ts';
import { createGroupsService } from '../../main/services/groups/groups-service.ts';
import type { GroupsService } from '../../main/services/groups/groups-service.ts';
import { answerImageRequest } from '../../main/services/imports/image-files.ts';
import { createImagePreparer } from '../../main/services/imports/image-preparer.ts';
import type { ImageProcess } from '../../main/services/imports/image-process.ts';
import { createImportsService } from '../../main/services/imports/imports-service.ts';
import type { ImportsService } from '../../main/services/imports/imports-service.ts';
import { createTableAnswers } from '../../main/services/imports/tables/answer-table-request.ts';
import { createTablesService } from '../../main/services/imports/tables/tables-service.ts';
import type { TablesService } from '../../main/services/imports/tables/tables-service.ts';
import { createJournalService } from '../../main/services/journal/journal-service.ts';
import type { JournalService } from '../../main/services/journal/journal-service.ts';
import { createLibraryService } from '../../main/services/library/library-service.ts';
import type { LibraryService } from '../../main/services/library/library-service.ts';
import { createReviewsService } from '../../main/services/reviews/reviews-service.ts';
import type { ReviewsService } from '../../main/services/reviews/reviews-service.ts';
import { correctedTurns } from '../../main/services/snapshots/corrected-turns.ts';
import { createSnapshotsService } from '../../main/services/snapshots/snapshots-service.ts';
import type { SnapshotsService } from '../../main/services/snapshots/snapshots-service.ts';
import { newId } from '../../main/store/new-id.ts';
import type { StoredImage } from '../../main/store/repositories/images.ts';
import { openWorkspace } from '../../main/store/workspace.ts';
import type { Workspace } from '../../main/store/workspace.ts';
import type { CorrectionOperation } from '../../shared/model/correction.ts';
import type { EpisodeId, ReviewerId, SampleId } from '../../shared/model/ids.ts';
import { reviewVerdict } from '../../shared/model/review.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../shared/model/limits.ts';
import { ALL_SAMPLES, IN_PLACE } from '../../shared/model/sample-filter.ts';
import { recordingOf } from './corrections.ts';
import { scriptedBackend } from './scripted-backend.ts';
import { addImage, addSample, runningEpisode } from './store-rows.ts';
import { recordedLog } from './test-host.ts';
import { CURATION_ACTS } from './undo-acts-curation.ts';

/** A small workspace with something of everything, and the services that people's edits go through. */
export interface Desk {
  readonly folder: string;
  readonly workspace: Workspace;
  readonly by: ReviewerId;
  readonly library: LibraryService;
  readonly reviews: ReviewsService;
  readonly views: ViewsService;
  readonly corrections: CorrectionsService;
  readonly bulk: BulkService;
  readonly splits: SplitsService;
  readonly groups: GroupsService;
  readonly snapshots: SnapshotsService;
  readonly imports: ImportsService;
  readonly tables: TablesService;
  readonly agents: AgentsService;
  readonly journal: JournalService;
  /** A file as an upload brings it. */
  readonly bytesOf: (path: string) => AsyncIterable<Uint8Array>;
  readonly close: () => Promise<void>;
}

/** Gives a whole number below n. */
export type Roll = (below: number) => number;

export interface Act {
  readonly name: string;
  /** An edit that is refused counts as one that did nothing. */
  readonly run: (desk: Desk, roll: Roll) => void | Promise<void>;
}

export function openDesk(folder: string): Desk {
  const workspace = openWorkspace(folder, 1);
  // What is tested here is not durability; with a sync for every edit it would take minutes.
  workspace.database.raw.pragma('synchronous = OFF');
  const log = recordedLog();
  const deps = { workspace, now: () => 5, notify: () => {}, log };
  const corrections = createCorrectionsService({ ...deps, runs: NO_RUNS });
  const bulk = createBulkService(deps);
  const preparer = createImagePreparer({ ...deps, images: IN_THIS_PROCESS });
  const taking = {
    ...deps,
    images: IN_THIS_PROCESS,
    prepared: (image: StoredImage) => preparer.prepared(image),
  };
  const imports = createImportsService({ ...taking, readExport: async () => false });
  const snapshots = createSnapshotsService({
    ...deps,
    imagesReady: () => preparer.idle(),
    correctedTurns: (episode) => correctedTurns(corrections, episode),
  });
  return {
    folder,
    workspace,
    by: workspace.reviewers.first(1).id,
    library: createLibraryService(deps),
    reviews: createReviewsService(deps),
    views: createViewsService(deps),
    corrections,
    bulk,
    splits: createSplitsService(workspace, bulk),
    groups: createGroupsService({
      ...deps,
      getEpisode: () => {
        throw new Error('nothing runs here');
      },
    }),
    snapshots,
    imports,
    tables: createTablesService({
      ...taking,
      imports,
      tables: { ask: createTableAnswers(), close: () => {} },
    }),
    agents: createAgentsService({
      ...deps,
      assetsPath: folder,
      describe: async () => scriptedBackend([]).description,
    }),
    journal: createJournalService({ ...deps, imagesBack: () => preparer.begin() }),
    bytesOf: (path) => createReadStream(path),
    close: async () => {
      await imports.close();
      await preparer.close();
      workspace.close();
      if (log.lines.length > 0) throw new Error(log.lines.join('\n'));
    },
  };
}

const IN_THIS_PROCESS: ImageProcess = {
  ask: answerImageRequest as ImageProcess['ask'],
  close: () => {},
};

const NO_RUNS: Parameters<typeof createCorrectionsService>[0]['runs'] = {
  start: async () => {
    throw new Error('nothing runs here');
  },
  stop: () => {},
  runningOf: () => null,
  async *watch() {},
  close: async () => {},
};

/** What is there at the beginning, made by somebody else: undoing everything leaves it. */
export function furnish({ workspace, corrections }: Desk): void {
  addImage(workspace, 'spare.png');
  const first = addSample(workspace, { question: 'What colour?', tags: ['a'] });
  addSample(workspace, { question: 'What else?', kind: 'other' });
  const { views, steps, answer, verdict, reward, flags, error, state } = recordingOf('compareTwo').episode;
  const { id } = runningEpisode(workspace, first.id);
  const started = workspace.episodes.get(id);
  if (started === null) throw new Error('no episode');
  workspace.episodes.finish({ ...started, views, steps, answer, verdict, reward, flags, error, state });
  const job = newId.job();
  workspace.rolloutJobs.add({
    id: job,
    evaluationId: null,
    agentVersionId: started.agentVersionId,
    scope: { kind: 'filter', filter: ALL_SAMPLES },
    plan: { size: 1, sizeWithout: 0, sampling: GREEDY, limits: DEFAULT_LIMITS, capMs: 1000 },
    createdAt: 1,
    sampleTotal: 1,
  });
  workspace.groups.refresh(workspace.groups.ensure(job, first.id, 1, 0, 1));
  workspace.rolloutJobs.link(job, first.id, 0, id);
  const other = workspace.reviewers.add('Somebody else', 1).id;
  const { id: correction, revision } = corrections.create({ by: other, episodeId: id, operations: [] });
  const edit = { by: other, id: correction, revision };
  corrections.edit({ ...edit, operations: [{ kind: 'edit_thought', step: 'm0', thought: 'Theirs.' }] });
  // Stale, so it is set aside.
  corrections.edit({ ...edit, operations: [{ kind: 'edit_thought', step: 'm1', thought: 'Mine.' }] });
}

function anEpisode({ workspace }: Desk, roll: Roll): EpisodeId {
  const rows = workspace.database.raw.prepare<[], { id: EpisodeId }>('SELECT id FROM episodes').all();
  const row = rows[roll(rows.length)];
  if (row === undefined) throw new Error('no episode');
  return row.id;
}

function aSample({ library }: Desk, roll: Roll): SampleId {
  const { items } = library.listSamples({ limit: 50, filter: ALL_SAMPLES, sort: IN_PLACE });
  const row = items[roll(items.length)];
  if (row === undefined) throw new Error('no sample is left');
  return row.sample.id;
}

/** An edit that the tables of one correction can take. */
function anOperation(roll: Roll, next: number): CorrectionOperation {
  const step = `m${roll(5)}`;
  const image = { kind: 'input', image: 1 + roll(2) } as const;
  const box = [roll(40), roll(40), 44 + roll(40), 44 + roll(40)] as const;
  const kinds: readonly CorrectionOperation[] = [
    { kind: 'edit_thought', step, thought: `Thought ${roll(100)}` },
    { kind: 'edit_call', step, call: { tool: 'zoom_in', image, box } },
    { kind: 'edit_call', step, call: { tool: 'look_back', image } },
    { kind: 'set_answer', step, answer: `answer ${roll(9)}` },
    {
      kind: 'insert_step',
      key: `h${next}`,
      after: step,
      thought: '',
      act: { kind: 'call', call: { tool: 'zoom_in', image, box } },
    },
    { kind: 'delete_step', step },
    { kind: 'move_step', step, after: `m${roll(5)}` },
    { kind: 'mark_step', step, mark: (['good', 'bad', null] as const)[roll(3)] ?? null },
    { kind: 'cut_here', step },
  ];
  return kinds[roll(kinds.length)] ?? { kind: 'cut_here', step };
}

export const ACTS: readonly Act[] = [
  ...CURATION_ACTS,
  {
    name: 'make a sample',
    run: ({ library, by, workspace }, roll) => {
      const { items } = workspace.images.list({ limit: 10 });
      const image = items[roll(items.length)];
      if (image === undefined) return;
      library.createSample(
        {
          question: `Question ${roll(1000)}?`,
          imageIds: [image.id],
          choices: null,
          answers: ['3'],
          answerKind: 'number',
          ...(roll(2) === 0 ? {} : { tolerance: (1 + roll(1000)) / 1000 }),
          kind: 'custom',
          tags: roll(2) === 0 ? [] : ['b', 'c'],
          split: 'none',
        },
        by,
      );
    },
  },
  {
    name: 'edit a sample',
    run: (desk, roll) => {
      const sample = desk.workspace.samples.get(aSample(desk, roll));
      if (sample === null) return;
      const tags = [[], ['a'], ['a', 'd']][roll(3)] ?? [];
      desk.library.updateSample(
        sample.id,
        sample.revision,
        { ...sample, question: `Other ${roll(1000)}?`, tags },
        desk.by,
      );
    },
  },
  {
    name: 'remove a sample',
    run: (desk, roll) => desk.library.removeSamples([aSample(desk, roll)], desk.by),
  },
  {
    name: 'remove an image',
    run: ({ library, workspace, by }, roll) => {
      const { items } = workspace.images.list({ limit: 10 });
      const image = items[roll(items.length)];
      if (image !== undefined) library.removeImages([image.id], by);
    },
  },
  {
    name: 'give a verdict',
    run: (desk, roll) => {
      const episodeId = anEpisode(desk, roll);
      const mine = desk.reviews.get(episodeId).reviews.find(({ by }) => by === desk.by);
      const verdict = reviewVerdict.options[roll(reviewVerdict.options.length)] ?? 'accept';
      const revision = mine?.revision ?? null;
      desk.reviews.put({ by: desk.by, episodeId, revision, verdict, reasons: [], note: `note ${roll(9)}` });
    },
  },
  {
    name: 'decide a flag',
    run: (desk, roll) => {
      const episodeId = anEpisode(desk, roll);
      const state = desk.reviews.get(episodeId).flags.find(({ flag }) => flag === 'loop');
      const decision = (['confirmed', 'dismissed', null] as const)[roll(3)] ?? null;
      desk.reviews.decideFlag({
        by: desk.by,
        episodeId,
        flag: 'loop',
        revision: state?.revision ?? null,
        decision,
      });
    },
  },
  {
    name: 'save a view',
    run: (desk, roll) => {
      const known = desk.views.list();
      const old = roll(2) === 0 ? undefined : known[roll(Math.max(1, known.length))];
      desk.views.save({
        by: desk.by,
        ...(old === undefined ? {} : { id: old.id }),
        name: `View ${roll(1000)}`,
        filter: ALL_SAMPLES,
        sort: IN_PLACE,
        columns: [],
      });
    },
  },
  {
    name: 'remove a view',
    run: (desk, roll) => {
      const known = desk.views.list();
      const view = known[roll(Math.max(1, known.length))];
      if (view !== undefined) desk.views.remove(view.id, desk.by);
    },
  },
  {
    name: 'begin a correction',
    run: (desk, roll) => {
      const operations = roll(2) === 0 ? [] : [anOperation(roll, 0)];
      desk.corrections.create({ by: desk.by, episodeId: anEpisode(desk, roll), operations });
    },
  },
  {
    name: 'edit a correction',
    run: (desk, roll) => {
      const list = desk.corrections.list(anEpisode(desk, roll));
      const one = list[roll(Math.max(1, list.length))];
      if (one === undefined) return;
      const { id, revision, operationCount } = one;
      desk.corrections.edit({ by: desk.by, id, revision, operations: [anOperation(roll, operationCount)] });
    },
  },
  {
    name: 'put what was set aside on top, or throw it away',
    run: (desk, roll) => {
      const [one] = desk.corrections.list(anEpisode(desk, roll));
      const aside = one === undefined ? undefined : desk.corrections.get(one.id).setAside[0];
      if (one === undefined || aside === undefined) return;
      const { id, revision } = one;
      if (roll(2) === 0) desk.corrections.dropAside(aside.id, desk.by);
      else desk.corrections.applyAside({ by: desk.by, id, revision, setAside: aside.id });
    },
  },
];
