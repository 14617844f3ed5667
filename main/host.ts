import { join } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import type { ChangeTopic } from '../shared/contract/procedures.ts';
import type { AgentSource } from '../shared/model/agent-version.ts';
import { isActive } from '../shared/model/run.ts';
import type { AgentDescription } from './agent/backend.ts';
import { createEngineClient } from './agent/engine/engine-client.ts';
import { openAgent } from './agent/open-agent.ts';
import type { Log } from './log.ts';
import type { RouterContext } from './routers/trpc.ts';
import { createAgentsService } from './services/agents/agents-service.ts';
import { createChangeFeed } from './services/change-feed.ts';
import { createBulkService } from './services/curation/bulk-service.ts';
import { createSplitsService } from './services/curation/splits-service.ts';
import { createViewsService } from './services/curation/views-service.ts';
import { prepareDemo } from './services/demo/demo-service.ts';
import { createCorrectionRuns } from './services/corrections/correction-runs.ts';
import { createCorrectionsService } from './services/corrections/corrections-service.ts';
import { createAgentPool } from './agent/agent-pool.ts';
import type { OpenAgent } from './agent/agent-pool.ts';
import { createEpisodesService } from './services/episodes/episodes-service.ts';
import { createRunQueue } from './services/run-queue.ts';
import { createEvaluationsService } from './services/groups/evaluations-service.ts';
import { createExportsService } from './services/exports/exports-service.ts';
import { readExport } from './services/exports/import-own.ts';
import { createGuideService } from './services/guide/guide-service.ts';
import { createHeldOut } from './services/groups/held-out.ts';
import { createGroupsService } from './services/groups/groups-service.ts';
import { createJobsService } from './services/groups/jobs-service.ts';
import { createImageProcess, probeSize } from './services/imports/image-process.ts';
import { createImagePreparer } from './services/imports/image-preparer.ts';
import { createImportsService } from './services/imports/imports-service.ts';
import { createJournalService } from './services/journal/journal-service.ts';
import { createLibraryService } from './services/library/library-service.ts';
import { createReviewsService } from './services/reviews/reviews-service.ts';
import { seldom } from './services/seldom.ts';
import { createRequestProcess } from './services/request-process.ts';
import { createSettingsService } from './services/settings/settings-service.ts';
import { createBeginnerService } from './services/training/beginner-service.ts';
import { createMakeAgentService } from './services/training/make-agent-service.ts';
import { createRolloutsService } from './services/training/rollouts-service.ts';
import { createSetupService, missing } from './services/training/setup-service.ts';
import { createSnapshotData } from './services/training/run-data.ts';
import { createExperimentsService } from './services/training/experiments-service.ts';
import { createTrainingService } from './services/training/training-service.ts';
import { createTablesService, TABLE_PROCESS_LOST } from './services/imports/tables/tables-service.ts';
import type { TableProcess } from './services/imports/tables/tables-service.ts';
import { sampleProblems } from './services/snapshots/check-snapshot.ts';
import { createSnapshotsService } from './services/snapshots/snapshots-service.ts';
import { correctedTurns } from './services/snapshots/corrected-turns.ts';
import type { StoredImage } from './store/repositories/images.ts';
import { openWorkspace } from './store/workspace.ts';
import { createViewPictures } from './services/episodes/view-pictures.ts';
import { examine } from './trainer-control/doctor.ts';
import { createPythonEnvironment } from './trainer-control/python-environment.ts';
import { createTrainerTools } from './trainer-control/trainer-commands.ts';
import type { PythonEnvironment } from './trainer-control/python-environment.ts';
import { createAssets } from './transport/assets.ts';
import type { AnswerAsset, AssetSource } from './transport/assets.ts';
import { createRpc } from './transport/rpc.ts';
import type { ServeRpc } from './transport/rpc.ts';
import type { SpawnWorker } from './worker-process.ts';

export interface HostOptions {
  readonly mode: 'desktop' | 'browser';
  /** Folder of the workspace; made when it is not there. */
  readonly workspacePath: string;
  /** Folder that holds demo-agent/ and demo-set/. */
  readonly assetsPath: string;
  readonly spawnWorker: SpawnWorker;
  readonly log: Log;
  readonly now: () => number;
  /** False for a command of the terminal: jobs in the background wait until the app is open again. */
  readonly goOnWithJobs?: boolean;
  /** How an agent is opened; left out, in the engine process or at its server. */
  readonly openAgent?: OpenAgent;
  /** The trainer's Python; left out, the one of this machine. */
  readonly python?: PythonEnvironment;
}

