import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { StudioError } from '../../shared/contract/errors.ts';
import type { TrainerCommand } from './trainer-process.ts';

/**
 * Runs commands of the trainer that belong to the host: a probe, an export. Unlike a run they end with it: the host
 * holds their standard input, and when that closes, however the host ended, they end at once.
 */
export interface TrainerTools {
  /** @throws StudioError cancelled; a command that fails is an outcome */
  run(args: readonly string[], options?: ToolOptions): Promise<ToolOutcome>;
}

export interface ToolOptions {
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

export interface ToolOutcome {
  readonly code: number | null;
  /** Standard output; what a command says for programs. */
  readonly output: string;
  /** The end of standard error; what it says for people. */
  readonly errors: string;
}

/** Ends with the one that holds its standard input, then is the trainer's command line. */
const LEASHED = `
import os, runpy, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os._exit(75)
threading.Thread(target=watch, daemon=True).start()
sys.argv[0] = 'imagent_trainer'
runpy.run_module('imagent_trainer', run_name='__main__', alter_sys=True)
`;

/** Output of a command that is kept; an error that repeats itself must not fill the memory. */
const KEPT = 4 * 1024 * 1024;
const KEPT_ERRORS = 64 * 1024;

/** @param command what starts the trainer's Python; its arguments are replaced */
export function createTrainerTools(command: () => TrainerCommand): TrainerTools {
  return {
    run: (args, options = {}) =>
      new Promise((resolve, reject) => {
        const { signal } = options;
        if (signal?.aborted === true) return reject(stopped());
        const { file, cwd, env } = command();
        const child = spawn(file, ['-c', LEASHED, ...args], {
          cwd,
          env,
          stdio: ['pipe', 'pipe', 'pipe'],
          windowsHide: true,
        });
        const output = collect(child, 'stdout', KEPT, options.onLine);
        const errors = collect(child, 'stderr', KEPT_ERRORS, options.onLine);
        const stop = (): void => void child.kill('SIGKILL');
        signal?.addEventListener('abort', stop, { once: true });
        child.once('error', (cause) => {
          reject(
            new StudioError('internal', `The trainer's Python (${file}) could not be started.`, { cause }),
          );
        });
        child.once('close', (code) => {
          signal?.removeEventListener('abort', stop);
          if (signal?.aborted === true) reject(stopped());
          else resolve({ code, output: output(), errors: errors() });
        });
      }),
  };
}

function stopped(): StudioError {
  return new StudioError('cancelled', 'Stopped.');
}

/** The end of what a stream says. */
function collect(
  child: ChildProcess,
  name: 'stdout' | 'stderr',
  kept: number,
  onLine: ToolOptions['onLine'],
): () => string {
  let text = '';
  let line = '';
  child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-kept);
    if (onLine === undefined) return;
    const lines = (line + chunk).split(/\r?\n/);
    line = (lines.pop() ?? '').slice(-kept);
    for (const one of lines) onLine(one);
  });
  return () => text;
}
