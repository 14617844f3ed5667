import { StudioError } from '../../../shared/contract/errors.ts';
import type {
  CompareInput,
  ListPairsInput,
  PairPage,
  StartedEvaluation,
  StartEvaluationInput,
} from '../../../shared/contract/evaluations.ts';
import type { StartJobInput } from '../../../shared/contract/groups.ts';
import type { Comparison, Evaluation, EvaluationCounts } from '../../../shared/model/evaluation.ts';
import type { EvaluationId } from '../../../shared/model/ids.ts';
import { GREEDY } from '../../../shared/model/limits.ts';
import type { SampleFilter } from '../../../shared/model/sample-filter.ts';
import { newId } from '../../store/new-id.ts';
import type { StoredAgent } from '../../store/repositories/agents.ts';
import type { StoredJob } from '../../store/repositories/rollout-jobs.ts';
import type { Workspace } from '../../store/workspace.ts';
import type { JobsService } from './jobs-service.ts';

/** Evaluations that the list goes back. */
const SHOWN = 100;

export interface EvaluationsDeps {
  readonly workspace: Workspace;
  readonly jobs: JobsService;
  readonly chooseAgent: (id: StartJobInput['agentVersionId']) => Promise<StoredAgent>;
}

/** How good an agent version is: one greedy episode a sample, by the machinery of the groups. */
export interface EvaluationsService {
  /** @throws StudioError not_found, bad_input */
  start(input: StartEvaluationInput): Promise<StartedEvaluation>;
  list(): readonly Evaluation[];
  /** What `Evaluation.scopeKey` is for the samples of a filter. */
  scopeKeyOf(filter: SampleFilter): string;
  /** @throws StudioError not_found */
  compare(input: CompareInput): Comparison;
  pairs(query: ListPairsInput): PairPage;
}

export function createEvaluationsService(deps: EvaluationsDeps): EvaluationsService {
  const { rolloutJobs, evaluations } = deps.workspace;

  /** What has finished stays as it is. */
  const known = new Map<EvaluationId, EvaluationCounts>();

  function countsOf(id: EvaluationId, finished: boolean): EvaluationCounts {
    const counts = known.get(id) ?? evaluations.counts(id);
    if (finished) known.set(id, counts);
    return counts;
  }

  function find(id: EvaluationId): Evaluation {
    const job = rolloutJobs.byEvaluation(id);
    if (!job) throw new StudioError('not_found', 'This evaluation is not in the workspace.');
    return show(job, id);
  }

  function show(job: StoredJob, id: EvaluationId): Evaluation {
    const filter = job.scope.kind === 'filter' ? job.scope.filter : {};
    const withTools = job.plan.size > 0;
    return {
      id,
      agentVersionId: job.agentVersionId,
      agentName: job.agentName,
      withTools,
      scopeKey: scopeKeyOf(filter),
      scopeWords: wordsOf(filter),
      createdAt: job.createdAt,
      finished: job.state === 'finished',
      sampleTotal: job.sampleTotal,
      counts: countsOf(id, job.state === 'finished'),
    };
  }

  return {
    start: async ({ agentVersionId, filter, withTools }) => {
      const agent = await deps.chooseAgent(agentVersionId);
      const evaluationId = newId.evaluation();
      const job = deps.jobs.add({
        evaluationId,
        agent,
        scope: { kind: 'filter', filter },
        plan: {
          size: withTools ? 1 : 0,
          sizeWithout: withTools ? 0 : 1,
          sampling: GREEDY,
          limits: agent.limits,
          capMs: null,
        },
      });
      return { job, evaluationId };
    },
    scopeKeyOf,
    list: () =>
      rolloutJobs
        .evaluations(SHOWN)
        .flatMap((job) => (job.evaluationId === null ? [] : [show(job, job.evaluationId)])),
    compare: ({ a, b }) => ({ a: find(a), b: find(b), ...evaluations.compare(a, b) }),
    pairs: (query) => evaluations.pairs(query),
  };
}

function scopeKeyOf(filter: SampleFilter): string {
  return JSON.stringify(Object.entries(filter).sort());
}

/** The filter in a few words; what has none is only counted. */
function wordsOf(filter: SampleFilter): string {
  const { splits, kinds, tags, search, ...rest } = filter;
  const more = Object.keys(rest).length;
  const parts = [
    splits === undefined ? '' : `split ${splits.join(', ')}`,
    kinds === undefined ? '' : `kind ${kinds.join(', ')}`,
    tags === undefined ? '' : `tags ${tags.join(', ')}`,
    search === undefined ? '' : `“${search}”`,
    more === 0 ? '' : `${more} more ${more === 1 ? 'condition' : 'conditions'}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'all samples' : parts.join(' · ');
}
