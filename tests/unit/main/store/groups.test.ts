import { describe, expect, it } from 'vitest';
import { newId } from '../../../../main/store/new-id.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import type { GroupOrder } from '../../../../shared/contract/groups.ts';
import type { AgentVersionId, GroupId, JobId } from '../../../../shared/model/ids.ts';
import { DEFAULT_LIMITS, GREEDY } from '../../../../shared/model/limits.ts';
import type { Sample } from '../../../../shared/model/sample.ts';
import { addAgent, addSample } from '../../../helpers/store-rows.ts';
import { tempFolder } from '../../../helpers/temp.ts';

interface Outcome {
  readonly answer: string;
  readonly total: number;
  readonly withTools?: boolean;
}

function addJob(workspace: Workspace, agentVersionId: AgentVersionId): JobId {
  const id = newId.job();
  workspace.rolloutJobs.add({
    id,
    evaluationId: null,
    agentVersionId,
    scope: { kind: 'filter', filter: {} },
    plan: { size: 2, sizeWithout: 1, sampling: GREEDY, limits: DEFAULT_LIMITS, capMs: 1000 },
    createdAt: 1,
    sampleTotal: 3,
  });
  return id;
}

function addGroup(workspace: Workspace, job: JobId, sample: Sample, outcomes: readonly Outcome[]): GroupId {
  const agentVersionId = workspace.rolloutJobs.get(job)?.agentVersionId ?? addAgent(workspace).id;
  const id = workspace.groups.ensure(job, sample.id, 2, 1, 1);
  for (const [number, { answer, total, withTools }] of outcomes.entries()) {
    const episode = {
      id: newId.episode(),
      sampleId: sample.id,
      agentVersionId,
      startedAt: 1,
      withTools: withTools ?? true,
      sampling: GREEDY,
      limits: DEFAULT_LIMITS,
      state: { kind: 'ended', status: 'answered', endedAt: 2 },
      views: [],
      steps: [],
      answer,
      verdict: total >= 1 ? 'right' : 'wrong',
      reward: { accuracy: total >= 1 ? 1 : 0, toolFactor: 1, format: 1, total },
      flags: [],
      error: null,
    } as const;
    workspace.episodes.create(episode);
    workspace.episodes.finish(episode);
    workspace.rolloutJobs.link(job, sample.id, number, episode.id);
  }
  workspace.groups.refresh(id);
  return id;
}

/** Three groups with their questions for names: even (no gradient), split (much), tools (where they help). */
function threeGroups(workspace: Workspace): JobId {
  const job = addJob(workspace, addAgent(workspace).id);
  const samples = ['even', 'split', 'tools'].map((question) => addSample(workspace, { question }));
  const [even, split, tools] = samples as [Sample, Sample, Sample];
  addGroup(workspace, job, even, [
    { answer: 'a', total: 1.5 },
    { answer: 'a', total: 1.5 },
    { answer: 'a', total: 1.5, withTools: false },
  ]);
  addGroup(workspace, job, split, [
    { answer: 'a', total: 2 },
    { answer: 'b', total: 0 },
  ]);
  addGroup(workspace, job, tools, [
    { answer: 'a', total: 2 },
    { answer: 'a', total: 1.5 },
    { answer: 'b', total: 0.5, withTools: false },
  ]);
  return job;
}

function questions(workspace: Workspace, order: GroupOrder, limit = 2): readonly string[] {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = workspace.groups.list({ order, limit, cursor });
    seen.push(...page.items.map(({ question }) => question));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return seen;
}

