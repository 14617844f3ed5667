import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateRunInput, RunDetail, RunSeries } from '../../../shared/contract/runs.ts';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { AgentVersionId, RunId } from '../../../shared/model/ids.ts';
import { canStart, isActive } from '../../../shared/model/run.ts';
import { shellWord } from '../../../shared/model/shell-words.ts';
import type { Run, RunLogEntry, RunWish } from '../../../shared/model/run.ts';
import { trainConfig } from '../../../shared/trainer-protocol/config.ts';
import type { TrainConfig } from '../../../shared/trainer-protocol/config.ts';
import { RUN_FILES } from '../../../shared/trainer-protocol/run-folder.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import { toStoreError } from '../../store/store-error.ts';
import type { Workspace } from '../../store/workspace.ts';
import { listCheckpoints } from '../../trainer-control/checkpoints.ts';
import { readSmallJson, replaceJson } from '../../trainer-control/run-files.ts';
import { createTrainerProcess } from '../../trainer-control/trainer-process.ts';
import type { TrainerCommand, TrainerProcess } from '../../trainer-control/trainer-process.ts';
import { writeDataFolder } from './data-folder.ts';
import { changeConfig, makeConfig } from './run-config.ts';
import { readRunData } from './run-data.ts';
import type { ReadSnapshot } from './run-data.ts';
import { createRunFollower } from './run-follower.ts';
import type { RunFollower } from './run-follower.ts';

export interface TrainingDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  /** As `notify`, for what changes many times a second. */
  readonly notifySeldom: (topic: ChangeTopic) => void;
  readonly log: Log;
  /** @throws StudioError not_found */
  readonly chooseAgent: (id: AgentVersionId) => Promise<StoredAgent>;
  readonly readSnapshot: ReadSnapshot;
  /** @throws StudioError trainer_missing */
  readonly trainCommand: (runFolder: string) => TrainerCommand;
  /** The agent's engine gives its memory back; it takes it again with the next episode. */
  readonly releaseEngine: () => Promise<void>;
  /** What else has this machine for its training, in words; null: nothing. */
  readonly otherTraining: () => string | null;
}

export interface TrainingService {
  list(): readonly Run[];
  get(id: RunId): RunDetail;
  create(input: CreateRunInput): Promise<Run>;
  /** Anew, or from the last whole checkpoint. @throws StudioError conflict, trainer_missing */
  start(id: RunId, changes?: Readonly<Record<string, unknown>>): Promise<Run>;
  ask(id: RunId, wish: RunWish): Run;
  kill(id: RunId): Run;
  /** With its folder. @throws StudioError conflict while it trains */
  remove(id: RunId): void;
  series(id: RunId, names: readonly string[], buckets: number): RunSeries;
  log(id: RunId, limit: number): readonly RunLogEntry[];
  output(id: RunId): string;
  folderOf(id: RunId): string;
  config(id: RunId): TrainConfig;
  /** Runs go on; they are only no longer followed. */
  close(): void;
}

const TICK_MS = 400;
/** A trainer says about every two seconds that it lives. */
const QUIET_MS = 30_000;
const OUTPUT_BYTES = 64 * 1024;
/** Steps that the failure detectors look at. */
const RECENT = 40;
const RECENT_NAMES = [
  'accuracy',
  'reward',
  'tool_rate',
  'valid_tool_rate',
  'turns',
  'entropy',
  'format',
  'groups_without_gradient',
  'masked_share',
  'masked_by.too_many_steps',
  'masked_by.too_long',
  'flag.loop',
  'flag.repeated_call',
  'grad_norm',
  'kl',
];

