import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBeginnerService } from '../../../../main/services/training/beginner-service.ts';
import { openWorkspace } from '../../../../main/store/workspace.ts';
import type { TrainerTools } from '../../../../main/trainer-control/trainer-commands.ts';
import type { Beginner } from '../../../../shared/contract/runs.ts';
import { tempFolder } from '../../../helpers/temp.ts';
import { until } from '../../../helpers/until.ts';

describe('an agent that is weak on purpose', () => {
  async function make(tools: TrainerTools, isReady = true) {
    const workspace = openWorkspace(join(tempFolder('beginner'), 'workspace'), 1);
    const seen: Beginner[] = [];
    const added: unknown[] = [];
    const service = createBeginnerService({
      ...{ workspace, tools, demoFolder: '/demo', log: { info: () => {}, error: () => {} } },
      isReady: () => isReady,
      notify: () => void seen.push(service.state()),
      addAgent: async (input) => {
        added.push(input);
        return { id: 'agt_0123456789abcdef' } as never;
      },
    });
    try {
      service.start();
      service.start();
      await until(() => service.state().kind !== 'working', 'it is made');
    } finally {
      await service.close();
      workspace.close();
    }
    return { seen, added, state: service.state() };
  }

  it('is made of the demo agent, exported and added, once', async () => {
    const commands: (string | undefined)[] = [];
    const { seen, added, state } = await make({
      run: async (args, options) => {
        commands.push(args[0]);
        options?.onLine?.('Loading weights: 100%');
        options?.onLine?.('{"step": 20, "loss": 1.5}');
        return { code: 0, output: '', errors: '' };
      },
    });
    expect(commands).toEqual(['weaken', 'export']);
    expect(seen).toContainEqual({ kind: 'working', stage: 'weaken', done: 20, total: 120 });
    expect(added).toMatchObject([{ name: 'Beginner', source: { kind: 'folder' } }]);
    expect(state).toEqual({ kind: 'done', agentVersionId: 'agt_0123456789abcdef' });
  });

  it('says why it could not be made', async () => {
    const { state, added } = await make({ run: async () => ({ code: 1, output: '', errors: 'no weights' }) });
    expect(state).toEqual({ kind: 'failed', message: 'The beginner could not be made.\nno weights' });
    expect(added).toEqual([]);
  });

  it('needs the trainer', async () => {
    const nothing: TrainerTools = { run: async () => ({ code: 0, output: '', errors: '' }) };
    await expect(make(nothing, false)).rejects.toMatchObject({ code: 'trainer_missing' });
  });
});
