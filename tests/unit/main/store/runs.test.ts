import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '../../../../shared/model/ids.ts';
import { newId } from '../../../../main/store/new-id.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';

const STEPS = 1000;

describe('what is kept of a run', () => {
  const folder = makeTempFolder('runs');
  let workspace: Workspace;
  const id: RunId = newId.run();

  beforeAll(() => {
    workspace = openWorkspace(join(folder, 'workspace'), 1);
    workspace.runs.add({
      ...{ id, name: 'r', source: { kind: 'samples' }, sourceName: 's', createdAt: 1, step: 0, attempt: 1 },
      ...{ agentVersionId: newId.agent(), agentName: 'a', maxSteps: STEPS, state: { kind: 'created' } },
      ...{ machine: null, reward: null, accuracy: null, toolRate: null, evaluation: null, badLines: 0 },
    });
    workspace.write(() => {
      for (let step = 1; step <= STEPS; step += 1) {
        workspace.runs.putMetrics(id, step, { rollouts: 8, value: step === 500 ? 99 : step / STEPS });
        if (step % 4 === 1) workspace.runs.putRollouts(id, step, `rollouts/${step}`, 8);
      }
    });
  });
  afterAll(() => {
    workspace.close();
    removeFolder(folder);
  });

  it('comes in as many spans of steps as are asked for, with no spike lost', () => {
    const found = workspace.runs.series(id, 'value', { first: 1, last: STEPS }, 40);
    expect(found).toHaveLength(40);
    expect(found[0]).toMatchObject({ step: 25, min: 0.001, max: 0.025 });
    expect(found[0]?.mean).toBeCloseTo(0.013);
    expect(found[19]).toMatchObject({ step: 500, min: 0.476, max: 99 });
    expect(found.at(-1)?.step).toBe(STEPS);
  });

  it('comes step by step where there are no more steps than spans', () => {
    const found = workspace.runs.series(id, 'value', { first: 1, last: 30 }, 40);
    expect(found.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(found.every(({ min, max, mean }) => min === max && max === mean)).toBe(true);
  });

  it('is known from its first to its last rollouts, and in its newest steps', () => {
    expect(workspace.runs.rolloutSpan(id)).toEqual({ first: 1, last: 997 });
    expect(workspace.runs.newest(id, 'value', 2)).toEqual([0.999, 1]);
    workspace.runs.forgetAll(id);
    expect(workspace.runs.rolloutSpan(id)).toBeNull();
    expect(workspace.runs.series(id, 'value', { first: 1, last: STEPS }, 40)).toEqual([]);
  });
});
