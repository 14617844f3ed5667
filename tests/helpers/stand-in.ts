import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { PythonEnvironment } from '../../main/trainer-control/python-environment.ts';
import type { TrainerCommand } from '../../main/trainer-control/trainer-process.ts';
import { markedProcesses } from './processes.ts';
import { ROOT } from './project.ts';
import { tempFolder } from './temp.ts';
import { until } from './until.ts';

/** What the stand-in of the trainer is told to do: see stand-in-trainer.mjs. */
export interface StandInScript {
  readonly steps?: number;
  readonly failAt?: number;
  readonly code?: string;
  readonly message?: string;
  readonly dieAt?: number;
  readonly silent?: string;
  readonly child?: boolean;
  readonly rollout?: string;
  readonly raw?: readonly string[];
}

const MARK = `stand-in-${process.pid}`;

function command(folder: string): TrainerCommand {
  return {
    file: process.execPath,
    args: [join(ROOT, 'tests', 'helpers', 'stand-in-trainer.mjs'), folder],
    cwd: ROOT,
    env: { ...process.env, IMAGENT_TEST_MARK: MARK },
  };
}

/** The command of the stand-in for a run folder. */
export const STAND_IN = (folder: string): TrainerCommand => command(folder);

export function scriptStandIn(folder: string, script: StandInScript): void {
  writeFileSync(join(folder, 'stand-in.json'), JSON.stringify(script));
}

/** A run folder with nothing but what the stand-in reads. */
export function standInFolder(script: StandInScript): string {
  const folder = tempFolder('run');
  mkdirSync(folder, { recursive: true });
  const config = { run_id: 'run_0123456789abcdef', max_steps: 1000, save_every: 5 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  scriptStandIn(folder, script);
  return folder;
}

/** A machine whose Python is the stand-in. */
export function standInPython(): PythonEnvironment {
  return {
    isReady: () => true,
    command: (args) => command(args[1] ?? ''),
    setUp: async () => null,
  };
}

/** What a command of the host's own says before it ends; null: it works until it is stopped. */
export type ToolWords = { readonly output: string; readonly errors: string; readonly code: number } | null;

/** The same machine, whose commands of the host's own (see stand-in-tools.mjs) do what `words` says at their start. */
export function standInTools(words: () => ToolWords): PythonEnvironment {
  const python = standInPython();
  return {
    ...python,
    command: (args) => {
      if (args.length > 0) return python.command(args);
      const said = words();
      const { env, ...rest } = command('');
      return {
        ...rest,
        file: join(ROOT, 'tests', 'helpers', 'stand-in-tools.mjs'),
        env: said === null ? env : { ...env, IMAGENT_TEST_SAYS: JSON.stringify(said) },
      };
    },
  };
}

/** Fails where a test leaves a stand-in, or a child of one, behind. */
export async function noProcessIsLeft(): Promise<void> {
  const left = () => markedProcesses(MARK).map(({ command: words }) => words);
  await until(() => left().length === 0, 'every stand-in has ended', 15_000).catch(() => {
    for (const { pid } of markedProcesses(MARK)) process.kill(pid, 'SIGKILL');
    expect(left()).toEqual([]);
  });
}
