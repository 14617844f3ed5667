import { fork } from 'node:child_process';

/** A process of our own and the channel to it. How it is made depends on the shell, so it is injected. */
export interface WorkerHandle {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Once, when the process is gone or can't be started; `reason` is a sentence for people. */
  onExit(listener: (reason: string) => void): void;
  kill(): void;
}

export type SpawnWorker = (entry: string) => WorkerHandle;

const STDERR_KEPT = 2000;

/**
 * For the C library of most Linuxes; others ignore it. Left alone it gives what a run of a graph frees back to the
 * system and asks for it again in the next, page by page: an episode took 4 % longer, and a first long context more.
 */
const MEMORY = { MALLOC_TRIM_THRESHOLD_: String(2 ** 28), MALLOC_MMAP_THRESHOLD_: String(2 ** 25) };

/** A Node child process; typed arrays pass as they are. For every shell but Electron, which has utilityProcess. */
export const forkWorker: SpawnWorker = (entry) => forkNode(entry, []);

/**
 * The engine, whose heap is small but whose tensors and pixels pass through it by the megabyte: V8 went through the
 * whole heap twice in ten episodes, beside the arithmetic, until it was given room for garbage.
 */
export const forkEngine: SpawnWorker = (entry) => forkNode(entry, ['--initial-old-space-size=128']);

/** A reader of tables: a file that makes it want more than this was made to, and costs its own import only. */
export const forkTables: SpawnWorker = (entry) => forkNode(entry, ['--max-old-space-size=3072']);

function forkNode(entry: string, flags: readonly string[]): WorkerHandle {
  const child = fork(entry, [], {
    serialization: 'advanced',
    // Flags of this process (a test runner's loaders) are not for that one.
    execArgv: [...flags],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...MEMORY, ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT);
  });
  let gone: string | null = null;
  const listeners: ((reason: string) => void)[] = [];
  const exit = (reason: string): void => {
    if (gone !== null) return;
    gone = reason;
    for (const listener of listeners) listener(reason);
  };
  child.on('error', (error) => {
    if (child.pid === undefined) exit(`it can't be started: ${error.message}`);
  });
  child.on('exit', (code, signal) => {
    const how = signal === null ? `exit code ${code}` : signal;
    exit(stderr.trim() === '' ? how : `${how}: ${stderr.trim()}`);
  });
  return {
    post(message) {
      // A failed send is followed by 'exit', which is what is reported.
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    onExit(listener) {
      if (gone === null) listeners.push(listener);
      else queueMicrotask(() => listener(gone as string));
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