export function createTrainingService(deps: TrainingDeps): TrainingService {
  const { workspace, now, notify, notifySeldom, log } = deps;
  const { runs } = workspace;
  const followers = new Map<RunId, RunFollower>();
  const quiet = new Set<RunId>();
  /** Starts that are on their way: two presses of one button are one start. */
  const starting = new Set<RunId>();
  const wholes = new Map<RunId, { readonly stamp: string; readonly figures: RunDetail['whole'] }>();
  let timer: NodeJS.Timeout | null = null;

  const folderOf = (id: RunId): string => join(workspace.folder, 'runs', id);
  const trainerOf = (id: RunId): TrainerProcess => createTrainerProcess(folderOf(id));

  function find(id: RunId): Run {
    const run = runs.get(id);
    if (run === null) throw new StudioError('not_found', 'This run is not in the workspace.');
    return run;
  }

  function configOf(id: RunId): TrainConfig {
    const config = readSmallJson(join(folderOf(id), RUN_FILES.config), trainConfig);
    if (config === null) {
      throw new StudioError(
        'not_found',
        'The configuration of this run is not there any more, or was damaged. Make a new run.',
      );
    }
    return config;
  }

  /** Figures of the whole run in spans of steps. Read again once a span is full: 10,000 steps are work. */
  function wholeOf(id: RunId): RunDetail['whole'] {
    const last = runs.lastStep(id) ?? 0;
    if (last <= RECENT) return {};
    const width = Math.ceil(last / RECENT);
    const stamp = `${width}:${Math.floor(last / width)}`;
    const known = wholes.get(id);
    if (known?.stamp === stamp) return known.figures;
    const figures = Object.fromEntries(
      RECENT_NAMES.map((name) => [
        name,
        runs.series(id, name, { first: 1, last }, RECENT).map(({ mean }) => mean),
      ]),
    );
    wholes.set(id, { stamp, figures });
    return figures;
  }

  function isQuiet(id: RunId): boolean {
    const heard = trainerOf(id).heartbeat()?.at ?? null;
    return heard !== null && now() - heard > QUIET_MS;
  }

  function follow(id: RunId): void {
    if (!followers.has(id)) {
      followers.set(id, createRunFollower(id, folderOf(id), { workspace, now, trainer: trainerOf(id) }));
    }
    timer ??= setInterval(tick, TICK_MS);
    timer.unref();
  }

  function tick(): void {
    let changed = false;
    for (const [id, follower] of followers) {
      try {
        if (follower.tick()) changed = true;
        const nowQuiet = isQuiet(id);
        if (nowQuiet !== quiet.has(id)) changed = true;
        if (nowQuiet) quiet.add(id);
        else quiet.delete(id);
        if (follower.isDone() && !starting.has(id)) followers.delete(id);
      } catch (error) {
        // A full disk, most likely: what the trainer writes stays in its file, and is read when there is room.
        log.error(`run ${id} could not be followed`, error);
      }
    }
    if (changed) notifySeldom('runs');
    if (followers.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  }

  function save(run: Run): Run {
    runs.save(run);
    notify('runs');
    return run;
  }

  async function launch(run: Run, changes: Readonly<Record<string, unknown>> | undefined): Promise<Run> {
    const { id } = run;
    const folder = folderOf(id);
    let config = configOf(id);
    const path = join(folder, RUN_FILES.config);
    const command = deps.trainCommand(folder);
    if (changes !== undefined && Object.keys(changes).length > 0) {
      config = changeConfig(config, changes);
      replaceJson(path, config);
    }
    await deps.releaseEngine();
    const started = save({
      ...run,
      maxSteps: config.max_steps,
      state: { kind: 'starting', since: now() },
    });
    try {
      trainerOf(id).launch(command);
    } catch (error) {
      save(run);
      throw toStoreError(error);
    }
    // What was followed of an earlier attempt may have been told that all is over.
    followers.delete(id);
    follow(id);
    return started;
  }

  function active(id: RunId): Run {
    const run = find(id);
    if (!isActive(run.state)) throw new StudioError('conflict', 'This run does not train now.');
    return run;
  }

  // Runs that were on when the last host ended: they are found again, or their end is.
  for (const run of runs.list()) {
    if (isActive(run.state) || trainerOf(run.id).find() !== null) follow(run.id);
  }
  tick();

  return {
    folderOf,
    config: configOf,
    list: () => runs.list(),
    get: (id) => {
      const run = find(id);
      const folder = folderOf(id);
      return {
        run,
        config: configOf(id),
        folder,
        command: commandLine(folder),
        checkpoints: listCheckpoints(folder),
        rolloutSpan: runs.rolloutSpan(id),
        isQuiet: isActive(run.state) && isQuiet(id),
        recent: Object.fromEntries(RECENT_NAMES.map((name) => [name, runs.newest(id, name, RECENT)])),
        whole: wholeOf(id),
      };
    },
    create: async (input) => {
      const agent = await deps.chooseAgent(input.agentVersionId);
      if (agent.source.kind !== 'folder') {
        throw new StudioError(
          'bad_input',
          `${agent.name} runs on a server. Only an agent whose model folder is on this machine can be trained here.`,
        );
      }
      const data = readRunData(workspace, input.source, deps.readSnapshot);
      const id = newId.run();
      const config = makeConfig(
        {
          run_id: id,
          created_at: now(),
          agent_folder: agent.source.folder,
          lineage: {
            parent_agent: agent.id,
            snapshot: input.source.kind === 'snapshot' ? input.source.id : null,
          },
        },
        input.knobs,
      );
      const folder = folderOf(id);
      try {
        mkdirSync(folder, { recursive: true });
        writeDataFolder(folder, data);
        replaceJson(join(folder, RUN_FILES.config), config);
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        throw toStoreError(error);
      }
      const run: Run = {
        id,
        name: input.name ?? `${agent.name} on ${data.name}`,
        source: input.source,
        sourceName: data.name,
        agentVersionId: agent.id,
        agentName: agent.name,
        createdAt: now(),
        state: { kind: 'created' },
        step: 0,
        maxSteps: config.max_steps,
        attempt: 0,
        machine: null,
        reward: null,
        accuracy: null,
        toolRate: null,
        evaluation: null,
        badLines: 0,
      };
      runs.add(run);
      notify('runs');
      return run;
    },
    start: async (id, changes) => {
      const run = find(id);
      if (!canStart(run.state) || starting.has(id)) {
        throw new StudioError(
          'conflict',
          run.state.kind === 'finished' ? 'This run is finished.' : 'This run trains already.',
        );
      }
      const other = runs.list().find((one) => one.id !== id && isActive(one.state));
      if (other !== undefined || starting.size > 0) {
        throw new StudioError(
          'conflict',
          `${other === undefined ? 'Another run' : `"${other.name}"`} trains now, and two would take each other's memory. Stop it first.`,
        );
      }
      const busy = deps.otherTraining();
      if (busy !== null) throw new StudioError('conflict', `${busy} Stop it first.`);
      starting.add(id);
      try {
        return await launch(run, changes);
      } finally {
        starting.delete(id);
      }
    },
    ask: (id, wish) => {
      const run = active(id);
      trainerOf(id).control(wish, now());
      return run.state.kind === 'running' ? save({ ...run, state: { ...run.state, wish } }) : run;
    },
    kill: (id) => {
      active(id);
      trainerOf(id).kill();
      tick();
      return find(id);
    },
    remove: (id) => {
      const run = find(id);
      if (isActive(run.state) || trainerOf(id).find() !== null) {
        throw new StudioError('conflict', 'This run trains now. Stop it first.');
      }
      runs.remove(id, now());
      wholes.delete(id);
      rmSync(folderOf(id), { recursive: true, force: true });
      notify('runs');
    },
    series: (id, names, buckets) => {
      // From 0: the evaluation before the first step is where it all began.
      const span = { first: 0, last: runs.lastStep(find(id).id) ?? 0 };
      return {
        ...span,
        series: names.map((name) => {
          const found = runs.series(id, name, span, buckets);
          return {
            name,
            step: found.map(({ step }) => step),
            min: found.map(({ min }) => min),
            max: found.map(({ max }) => max),
            mean: found.map(({ mean }) => mean),
          };
        }),
      };
    },
    log: (id, limit) => runs.log(find(id).id, limit),
    output: (id) => trainerOf(find(id).id).logTail(OUTPUT_BYTES),
    close: () => {
      if (timer !== null) clearInterval(timer);
      timer = null;
      followers.clear();
    },
  };
}

/** What a person can type to go on with this run by hand. */
function commandLine(folder: string): string {
  return `npm run -s trainer -- train ${shellWord(folder)}`;
}
