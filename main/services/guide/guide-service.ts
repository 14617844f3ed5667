import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../../../shared/contract/errors.ts';
import type { StartedJob, StartJobInput } from '../../../shared/contract/groups.ts';
import type { Guide } from '../../../shared/contract/guide.ts';
import type { ChangeTopic } from '../../../shared/contract/procedures.ts';
import type { Progress } from '../../../shared/contract/reviews.ts';
import type { TakeProgress, TakeSnapshotInput } from '../../../shared/contract/snapshots.ts';
import type { Evaluation } from '../../../shared/model/evaluation.ts';
import type { GuideFacts } from '../../../shared/model/guide.ts';
import { REVIEWS_WANTED } from '../../../shared/model/guide.ts';
import { agentVersionId } from '../../../shared/model/ids.ts';
import type {
  AgentVersionId,
  ImportId,
  JobId,
  ReviewerId,
  SampleId,
  SnapshotId,
} from '../../../shared/model/ids.ts';
import type { ImportJob } from '../../../shared/model/import-job.ts';
import { BEGINNER_MARK, SET_MARK } from '../../../shared/model/demo.ts';
import type { RolloutJob } from '../../../shared/model/rollout-job.ts';
import type { Workspace } from '../../store/workspace.ts';

export interface GuideDeps {
  readonly workspace: Workspace;
  readonly assetsPath: string;
  readonly notify: (topic: ChangeTopic) => void;
  readonly standings: () => Progress['standings'];
  readonly evaluations: () => readonly Evaluation[];
  readonly startJob: (input: StartJobInput) => Promise<StartedJob>;
  readonly watchJobs: (signal: AbortSignal) => AsyncGenerator<readonly RolloutJob[], void, void>;
  readonly importPaths: (paths: readonly string[]) => ImportJob;
  readonly importSettled: (id: ImportId) => Promise<ImportJob>;
  /** Resolves when it has ended, however. */
  readonly takeSnapshot: (input: TakeSnapshotInput) => Promise<TakeProgress>;
}

/** The first steps of a person in the demo workspace: how far they are, and what takes the dull part off them. */
export interface GuideService {
  get(): Guide;
  show(shown: boolean): void;
  /** Plays as many runs as are still missing for the reviews, to the end. Null where none is. */
  play(): Promise<JobId | null>;
  /** What training needs: more questions than a person wants to review, and a snapshot of them all. */
  prepare(by: ReviewerId | undefined): Promise<SnapshotId>;
}

const PRACTICE_SET = 'demo-set/practice/samples.jsonl';
const PRACTICE_MARK = 'practice_set';
const HIDDEN_MARK = 'guide_hidden';

export function createGuideService(deps: GuideDeps): GuideService {
  const { workspace, notify } = deps;
  const { settings, counters, snapshots, runs, agents, lineage, samples } = workspace;
  let preparing: Promise<SnapshotId> | null = null;

  function beginner(): AgentVersionId | null {
    const id = agentVersionId.safeParse(settings.getMark(BEGINNER_MARK)).data;
    return id !== undefined && agents.list().some((one) => one.id === id) ? id : null;
  }

  /** A workspace that had samples before the demo was offered has the mark, and nothing of the demo. */
  function exists(): boolean {
    return (
      settings.getMark(SET_MARK) !== null &&
      counters.total('samples') > 0 &&
      agents.list().some(({ isDemo }) => isDemo)
    );
  }

  function reviews(): { readonly ended: number; readonly reviewed: number } {
    const standings = deps.standings();
    const ended = Object.values(standings).reduce((total, count) => total + count, 0);
    return { ended, reviewed: ended - (standings.unreviewed ?? 0) };
  }

  function facts(): GuideFacts {
    const { ended, reviewed } = reviews();
    const [run] = runs.list();
    const newest = lineage.list().at(-1);
    const trained = newest === undefined ? null : { id: newest.agentVersionId, parent: newest.parentId };
    return {
      episodes: ended,
      reviewed,
      snapshot: snapshots.list()[0]?.id ?? null,
      run: run === undefined ? null : { id: run.id, state: run.state },
      trained,
      compared: trained !== null && isCompared(deps.evaluations(), trained.id, trained.parent),
    };
  }

  function firstSamples(limit: number): readonly SampleId[] {
    return samples.list({ cursor: null, limit, filter: { status: ['never_run'] } }).items.map(({ id }) => id);
  }

  /** Also when a person pauses it: then there is nothing to wait for. */
  async function settled(id: JobId): Promise<void> {
    const watching = new AbortController();
    for await (const jobs of deps.watchJobs(watching.signal)) {
      if (jobs.some((job) => job.id === id && job.state === 'active')) continue;
      break;
    }
    watching.abort();
  }

  async function bringPractice(): Promise<void> {
    const path = join(deps.assetsPath, PRACTICE_SET);
    if (settings.getMark(PRACTICE_MARK) !== null || !existsSync(path)) return;
    const job = await deps.importSettled(deps.importPaths([path]).id);
    if (job.state !== 'finished') {
      throw new StudioError('internal', 'The questions to train on could not be brought in. Try again.');
    }
    settings.setMark(PRACTICE_MARK, 'done');
  }

  async function prepare(by: ReviewerId | undefined): Promise<SnapshotId> {
    await bringPractice();
    const { reviewed } = reviews();
    const name = reviewed === 1 ? 'After one review' : `After ${reviewed} reviews`;
    const who = by === undefined ? {} : { by };
    const { snapshot, error } = await deps.takeSnapshot({ ...who, name, note: '', filter: {} });
    if (snapshot === null) throw new StudioError('internal', error ?? 'The snapshot was not taken.');
    return snapshot.id;
  }

  return {
    get: () => {
      const isThere = exists();
      const shown = isThere && settings.getMark(HIDDEN_MARK) !== 'yes';
      return {
        exists: isThere,
        shown,
        beginner: beginner(),
        sample: shown ? (samples.list({ cursor: null, limit: 1, filter: {} }).items[0]?.id ?? null) : null,
        facts: shown ? facts() : null,
      };
    },
    show: (shown) => {
      settings.setMark(HIDDEN_MARK, shown ? 'no' : 'yes');
      notify('settings');
    },
    play: async () => {
      const { ended, reviewed } = reviews();
      const ids = firstSamples(Math.max(0, REVIEWS_WANTED - ended));
      if (ids.length === 0 || reviewed >= REVIEWS_WANTED) return null;
      const agent = beginner();
      const { job } = await deps.startJob({
        scope: { kind: 'samples', ids },
        ...(agent === null ? {} : { agentVersionId: agent }),
        ...{ size: 1, sizeWithout: 0, capMs: null },
      });
      await settled(job.id);
      return job.id;
    },
    prepare: (by) => {
      preparing ??= prepare(by).finally(() => {
        preparing = null;
      });
      return preparing;
    },
  };
}

function isCompared(
  evaluations: readonly Evaluation[],
  trained: AgentVersionId,
  parent: AgentVersionId | null,
): boolean {
  const scopes = (id: AgentVersionId | null): readonly string[] =>
    evaluations
      .filter((one) => one.finished && one.agentVersionId === id)
      .map(({ scopeKey, withTools }) => `${scopeKey} ${withTools}`);
  const before = new Set(scopes(parent));
  return scopes(trained).some((scope) => before.has(scope));
}
