import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StudioError } from '../../../../shared/contract/errors.ts';
import { runExperiment, trainerArguments } from '../../../../main/cli/experiment.ts';
import { UsageError } from '../../../../main/cli/command.ts';
import type { ToolOutcome, TrainerTools } from '../../../../main/trainer-control/trainer-commands.ts';

function terminal(signal = new AbortController().signal) {
  const said: string[] = [];
  return { said, out: (text: string) => void said.push(text), err: () => {}, isInteractive: false, signal };
}

function tools(outcome: Partial<ToolOutcome>, lines: readonly string[] = []) {
  const asked: (readonly string[])[] = [];
  const fake: TrainerTools = {
    run: (args, options) => {
      asked.push(args);
      for (const line of lines) options?.onLine?.(line);
      if (options?.signal?.aborted === true) return Promise.reject(new StudioError('cancelled', 'Stopped.'));
      return Promise.resolve({ code: 0, output: '', errors: '', ...outcome });
    },
  };
  return { asked, fake };
}

describe('the arguments of an experiment', () => {
  test('go to the trainer checked, with absolute paths', () => {
    expect(
      trainerArguments([
        'tool-gain',
        '--out',
        'here',
        '--seeds',
        '3,4',
        '--steps',
        '2',
        '--learning-rate',
        '0.01',
      ]),
    ).toEqual([
      'tool-gain',
      '--out',
      resolve('here'),
      '--seeds',
      '3,4',
      '--steps',
      '2',
      '--learning-rate',
      '0.01',
    ]);
  });

  test.each([
    [[]],
    [['--out', 'x']],
    [['nonsense', '--out', 'x']],
    [['tool-gain', 'trajectory-mask', '--out', 'x']],
    [['tool-gain']],
    [['tool-gain', '--out', 'x', '--seeds', '1;2']],
    [['tool-gain', '--out', 'x', '--steps', '0']],
    [['tool-gain', '--out', 'x', '--steps', 'many']],
    [['tool-gain', '--out', 'x', '--learning-rate', '-1']],
    [['tool-gain', '--out', 'x', '--unknown']],
  ])('are refused: %o', (args) => {
    expect(() => trainerArguments(args)).toThrow(UsageError);
  });
});

describe('an experiment', () => {
  test('shows what the trainer says, and nothing that could steer the terminal', async () => {
    const { asked, fake } = tools({}, ['seed 0: training', 'Loading\r 10 %\r 20 %', '\u001b[2Jx']);
    const shown = terminal();
    expect(await runExperiment(['learn', '--out', '/x'], shown, () => fake)).toBe(0);
    expect(asked).toEqual([['experiment', 'learn', '--out', resolve('/x'), '--seeds', '0,1,2']]);
    expect(shown.said).toEqual(['seed 0: training\n', '\ufffd[2Jx\n']);
  });

  test.each([
    [1, 1],
    [2, 2],
    [75, 1],
    [null, 1],
  ])('that ends with %o exits with %i', async (code, exit) => {
    const { fake } = tools({ code });
    expect(await runExperiment(['learn', '--out', '/x'], terminal(), () => fake)).toBe(exit);
  });

  test('is stopped by the signal of the terminal', async () => {
    const { fake } = tools({});
    const stopped = runExperiment(['learn', '--out', '/x'], terminal(AbortSignal.abort()), () => fake);
    await expect(stopped).rejects.toThrow('Stopped.');
  });
});