describe('groups in the store', () => {
  it('every order over pages of one and of two', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    threeGroups(workspace);
    for (const limit of [1, 2]) {
      expect(questions(workspace, 'newest', limit)).toEqual(['tools', 'split', 'even']);
      expect(questions(workspace, 'variance', limit)).toEqual(['split', 'tools', 'even']);
      expect(questions(workspace, 'disagreement', limit)).toEqual(['split', 'tools', 'even']);
      // The one that was never played without tools has no gain, so it is not asked for.
      expect(questions(workspace, 'gain', limit)).toEqual(['tools', 'even']);
      expect(questions(workspace, 'loss', limit)).toEqual(['even', 'tools']);
      expect(questions(workspace, 'accuracy', limit)).toEqual(['split', 'even', 'tools']);
    }
    expect(workspace.groups.list({ order: 'gain', limit: 1 }).total).toBe(2);
    expect(() => workspace.groups.list({ order: 'gain', limit: 1, cursor: '1; DROP' })).toThrow('not known');
    workspace.close();
  });

  it('every order but the newest is read from an index', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const plan = workspace.database.raw
      .prepare<[], { detail: string }>(
        'EXPLAIN QUERY PLAN SELECT seq FROM groups WHERE (ifnull(reward_variance, -2), seq) < (0.5, 9) ORDER BY ifnull(reward_variance, -2) DESC, seq DESC LIMIT 3',
      )
      .all()
      .map(({ detail }) => detail);
    expect(plan.join(' ')).toContain('groups_by_variance');
    expect(plan.join(' ')).not.toContain('TEMP B-TREE');
    workspace.close();
  });

  it('statistics and numbers of a group come back, and `ensure` makes it once', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const job = threeGroups(workspace);
    const [first] = workspace.groups.list({ order: 'newest', limit: 1 }).items;
    expect(first?.group).toMatchObject({
      jobId: job,
      size: 2,
      sizeWithout: 1,
      demonstration: null,
      statistics: { done: 2, doneWithout: 1, accuracy: 1, accuracyWithout: 0, gain: 1, allEqual: false },
    });
    const { id, sampleId } = first?.group ?? { id: newId.group(), sampleId: newId.sample() };
    expect(workspace.groups.ensure(job, sampleId, 2, 1, 9)).toBe(id);
    expect(workspace.groups.members(id).map(({ number }) => number)).toEqual([0, 1, 2]);
    workspace.close();
  });

  it('a demonstration is picked, replaced, undone and done again', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    threeGroups(workspace);
    const [tools, other] = workspace.groups.list({ order: 'newest', limit: 2 }).items;
    if (!tools || !other) throw new Error('no groups');
    const { sampleId } = tools.group;
    const [one, two] = workspace.groups.members(tools.group.id).map(({ episodeId }) => episodeId);
    const by = workspace.reviewers.first(1).id;
    const pick = (episode: typeof one): void =>
      workspace.journal.act({ by, at: 2, label: 'Pick demonstration', subject: tools.group.id }, () =>
        workspace.groups.pick(sampleId, episode ?? null, 2),
      );
    const shown = () => workspace.groups.get(tools.group.id)?.group.demonstration;

    pick(one);
    pick(two);
    expect(shown()).toBe(two);
    workspace.journal.undo(by, 3);
    expect(shown()).toBe(one);
    workspace.journal.undo(by, 4);
    expect(shown()).toBeNull();
    workspace.journal.redo(by);
    expect(shown()).toBe(one);
    const [foreign] = workspace.groups.members(other.group.id);
    expect(() => pick(foreign?.episodeId)).toThrow('not one of this sample');
    workspace.close();
  });
});

describe('rollout jobs in the store', () => {
  it('the oldest active one has its turn; a cap runs down and is given again', () => {
    const workspace = openWorkspace(tempFolder(), 1);
    const agent = addAgent(workspace).id;
    const [first, second] = [addJob(workspace, agent), addJob(workspace, agent)];
    expect(workspace.rolloutJobs.nextActive()?.id).toBe(first);
    workspace.rolloutJobs.setState(first, 'paused', 'by hand', 5);
    expect(workspace.rolloutJobs.nextActive()?.id).toBe(second);

    workspace.rolloutJobs.count(first, { failed: false, right: true, ms: 1200.4 });
    workspace.rolloutJobs.advance(first, -4);
    expect(workspace.rolloutJobs.get(first)).toMatchObject({
      spentMs: 1200,
      capLeftMs: -200,
      episodesDone: 1,
      episodesRight: 1,
      samplesDone: 1,
      cursor: -4,
      reason: 'by hand',
      endedAt: null,
    });
    workspace.rolloutJobs.renewCap(first);
    workspace.rolloutJobs.renewCap(second);
    expect(workspace.rolloutJobs.get(first)?.capLeftMs).toBe(1000);
    workspace.rolloutJobs.setState(second, 'finished', null, 9);
    expect(workspace.rolloutJobs.get(second)).toMatchObject({ state: 'finished', endedAt: 9 });
    expect(workspace.rolloutJobs.list(9).map(({ id }) => id)).toEqual([second, first]);
    workspace.close();
  });

  it('a rollout that was cut off is told from one that ended', () => {
    const folder = tempFolder();
    const before = openWorkspace(folder, 1);
    const sample = addSample(before);
    const job = addJob(before, addAgent(before).id);
    addGroup(before, job, sample, [{ answer: 'a', total: 1 }]);
    const cut = {
      ...(before.episodes.get(before.rolloutJobs.rollouts(job, sample.id)[0]?.episodeId ?? newId.episode()) ??
        raise()),
      id: newId.episode(),
    };
    before.episodes.create(cut);
    before.rolloutJobs.link(job, sample.id, 1, cut.id);
    before.close();

    const after = openWorkspace(folder, 2);
    expect(after.rolloutJobs.rollouts(job, sample.id)).toMatchObject([
      { number: 0, ended: true, interrupted: false },
      { number: 1, ended: true, interrupted: true },
    ]);
    after.rolloutJobs.unlink(job, sample.id, 1);
    expect(after.rolloutJobs.rollouts(job, sample.id)).toHaveLength(1);
    after.close();
  });
});

function raise(): never {
  throw new Error('the episode is not there');
}
