import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import { projectEnvironment, projectNode } from '../bootstrap/install.mjs';
import { ROOT, venvPython } from '../bootstrap/paths.mjs';
import { hasPython, trainerEnvironment } from '../bootstrap/python.mjs';
import type { TrainerCommand } from './trainer-process.ts';

/** The trainer's Python, as this machine has it. */
export interface PythonEnvironment {
  /** Whether it was brought to the pins; quick. */
  isReady(): boolean;
  /** What starts `python -m imagent_trainer ARGS`. */
  command(args: readonly string[]): TrainerCommand;
  /** Makes it, or goes on where an earlier try ended. Resolves to null, or to what is wrong and what to do. */
  setUp(onLine: (line: string) => void, signal: AbortSignal): Promise<string | null>;
}

const news = z.object({ kind: z.enum(['line', 'failed', 'done']), text: z.string() });

export function createPythonEnvironment(): PythonEnvironment {
  return {
    isReady: hasPython,
    command: (args) => ({
      file: venvPython(),
      args: ['-m', 'imagent_trainer', ...args],
      cwd: ROOT,
      env: clean(trainerEnvironment(process.env)),
    }),
    setUp: async (onLine, signal) => {
      const failure = await runSetUp(onLine, signal);
      return failure === null ? null : explain(failure);
    },
  };
}

/** Another Python's settings must not reach ours. */
function clean(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(PYTHONHOME|VIRTUAL_ENV|CONDA_.*)$/.test(name)),
  );
}

function runSetUp(onLine: (line: string) => void, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const script = join(ROOT, 'main', 'bootstrap', 'setup-trainer.mjs');
    const child = spawn(projectNode(), [script], {
      cwd: ROOT,
      env: projectEnvironment(),
      stdio: ['pipe', 'pipe', 'ignore'],
      // A group of its own, so that it can take pip with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let failure: string | null =
      'The set-up ended before it was done. Start it again: it goes on where it was.';
    let waiting = '';
    const decoder = new StringDecoder('utf8');
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (waiting + decoder.write(chunk)).split('\n');
      waiting = lines.pop() ?? '';
      for (const line of lines) {
        const parsed = news.safeParse(parse(line));
        if (!parsed.success) continue;
        if (parsed.data.kind === 'line') onLine(parsed.data.text);
        else failure = parsed.data.kind === 'done' ? null : parsed.data.text;
      }
    });
    const stop = (): void => {
      failure = 'The set-up was stopped. Start it again: it goes on where it was.';
      child.stdin.end();
    };
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', (error) => {
      failure = `The set-up could not be started: ${error.message}`;
      resolve(failure);
    });
    child.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(failure);
    });
    if (signal.aborted) stop();
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

const OFFLINE =
  /Temporary failure in name resolution|Failed to establish a new connection|Network is unreachable|Connection (refused|timed out|reset)|getaddrinfo failed|No route to host|ProxyError|Could not fetch URL|ConnectTimeout/i;
const NO_SPACE = /No space left on device|Errno 28/i;

/** What pip's last words mean for a person. Its own words follow. Exported for tests. */
export function explain(failure: string): string {
  if (NO_SPACE.test(failure)) {
    return `There is not enough disk space: PyTorch and its companions need about 3 GB (CPU) or 8 GB (CUDA). Free some and set up again; what was installed stays.\n\n${failure}`;
  }
  if (!OFFLINE.test(failure)) return failure;
  const missing = [...new Set([...failure.matchAll(/[A-Za-z0-9_.-]+==[0-9][\w.+]*/g)].map(([pin]) => pin))];
  const names = missing.length === 0 ? 'Packages are missing' : `Missing is ${missing.join(', ')}`;
  return `This machine does not reach the Python package index. ${names}. Connect it and set up again (what was installed stays), or bring the wheels that trainer/pyproject.toml pins on a disk and start the app with PIP_NO_INDEX=1 and PIP_FIND_LINKS=/that/folder. Everything but training works without them.\n\n${failure}`;
}
