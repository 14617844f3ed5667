import { TRAINER, venvPython } from '../bootstrap/paths.mjs';
import { ensurePython, hasPython, trainerEnvironment } from '../bootstrap/python.mjs';
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

export function createPythonEnvironment(): PythonEnvironment {
  return {
    isReady: hasPython,
    command: (args) => ({
      file: venvPython(),
      args: ['-m', 'imagent_trainer', ...args],
      cwd: TRAINER,
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

async function runSetUp(onLine: (line: string) => void, signal: AbortSignal): Promise<string | null> {
  try {
    await ensurePython(onLine, signal);
    return null;
  } catch (error) {
    if (signal.aborted) return 'The set-up was stopped. Start it again: it goes on where it was.';
    return error instanceof Error ? error.message : String(error);
  }
}

const OFFLINE =
  /Temporary failure in name resolution|Failed to establish a new connection|Network is unreachable|Connection (refused|timed out|reset)|getaddrinfo failed|No route to host|ProxyError|Could not fetch URL|ConnectTimeout|from versions: none/i;
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