/** Everything that the app does, without a window or a port. */
export interface Host {
  readonly services: RouterContext;
  readonly serveRpc: ServeRpc;
  readonly answerAsset: AnswerAsset;
  /** Resolves when the demo of a first start is in, or could not be put in. */
  readonly demoReady: Promise<void>;
  /** Stops what runs, saves how it ended, ends every process, closes the workspace. */
  close(): Promise<void>;
}

/**
 * Puts the services together. The only file that knows every one of them.
 * @throws StudioError workspace_locked, workspace_newer, workspace_damaged, disk_full, path_not_allowed
 */
export function createHost(options: HostOptions): Host {
  const { workspacePath, assetsPath, spawnWorker, log, now } = options;
  const workspace = openWorkspace(workspacePath, now());
  const changes = createChangeFeed();
  const notify = (topic: ChangeTopic): void => changes.notify(topic);
  const notifySeldom = seldom(notify);
  const engine = createEngineClient({
    spawnWorker: () => {
      const worker = spawnWorker('engine');
      return { ...worker, post: (message) => worker.send(message) };
    },
    onCrash: (reason) => log.error('the engine process ended', reason),
  });
  const open: OpenAgent = options.openAgent ?? ((source, signal) => openAgent(engine, source, signal));
  const decoder = createImageProcess(spawnWorker);
  // Its own process: a page that shows an episode must not wait for an import.
  const painter = createImageProcess(spawnWorker);

  const library = createLibraryService({ workspace, now, notify });
  const preparer = createImagePreparer({ workspace, images: decoder, now, notify: seldom(notify), log });
  const taking = {
    workspace,
    images: decoder,
    now,
    notify,
    prepared: (image: StoredImage) => preparer.prepared(image),
  };
  const imports = createImportsService({
    ...taking,
    log,
    readExport: (path, job, signal) =>
      readExport({ workspace, probe: (file) => probeSize(decoder, file), notify }, path, job, signal),
  });
  const agents = createAgentsService({
    workspace,
    assetsPath,
    now,
    notify,
    describe: (source) => describe(open, source),
  });
  const pool = createAgentPool(open);
  const queue = createRunQueue();
  const episodes = createEpisodesService({
    workspace,
    now,
    notify,
    notifySeldom,
    log,
    pool,
    queue,
    chooseAgent: (id) => agents.choose(id),
  });
  const groups = createGroupsService({ workspace, now, notify, getEpisode: (id) => episodes.get(id) });
  const jobs = createJobsService({
    workspace,
    now,
    notify,
    notifySeldom,
    log,
    episodes,
    chooseAgent: (id) => agents.choose(id),
  });
  const evaluations = createEvaluationsService({
    workspace,
    jobs,
    chooseAgent: (id) => agents.choose(id),
  });
  const corrections = createCorrectionsService({
    workspace,
    now,
    notify,
    runs: createCorrectionRuns({
      workspace,
      now,
      notify,
      log,
      pool,
      queue,
      chooseAgent: (id) => agents.choose(id),
    }),
  });
  const settings = createSettingsService(workspace, notify);
  const pictures = createViewPictures(painter);
  const exports = createExportsService({
    workspace,
    notify,
    log,
    renderView: (view) => pictures.render(view),
  });
  const journal = createJournalService({ workspace, now, notify, imagesBack: () => preparer.begin() });
  const reviews = createReviewsService({ workspace, now, notify });
  const tableReader: TableProcess = createRequestProcess(spawnWorker, 'tables', TABLE_PROCESS_LOST);
  const tables = createTablesService({ ...taking, imports, tables: tableReader });
  const bulk = createBulkService({ workspace, now, notify, log });
  const splits = createSplitsService(workspace, bulk);
  const views = createViewsService({ workspace, now, notify });
  const snapshots = createSnapshotsService({
    imagesReady: () => preparer.idle(),
    workspace,
    now,
    notify,
    log,
    correctedTurns: (episode) => correctedTurns(corrections, episode),
  });

  const guide = createGuideService({
    workspace,
    assetsPath,
    notify,
    standings: () => reviews.progress().standings,
    evaluations: () => evaluations.list(),
    startJob: (input) => jobs.start(input),
    watchJobs: (signal) => jobs.watch(signal),
    importPaths: (paths) => imports.startPaths(paths, null),
    importSettled: (id) => imports.settled(id),
    takeSnapshot: (input) => snapshots.taken(snapshots.take(input).id),
  });

  const python = options.python ?? createPythonEnvironment();
  const releaseEngine = (): Promise<void> => {
    // A job would take the memory back with its next rollout.
    jobs.pauseAll('Training took the machine. Resume this when it has ended.');
    return episodes.release();
  };
  const readSnapshot = createSnapshotData(
    workspace,
    (sample, isMissing) => sampleProblems(sample, isMissing).length === 0,
  );
  const tools = createTrainerTools(() => python.command([]));
  const training = createTrainingService({
    workspace,
    now,
    notify,
    notifySeldom,
    log,
    chooseAgent: (id) => agents.choose(id),
    readSnapshot,
    trainCommand: (folder) => {
      if (!python.isReady()) throw missing();
      return python.command(['train', folder]);
    },
    releaseEngine,
    otherTraining: () => experiments.working(),
  });
  const experiments = createExperimentsService({
    ...{ workspace, now, notify, log, tools },
    isReady: () => python.isReady(),
    demoFolder: join(assetsPath, 'demo-agent'),
    otherTraining: () => {
      const run = training.list().find(({ state }) => isActive(state));
      return run === undefined ? null : `"${run.name}" trains now.`;
    },
  });
  const beginner = createBeginnerService({
    workspace,
    notify,
    log,
    tools,
    isReady: () => python.isReady(),
    demoFolder: join(assetsPath, 'demo-agent'),
    addAgent: (input) => agents.add({ ...input, by: null }),
  });
  const rollouts = createRolloutsService({ workspace, training });
  const makeAgent = createMakeAgentService({
    workspace,
    now,
    notify,
    log,
    tools,
    training,
    addAgent: (input) => agents.add({ ...input, by: null }),
    evaluate: createHeldOut(workspace, evaluations),
    withAgent: (source, signal, work) =>
      queue.enter('background', async () => {
        await work(await pool.use(source, signal));
      }),
  });
  const trainerSetup = createSetupService({
    workspace,
    now,
    notify,
    python,
    tools,
    examine,
    chooseAgent: (id) => agents.choose(id),
    readSnapshot,
    releaseEngine,
  });

  const services: RouterContext = {
    appInfo: () => ({
      version: packageFile.version,
      mode: options.mode,
      workspacePath,
      counts: {
        images: workspace.counters.total('images'),
        samples: workspace.counters.total('samples'),
        episodes: workspace.counters.total('episodes'),
      },
    }),
    changes,
    corrections,
    library,
    imports,
    agents,
    episodes,
    evaluations,
    experiments,
    groups,
    guide,
    jobs,
    settings,
    beginner,
    makeAgent,
    rollouts,
    training,
    trainerSetup,
    journal,
    reviews,
    tables,
    exports,
    bulk,
    splits,
    views,
    snapshots,
  };
  const assets: AssetSource = {
    findAsset: (id) => {
      const path = workspace.images.findAsset(id);
      return path === null ? rollouts.findAsset(id) : join(workspace.folder, path);
    },
    renderView: async (id, view) =>
      await pictures.render(rollouts.viewSource(id, view) ?? episodes.viewSource(id, view)),
    renderRegion: async (id, region) => await pictures.render(episodes.regionSource(id, region)),
    receiveUpload: (id, name, bytes) => imports.receive(id, name, bytes),
  };
  if (options.goOnWithJobs !== false) jobs.begin();
  preparer.begin();
  const demoReady = prepareDemo({
    workspace,
    assetsPath,
    log,
    addAgent: () => agents.addDemo(),
    addFolder: (input) => agents.add({ ...input, by: null }),
    importPaths: (paths) => imports.startPaths(paths, null),
    importSettled: (id) => imports.settled(id),
  });

  return {
    services,
    serveRpc: createRpc(services, log),
    answerAsset: createAssets(assets, log),
    demoReady,
    close: async () => {
      await jobs.close();
      await Promise.all([
        episodes.close(),
        corrections.close(),
        imports.close(),
        exports.close(),
        bulk.close(),
        snapshots.close(),
      ]);
      training.close();
      await Promise.all([makeAgent.close(), beginner.close(), experiments.close()]);
      await trainerSetup.close();
      await pool.close();
      decoder.close();
      await preparer.close();
      tableReader.close();
      painter.close();
      await demoReady;
      engine.close();
      workspace.close();
    },
  };
}

async function describe(open: OpenAgent, source: AgentSource): Promise<AgentDescription> {
  const backend = await open(source, new AbortController().signal);
  await backend.close();
  return backend.description;
}
