import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { StartExperimentInput } from '../../../shared/contract/experiments.ts';
import { isStudioError, StudioError } from '../../../shared/contract/errors.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import {
  experimentArguments,
  experimentName,
  experimentScale,
  planOf,
  seeds,
} from '../../../shared/model/experiment.ts';
import type { Experiment, ExperimentState } from '../../../shared/model/experiment.ts';
import { experimentId } from '../../../shared/model/ids.ts';
import type { ExperimentId } from '../../../shared/model/ids.ts';
import { shellLine } from '../../../shared/model/shell-words.ts';
import type { Log } from '../../log.ts';
import { newId } from '../../store/new-id.ts';
import { toStoreError } from '../../store/store-error.ts';
import type { Workspace } from '../../store/workspace.ts';
import { readSmallJson, replaceJson } from '../../trainer-control/run-files.ts';
import type { TrainerTools } from '../../trainer-control/trainer-commands.ts';
import { armsOf, newestStep, readReport } from './experiment-report.ts';
import type { StampedReport } from './experiment-report.ts';
import { missing } from './setup-service.ts';

export interface ExperimentsDeps {
  readonly workspace: Workspace;
  readonly now: () => number;
  readonly notify: (topic: ChangeTopic) => void;
  readonly log: Log;
  readonly tools: TrainerTools;
  readonly isReady: () => boolean;
  /** Folder of the demo agent, of which the weak base is made; it is only read. */
  readonly demoFolder: string;
  /** What else has this machine for its training, in words; null: nothing. */
  readonly otherTraining: () => string | null;
}

/**
 * The paper's experiments, started from the page: the trainer's own command, its arms and seeds one after the other.
 * Unlike a run an experiment ends with the app. What it has done stays, and going on does not do it again.
 */
export interface ExperimentsService {
  /** Newest first. */
  list(): readonly Experiment[];
  /** @throws StudioError trainer_missing, conflict, disk_full */
  start(input: StartExperimentInput): Experiment;
  /** @throws StudioError not_found, trainer_missing, conflict */
  resume(id: ExperimentId): Experiment;
  stop(id: ExperimentId): Promise<Experiment>;
  /** @throws StudioError conflict while it works */
  remove(id: ExperimentId): void;
  /** The one that works now, in words; null where none does. */
  working(): string | null;
  close(): Promise<void>;
}

const ABOUT = 'experiment.json';
/** How often its progress is looked at, in milliseconds. */
const LOOK_MS = 2000;

/** What is kept of an experiment beside what the trainer writes. */
const about = z.object({
  format: z.literal(1),
  id: experimentId,
  name: experimentName,
  seeds,
  scale: experimentScale,
  createdAt: z.number(),
  /** Why it ended before it was done, if it did. */
  failure: z.string().nullable(),
});
type About = z.infer<typeof about>;

