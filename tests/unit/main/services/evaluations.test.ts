import { describe, expect, it } from 'vitest';
import { createEvaluationsService } from '../../../../main/services/groups/evaluations-service.ts';
import type { EvaluationsService } from '../../../../main/services/groups/evaluations-service.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { AgentVersionId, EvaluationId } from '../../../../shared/model/ids.ts';
import { pairedTest } from '../../../../shared/model/evaluation.ts';
import type { Ending, JobsSetting, PlayInput } from '../../../helpers/jobs-setting.ts';
import { jobsSetting } from '../../../helpers/jobs-setting.ts';
import { addAgent, addSample } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

/** By question: whether the first agent, and the second, is right; null where it fails. */
const OUTCOMES: Readonly<Record<string, readonly [boolean | null, boolean | null]>> = {
  'read 1': [true, true],
  'read 2': [false, true],
  'read 3': [false, true],
  'compare 1': [true, false],
  'compare 2': [false, false],
  'compare 3': [null, true],
};

interface Two extends JobsSetting {
  readonly evaluations: EvaluationsService;
  readonly second: AgentVersionId;
}

function two(): Two {
  let workspace: Workspace | null = null;
  const endingOf = ({ sampleId, agentVersionId, sampling, withTools }: PlayInput): Ending => {
    if (sampling.temperature !== 0 || sampling.seed !== 0) throw new Error('an evaluation is greedy');
    const question = workspace?.samples.get(sampleId)?.question ?? '';
    const right = OUTCOMES[question]?.[agentVersionId === setting.agent.id ? 0 : 1] ?? null;
    if (right === null) return { status: 'failed' };
    const act = question === 'read 1' ? { kind: 'look_back', image: 1 } : { kind: 'nothing' };
    return { status: 'answered', right, ...(withTools ? { act: act as never } : {}) };
  };
  const setting = jobsSetting(tempFolder(), endingOf);
  workspace = setting.workspace;
  const second = addAgent(workspace).id;
  for (const question of Object.keys(OUTCOMES).toReversed()) {
    addSample(workspace, { question, kind: question.split(' ')[0] ?? '', split: 'test' });
  }
  addSample(workspace, { question: 'not asked', split: 'train' });
  const evaluations = createEvaluationsService({
    workspace,
    jobs: setting.jobs,
    chooseAgent: async (id) => workspace.agents.get(id ?? second) ?? setting.agent,
  });
  return { ...setting, evaluations, second };
}

async function evaluate(
  { evaluations, ended }: Two,
  agentVersionId: AgentVersionId,
  withTools = true,
): Promise<EvaluationId> {
  const { job, evaluationId } = await evaluations.start({
    agentVersionId,
    filter: { splits: ['test'] },
    withTools,
  });
  await ended(job.id);
  return evaluationId;
}

describe('evaluations', () => {
  it('of one agent: greedy, of the split that was asked for, counted by what happened', async () => {
    const setting = two();
    const id = await evaluate(setting, setting.agent.id);
    expect(setting.evaluations.list()).toMatchObject([
      {
        id,
        agentVersionId: setting.agent.id,
        finished: true,
        scopeWords: 'split test',
        counts: {
          episodes: 6,
          scored: 5,
          right: 2,
          usedTool: 1,
          lookedBack: 1,
          answered: 5,
          failed: 1,
        },
      },
    ]);
    expect(setting.workspace.groups.list({ order: 'newest', limit: 9 }).total).toBe(0);
    setting.workspace.close();
  });

  it('two agents: flips by kind and the test on them, by hand', async () => {
    const setting = two();
    const a = await evaluate(setting, setting.agent.id);
    const b = await evaluate(setting, setting.second);
    const { kinds, countsA, countsB } = setting.evaluations.compare({ a, b });
    // `compare 3` failed in the first, so it is no pair.
    expect(kinds).toEqual([
      { kind: 'compare', bothRight: 0, gained: 0, lost: 1, bothWrong: 1 },
      { kind: 'read', bothRight: 1, gained: 2, lost: 0, bothWrong: 0 },
    ]);
    expect([countsA.right, countsB.right]).toEqual([2, 4]);
    // 2 (1 + 3) / 8 of three flips.
    expect(pairedTest(kinds)).toMatchObject({ pairs: 5, gained: 2, lost: 1, p: 1 });
    setting.workspace.close();
  });

  it('flips are listed in the order of the samples, page by page, and by kind', async () => {
    const setting = two();
    const a = await evaluate(setting, setting.agent.id);
    const b = await evaluate(setting, setting.second);
    const { evaluations } = setting;
    const first = evaluations.pairs({ a, b, which: 'flips', limit: 2 });
    expect(first).toMatchObject({
      total: 3,
      items: [{ question: 'read 2', a: { right: false }, b: { right: true } }, { question: 'read 3' }],
    });
    const second = evaluations.pairs({ a, b, which: 'flips', limit: 2, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ question: 'compare 1' }], nextCursor: null });
    const questions = (which: 'gained' | 'lost' | 'both_wrong' | 'all', kind?: string) =>
      evaluations
        .pairs({ a, b, which, limit: 99, ...(kind === undefined ? {} : { kind }) })
        .items.map(({ question }) => question);
    expect(questions('lost')).toEqual(['compare 1']);
    expect(questions('both_wrong')).toEqual(['compare 2']);
    expect(questions('gained', 'compare')).toEqual([]);
    expect(questions('all')).toHaveLength(6);
    setting.workspace.close();
  });

  it('one agent with and without tools is a comparison like any other', async () => {
    const setting = two();
    const a = await evaluate(setting, setting.agent.id, false);
    const b = await evaluate(setting, setting.agent.id, true);
    const { countsA, countsB, kinds } = setting.evaluations.compare({ a, b });
    expect([countsA.usedTool, countsB.usedTool]).toEqual([0, 1]);
    expect(pairedTest(kinds)).toMatchObject({ gained: 0, lost: 0, p: 1 });
    setting.workspace.close();
  });

  it('what is not there is refused', async () => {
    const setting = two();
    const a = await evaluate(setting, setting.agent.id);
    expect(() => setting.evaluations.compare({ a, b: 'evl_0123456789abcdef' as EvaluationId })).toThrow(
      'not in the workspace',
    );
    setting.workspace.close();
  });
});
