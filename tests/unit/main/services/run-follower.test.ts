import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AgentVersionId } from '../../../../shared/model/ids.ts';
import type { Run, RunState } from '../../../../shared/model/run.ts';
import { createRunFollower } from '../../../../main/services/training/run-follower.ts';
import { newId } from '../../../../main/store/new-id.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { Workspace } from '../../../../main/store/workspace.ts';
import { parseOomKills } from '../../../../main/trainer-control/oom-kills.ts';
import { tempFolder } from '../../../helpers/temp.ts';

const RUNNING: RunState = { kind: 'running', phase: 'update', done: null, total: null, wish: null };
const STOPPED = { type: 'run_ended', seq: 1, time: 1, step: 3, outcome: 'stopped', checkpoint: null };

describe('a run whose process is gone', () => {
  let workspace: Workspace;
  afterEach(() => workspace.close());

  /** A run that is seen alive once, with this count of kills, and gone at the next look, with that one. */
  function afterItsEnd(kills: readonly (number | null)[], event?: object, state: RunState = RUNNING): Run {
    const folder = tempFolder('follower');
    workspace = openWorkspace(join(folder, 'workspace'), 1);
    const id = newId.run();
    workspace.runs.add({
      ...{ id, name: 'r', source: { kind: 'samples' }, sourceName: 's', createdAt: 1, state, step: 3 },
      ...{ agentVersionId: newId.agent() satisfies AgentVersionId, agentName: 'a', maxSteps: 9, attempt: 1 },
      ...{ machine: null, reward: null, accuracy: null, toolRate: null, evaluation: null, badLines: 0 },
    });
    mkdirSync(join(folder, 'run'));
    let looks = 0;
    const follower = createRunFollower(id, join(folder, 'run'), {
      workspace,
      now: () => 7,
      oomKills: () => kills[Math.min(looks, kills.length) - 1] ?? null,
      trainer: {
        find: () => {
          looks += 1;
          return looks === 1 ? { pid: 1, startTicks: 1, bootId: null, startedAt: 1 } : null;
        },
        logTail: () => '',
      },
    });
    follower.tick();
    expect(follower.isDone()).toBe(false);
    if (event !== undefined) {
      writeFileSync(join(folder, 'run', 'events.jsonl'), `${JSON.stringify(event)}\n`);
    }
    follower.tick();
    expect(follower.isDone()).toBe(true);
    const run = workspace.runs.get(id);
    if (run === null) throw new Error('the run is gone');
    return run;
  }

  it('was ended for memory where the system ended a program just then', () => {
    expect(afterItsEnd([4, 5]).state).toMatchObject({
      kind: 'failed',
      failure: { code: 'out_of_memory', message: expect.stringContaining('ran out of memory') },
    });
  });

  it.each([
    ['no program was ended', [4, 4]],
    ['the system does not tell', [null, null]],
    ['it tells only now', [null, 5]],
  ])('is interrupted where %s', (_name, kills) => {
    expect(afterItsEnd(kills).state).toEqual({ kind: 'interrupted', at: 7 });
  });

  it('ended as its events say, whatever else the system ended', () => {
    expect(afterItsEnd([4, 5], STOPPED).state).toEqual({ kind: 'stopped', at: 1 });
  });
});

it('the count is read from what Linux tells of its memory', () => {
  expect(parseOomKills('pgfault 3\noom_kill 12\ndrop_pagecache 0\n')).toBe(12);
  expect(parseOomKills('pgfault 3\n')).toBeNull();
});
