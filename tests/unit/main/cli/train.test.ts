import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../../main/cli/run-cli.ts';
import { readSettings } from '../../../../main/cli/train.ts';
import { tempFolder } from '../../../helpers/temp.ts';

async function run(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    isInteractive: false,
    signal: new AbortController().signal,
  });
  return { code, ...said };
}

describe('imagent train', () => {
  it('reads settings as config.json has them', () => {
    expect(
      readSettings([
        'max_steps=20',
        'lora.rank=8',
        'lora.enabled=true',
        'loss_type=grpo',
        'epsilon_high=null',
      ]),
    ).toEqual({ max_steps: 20, lora: { rank: 8, enabled: true }, loss_type: 'grpo', epsilon_high: null });
  });

  it.each(['max_steps', '=3', 'a.b.c=1', 'lora.=1'])('refuses --set %s', async (setting) => {
    const { code, err } = await run('train', '--set', setting);
    expect([code, err]).toEqual([2, expect.stringContaining('--set takes KEY=VALUE')]);
  });

  it('says which snapshots there are where the one that was named is not', async () => {
    const workspace = join(tempFolder('cli'), 'workspace');
    const { code, err } = await run('train', '--workspace', workspace, '--agent', 'nobody');
    expect([code, err]).toEqual([1, expect.stringContaining('There is no agent "nobody"')]);
  });
});
