import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import type { BenchOptions } from './engine.ts';
import { PYTHON, runScript, runTrainer } from './python.ts';
import { type Figure, machine, median, type Report } from './report.ts';

/** A seed of its own: no sample of it was used in training or in the figures of the README. */
const SEED = 880_002;
const PROMPTS = 8;
const GROUP = 8;
const STEPS = 5;
const GIB = 2 ** 30;

interface Rollouts {
  readonly rollouts_per_second: number;
  readonly sampled_tokens: number;
  readonly calls: number;
  readonly accuracy: number;
  readonly peak_bytes: number;
}

interface Steps {
  readonly steps: number;
  readonly seconds: Readonly<Record<string, number>>;
  readonly peak_bytes: number;
}

/**
 * Rollouts a second, ours against TRL's own tool loop: the same agent, questions, group size, temperature and limits,
 * one thread, one process each, in turns.
 */
function measureRollouts(options: BenchOptions, samples: string): readonly Figure[] {
  const ours: Rollouts[] = [];
  const theirs: Rollouts[] = [];
  for (let run = 0; run < options.runs; run += 1) {
    const args = ['--agent', options.agent, '--samples', samples, '--seed', String(run)];
    const sizes = ['--prompts', String(PROMPTS), '--group', String(GROUP)];
    ours.push(runScript('rollouts_engine.py', [...args, ...sizes]) as Rollouts);
    theirs.push(runScript('rollouts_trl.py', [...args, ...sizes]) as Rollouts);
  }
  const of = options.runs;
  const middle = (rows: readonly Rollouts[], key: keyof Rollouts): number =>
    median(rows.map((row) => row[key]));
  const ratio = middle(ours, 'rollouts_per_second') / middle(theirs, 'rollouts_per_second');
  return [
    { name: 'rollouts, engine', value: middle(ours, 'rollouts_per_second'), unit: '/s', of },
    {
      name: "rollouts, TRL's tool loop (environment_factory)",
      value: middle(theirs, 'rollouts_per_second'),
      unit: '/s',
      of,
    },
    { name: 'engine against TRL', value: ratio, unit: 'x', of, goal: '>= 3 x', met: ratio >= 3 },
    ...(
      [
        ['sampled tokens a rollout', 'sampled_tokens', 1, 'tokens'],
        ['calls a rollout', 'calls', 1, 'calls'],
        ['right answers', 'accuracy', 0.01, '%'],
        ['peak memory', 'peak_bytes', GIB, 'GiB'],
      ] as const
    ).flatMap(([name, key, scale, unit]) => [
      { name: `${name}, engine`, value: middle(ours, key) / scale, unit, of },
      { name: `${name}, TRL`, value: middle(theirs, key) / scale, unit, of },
    ]),
  ];
}

/** Where the time of a step of GRPO goes: 64 rollouts of the shipped agent, all weights trained, one thread. */
function measureSteps(options: BenchOptions): readonly Figure[] {
  const found = runScript('train_steps.py', ['--agent', options.agent, '--steps', String(STEPS)]) as Steps;
  const of = found.steps;
  return [
    ...Object.entries(found.seconds).map(([part, value]) => ({
      name: `a step of ${PROMPTS * GROUP} rollouts: ${part}`,
      value,
      unit: 's',
      of,
    })),
    { name: 'peak memory of training', value: found.peak_bytes / GIB, unit: 'GiB', of },
  ];
}

function versions(): Readonly<Record<string, string>> {
  const program =
    'import torch, transformers, trl; print(torch.__version__, transformers.__version__, trl.__version__)';
  const [torch = '?', transformers = '?', trl = '?'] = execFileSync(PYTHON, ['-c', program], {
    encoding: 'utf8',
  })
    .trim()
    .split(' ');
  return { torch, transformers, trl };
}

export function benchTrainer(options: BenchOptions): Promise<Report> {
  const folder = makeTempFolder('bench');
  try {
    const samples = join(folder, 'world');
    runTrainer(['world', '--seed', String(SEED), '--count', String(PROMPTS), '--out', samples]);
    options.say('measuring rollouts against TRL ...');
    const rollouts = measureRollouts(options, join(samples, 'samples.jsonl'));
    options.say('measuring steps of training ...');
    const figures = [...rollouts, ...measureSteps(options)];
    return Promise.resolve({ bench: 'trainer', machine: machine(), versions: versions(), figures });
  } finally {
    removeFolder(folder);
  }
}
