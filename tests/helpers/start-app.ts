import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { until } from './until.ts';
import { ROOT } from './project.ts';

/** A real run of the app in browser mode, started as a person starts it. */
export interface RunningApp {
  /** As printed, with the one-time token. */
  readonly address: string;
  /** Everything printed so far, both streams. */
  readonly printed: () => string;
  readonly pid: number;
  /** A word in the environment of every process that this run started, for finding them. */
  readonly mark: string;
  /** What Ctrl+C does in a terminal: the signal goes to the whole foreground group. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Resolves when the process that was started has ended. */
  readonly ended: Promise<number | null>;
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly workspace: string;
  /** `npm` goes through the whole bootstrap; `host` runs the host alone, which is quicker. */
  readonly through?: 'npm' | 'host';
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Words put before the command, such as a tracer. */
  readonly prefix?: readonly string[];
}

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/\S*/;

/** Starts the app on a workspace and waits for the line with its address. */
export async function startApp(options: StartOptions): Promise<RunningApp> {
  const mark = randomUUID();
  const own = ['--no-open', '--workspace', options.workspace, ...(options.args ?? [])];
  const command =
    options.through === 'npm'
      ? ['npm', 'start', '--silent', '--', '--web', ...own]
      : [process.execPath, join(ROOT, 'main', 'headless.ts'), ...own];
  const [file = '', ...args] = [...(options.prefix ?? []), ...command];
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { ...process.env, IMAGENT_TEST_MARK: mark, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      hasEnded = true;
      resolve(code);
    });
  });
  const signal = (name: NodeJS.Signals): void => signalGroup(child, name);

  await until(() => hasEnded || ADDRESS.test(text), 'the app prints its address', 240_000);
  const address = ADDRESS.exec(text)?.[0];
  if (address === undefined) throw new Error(`The app ended before it printed its address:\n${text}`);
  return {
    address,
    printed: () => text,
    pid: child.pid ?? 0,
    mark,
    signal,
    ended,
    stop: async () => {
      if (!hasEnded) signal('SIGTERM');
      const killer = setTimeout(() => signal('SIGKILL'), 15_000);
      await ended;
      clearTimeout(killer);
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}