interface Work {
  readonly id: ExperimentId;
  readonly title: string;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export function createExperimentsService(deps: ExperimentsDeps): ExperimentsService {
  const { now, notify, log } = deps;
  const parent = join(deps.workspace.folder, 'experiments');
  const reports = new Map<ExperimentId, StampedReport>();
  let work: Work | null = null;
  let doing = '';

  const folderOf = (id: ExperimentId): string => join(parent, id);
  const changed = (): void => notify('experiments');

  function all(): readonly About[] {
    let names: readonly string[] = [];
    try {
      names = readdirSync(parent);
    } catch {
      // None was made yet.
    }
    return names
      .flatMap((name) => readSmallJson(join(parent, name, ABOUT), about) ?? [])
      .toSorted((one, other) => other.createdAt - one.createdAt);
  }

  function find(id: ExperimentId): About {
    const found = readSmallJson(join(folderOf(id), ABOUT), about);
    if (found === null) throw new StudioError('not_found', 'This experiment is not in the workspace.');
    return found;
  }

  function view(one: About): Experiment {
    const { id, name, createdAt, scale } = one;
    const folder = folderOf(id);
    const stamped = readReport(folder, name, reports.get(id));
    reports.set(id, stamped);
    const arms = stamped.report === null ? [] : armsOf(stamped.report);
    const done = arms.reduce((sum, arm) => sum + arm.seeds, 0);
    const total = planOf(name).arms.length * one.seeds.length;
    return {
      ...{ id, name, seeds: one.seeds, scale, createdAt, done, total, arms, folder },
      state: stateOf(one, done >= total),
      hardware: stamped.report?.hardware ?? null,
      command: `npm run -s imagent -- experiment ${shellLine(experimentArguments(one, folder))}`,
    };
  }

  function stateOf({ id, name, failure }: About, isDone: boolean): ExperimentState {
    if (work?.id === id) {
      const step = doing.endsWith(': training') ? newestStep(folderOf(id), name) : null;
      return { kind: 'working', doing, step };
    }
    if (isDone) return { kind: 'done' };
    return failure === null ? { kind: 'stopped' } : { kind: 'failed', message: failure };
  }

  async function run(one: About, signal: AbortSignal): Promise<void> {
    const folder = folderOf(one.id);
    const { code, errors } = await deps.tools.run(
      ['experiment', ...experimentArguments(one, folder), '--model', deps.demoFolder],
      {
        signal,
        onLine: (line) => {
          // Only what the experiment itself says: a run by name, or the base that is made.
          if (!/^[^|{\r]{1,120}: (training|making the weak base)$/.test(line)) return;
          doing = line;
          changed();
        },
      },
    );
    if (code === 0 || signal.aborted) return;
    const words = errors.trim().split('\n').slice(-3).join('\n');
    throw new StudioError('internal', words === '' ? 'The trainer ended without a word.' : words);
  }

  async function carryOut(one: About, abort: AbortController): Promise<void> {
    const timer = setInterval(changed, LOOK_MS);
    try {
      await run(one, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) fail(one, error);
    } finally {
      clearInterval(timer);
      work = null;
      changed();
    }
  }

  function fail(one: About, error: unknown): void {
    const known = toStoreError(error);
    if (!isStudioError(known)) log.error(`experiment ${one.id} could not go on`, known);
    const failure = isStudioError(known) ? known.message : 'Something went wrong inside the app.';
    try {
      replaceJson(join(folderOf(one.id), ABOUT), { ...one, failure });
    } catch (cause) {
      log.error(`what became of experiment ${one.id} could not be written down`, cause);
    }
  }

  /** @throws StudioError trainer_missing, conflict */
  function mayWork(): void {
    if (!deps.isReady()) throw missing();
    const busy = work === null ? deps.otherTraining() : describe(work);
    if (busy !== null) {
      throw new StudioError('conflict', `${busy} Two would take each other's time. Stop it first.`);
    }
  }

  function begin(one: About): Experiment {
    const abort = new AbortController();
    doing = 'Starting';
    const fresh = { ...one, failure: null };
    replaceJson(join(folderOf(one.id), ABOUT), fresh);
    // Begun after `work` is set: what ends at once would be taken for what never ended.
    const done = Promise.resolve().then(() => carryOut(fresh, abort));
    work = { id: one.id, title: planOf(one.name).title, abort, done };
    changed();
    return view(fresh);
  }

  return {
    list: () => all().map(view),
    working: () => (work === null ? null : describe(work)),
    start: (input) => {
      mayWork();
      const id = newId.experiment();
      try {
        mkdirSync(folderOf(id), { recursive: true });
        return begin({ format: 1, id, ...input, createdAt: now(), failure: null });
      } catch (error) {
        rmSync(folderOf(id), { recursive: true, force: true });
        throw toStoreError(error);
      }
    },
    resume: (id) => {
      const one = find(id);
      mayWork();
      return begin(one);
    },
    stop: async (id) => {
      if (work?.id === id) {
        work.abort.abort();
        await work.done;
      }
      return view(find(id));
    },
    remove: (id) => {
      find(id);
      if (work?.id === id) throw new StudioError('conflict', 'This experiment works now. Stop it first.');
      rmSync(folderOf(id), { recursive: true, force: true });
      reports.delete(id);
      changed();
    },
    close: async () => {
      work?.abort.abort();
      await work?.done;
    },
  };
}

function describe({ title }: Work): string {
  return `The experiment "${title}" works now.`;
}
