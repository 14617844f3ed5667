import { resolve } from 'node:path';
import { createPythonEnvironment } from '../trainer-control/python-environment.ts';
import { createTrainerTools } from '../trainer-control/trainer-commands.ts';
import type { TrainerTools } from '../trainer-control/trainer-commands.ts';
import { StudioError } from '../../shared/contract/errors.ts';
import {
  decimalNumber,
  EXIT_BAD_ARGUMENTS,
  EXIT_FAILURE,
  EXIT_OK,
  readOptions,
  UsageError,
  wholeNumber,
} from './command.ts';
import type { Command, Terminal } from './command.ts';
import { plainText } from './printing.ts';

const EXPERIMENTS = ['tool-gain', 'trajectory-mask', 'learn'] as const;

const SIZES = ['steps', 'prompts', 'group', 'test-samples', 'weak-steps', 'threads'] as const;

export const experimentCommand: Command = {
  name: 'experiment',
  summary: 'compare settings of the training on the demo world, over several seeds',
  help: `imagent experiment tool-gain|trajectory-mask|learn --out DIR [options]

tool-gain         what the tool factor of the reward does: 0, 0.5, 1, 2
trajectory-mask   with and without the mask of rollouts that met a limit, two calls allowed
learn             the weak agent, trained with the default settings

Each arm is trained from a base that is weak on purpose, and measured greedily on unseen samples.
A table (Markdown and JSON) and a plot (SVG) are written into DIR after every run. The same command
goes on where it was stopped.

  --out DIR           where runs and results go
  --seeds 0,1,2       seeds, separated by commas
  --arms 'A;B'        only these arms, by their names in the table
  --steps N           optimiser steps of a run (30)
  --prompts N         questions of a step (8)
  --group N           rollouts of a question (8)
  --test-samples N    unseen samples of a measurement (300)
  --weak-steps N      steps that make the weak base (120)
  --learning-rate X   (0.0001)
  --threads N         CPU threads (1)
  --model DIR         what the weak base is made of (the shipped demo agent)

Exit code: 0 when every run is done, 1 when one failed, 2 for wrong arguments.
`,
  run: (args, terminal) => runExperiment(args, terminal, readyTools),
};

/** The trainer's Python, or what to do where there is none. */
function readyTools(): TrainerTools {
  const python = createPythonEnvironment();
  if (!python.isReady()) {
    throw new StudioError(
      'bad_input',
      'The training environment is not set up. Set it up in the app, or run "npm run -s trainer -- --help" once.',
    );
  }
  return createTrainerTools(() => python.command([]));
}

/** Exported for tests, which bring tools of their own. */
export async function runExperiment(
  args: readonly string[],
  terminal: Terminal,
  tools: () => TrainerTools,
): Promise<number> {
  const outcome = await tools().run(['experiment', ...trainerArguments(args)], {
    signal: terminal.signal,
    onLine: (line) => {
      // What libraries draw as they load is not news.
      if (!line.includes('\r')) terminal.out(`${plainText(line)}\n`);
    },
  });
  if (outcome.code === 0) return EXIT_OK;
  return outcome.code === EXIT_BAD_ARGUMENTS ? EXIT_BAD_ARGUMENTS : EXIT_FAILURE;
}

/** The trainer's own arguments for a checked command line; paths become absolute. Exported for tests. */
export function trainerArguments(args: readonly string[]): readonly string[] {
  const { values, positionals } = readOptions(
    args,
    {
      out: { type: 'string' },
      seeds: { type: 'string', default: '0,1,2' },
      arms: { type: 'string' },
      model: { type: 'string' },
      'learning-rate': { type: 'string' },
      ...sizeOptions,
    },
    true,
  );
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0 || !EXPERIMENTS.some((one) => one === name)) {
    throw new UsageError(`Name one experiment: ${EXPERIMENTS.join(', ')}.`);
  }
  if (values.out === undefined) throw new UsageError('Give a folder for the results: --out DIR');
  if (!/^\d{1,9}(,\d{1,9})*$/u.test(values.seeds)) {
    throw new UsageError(`--seeds takes whole numbers, separated by commas, not "${values.seeds}".`);
  }
  const found = [name, '--out', resolve(values.out), '--seeds', values.seeds];
  if (values.model !== undefined) found.push('--model', resolve(values.model));
  if (values.arms !== undefined) found.push('--arms', values.arms);
  for (const size of SIZES) {
    const value = wholeNumber(size, values[size], 1, 1_000_000);
    if (value !== undefined) found.push(`--${size}`, String(value));
  }
  const rate = decimalNumber('learning-rate', values['learning-rate'], 0, 1);
  if (rate !== undefined) found.push('--learning-rate', String(rate));
  return found;
}

const size = { type: 'string' } as const;
const sizeOptions = {
  steps: size,
  prompts: size,
  group: size,
  'test-samples': size,
  'weak-steps': size,
  threads: size,
} as const;
