import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../helpers/project.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { measureContext } from './engine-context.ts';
import { measureEpisodes } from './engine-episodes.ts';
import { measureResize } from './engine-resize.ts';
import { measureStall } from './engine-stall.ts';
import { PYTHON, runTrainer } from './python.ts';
import { type Figure, machine, type Report } from './report.ts';

export interface BenchOptions {
  /** Model folder. */
  readonly agent: string;
  readonly runs: number;
  readonly say: (line: string) => void;
}

/** A seed of its own: no sample of it was used in training or in the figures of the README. */
const SEED = 880_001;
const SAMPLES = 44;

function versions(): Readonly<Record<string, string>> {
  const ofPackage = (name: string): string =>
    (
      JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
        version: string;
      }
    ).version;
  const python = execFileSync(
    PYTHON,
    [
      '-c',
      'import torch, transformers, PIL; print(torch.__version__, transformers.__version__, PIL.__version__)',
    ],
    { encoding: 'utf8' },
  );
  const [torch = '?', transformers = '?', pillow = '?'] = python.trim().split(' ');
  return {
    node: process.version,
    'onnxruntime-node': ofPackage('onnxruntime-node'),
    sharp: ofPackage('sharp'),
    torch,
    transformers,
    pillow,
  };
}

export async function benchEngine(options: BenchOptions): Promise<Report> {
  const folder = makeTempFolder('bench');
  try {
    const samples = join(folder, 'world');
    runTrainer(['world', '--seed', String(SEED), '--count', String(SAMPLES), '--out', samples]);
    const file = join(samples, 'samples.jsonl');
    const figures: Figure[] = [];
    for (const [title, measure] of [
      ['episodes against transformers', () => measureEpisodes(options, file)],
      ['steps and cache', () => measureContext(options, file)],
      ['resize against Pillow', () => Promise.resolve(measureResize(options, folder))],
      ['stalls of the host', () => measureStall(options, folder, samples)],
    ] as const) {
      options.say(`measuring ${title} ...`);
      figures.push(...(await measure()));
    }
    return { bench: 'engine', machine: machine(), versions: versions(), figures };
  } finally {
    removeFolder(folder);
  }
}
