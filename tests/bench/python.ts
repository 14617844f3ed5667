import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../helpers/project.ts';

export const PYTHON =
  process.platform === 'win32'
    ? join(ROOT, '.venv', 'Scripts', 'python.exe')
    : join(ROOT, '.venv', 'bin', 'python');

const env = { ...process.env, PYTHONPATH: join(ROOT, 'trainer'), HF_HUB_OFFLINE: '1' };

export function runTrainer(args: readonly string[]): void {
  execFileSync(PYTHON, ['-m', 'imagent_trainer', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Runs a script of tests/bench/python and reads the one JSON object that it prints. */
export function runScript(name: string, args: readonly string[]): unknown {
  const script = join(ROOT, 'tests', 'bench', 'python', name);
  const text = execFileSync(PYTHON, [script, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(text);
}
