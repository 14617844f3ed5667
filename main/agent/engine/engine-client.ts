import { fileURLToPath } from 'node:url';
import { BackendError, type ViewSource } from '../backend.ts';
import {
  engineMessage,
  type EngineRequest,
  type EngineStats,
  type HostMessage,
  isTokenMessage,
  type WireToken,
} from './engine-protocol.ts';
import type { SpawnWorker, WorkerHandle } from './fork-worker.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onTokens?: ((tokens: readonly WireToken[]) => void) | undefined;
  readonly onProgress?: ((doneTokens: number, totalTokens: number) => void) | undefined;
  /** Refuse instead of starting a new process: for handles that live in one process only. */
  readonly generation?: number | undefined;
}

/** The host's side of the engine process. */
export interface EngineClient {
  /**
   * Sends a request and waits for its result. Starts the process when there is none.
   * @throws BackendError: what the engine said, `engine_crashed` when the process ended meanwhile,
   * `engine_unavailable` when it can't be started.
   */
  call(request: EngineRequest, options?: CallOptions): Promise<unknown>;
  /** A number for an episode that was not given before. */
  newHandle(): number;
  /** Goes up by one with every process; handles of an older one are void. */
  readonly generation: number;
  /** Process id, or null when no process runs. */
  readonly running: boolean;
  /** A view as the model sees it, as PNG; needs no agent. */
  renderView(view: ViewSource): Promise<Uint8Array>;
  stats(): Promise<EngineStats>;
  /**
   * Ends the process, and with it every model and all the memory it took; the next call starts a new one, and agents
   * load again at their next use. What is under way rejects with `closed`.
   */
  release(): void;
  /** Ends the process. Pending calls reject with `closed`, and so do later ones. */
  close(): void;
}

export interface EngineClientOptions {
  readonly spawnWorker: SpawnWorker;
  /** The file of engine-process; the shells that bundle pass their own. */
  readonly entry?: string;
  /** Told when a process ended that should not have. */
  readonly onCrash?: (reason: string) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: BackendError) => void;
  readonly options: CallOptions;
}

interface RunningWorker {
  readonly handle: WorkerHandle;
  readonly pending: Map<number, Pending>;
  readonly startedAt: number;
  answered: boolean;
  /** What its calls are told when it was ended on purpose. */
  endedBy: BackendError | null;
}

/** The first new process comes at once; one that keeps dying before it answers waits longer and longer. */
const BACK_OFF_MS = [0, 500, 2000, 8000, 30_000] as const;

function closedError(): BackendError {
  return new BackendError('closed', 'the engine was closed');
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

export function createEngineClient(options: EngineClientOptions): EngineClient {
  const entry = options.entry ?? fileURLToPath(new URL('./engine-process.ts', import.meta.url));
  let worker: RunningWorker | null = null;
  let starting: Promise<RunningWorker> | null = null;
  let generation = 0;
  let failures = 0;
  let isClosed = false;
  let lastCall = 0;
  let lastHandle = 0;

  const settleAll = (pending: Map<number, Pending>, error: BackendError): void => {
    const calls = [...pending.values()];
    pending.clear();
    for (const call of calls) call.reject(error);
  };

  const receive = (running: RunningWorker, message: unknown): void => {
    if (isTokenMessage(message)) {
      running.pending.get(message.id)?.options.onTokens?.(message.tokens);
      return;
    }
    const parsed = engineMessage.safeParse(message);
    if (!parsed.success) return;
    const call = running.pending.get(parsed.data.id);
    if (call === undefined) return;
    if (parsed.data.type === 'progress') {
      call.options.onProgress?.(parsed.data.doneTokens, parsed.data.totalTokens);
      return;
    }
    running.pending.delete(parsed.data.id);
    running.answered = true;
    failures = 0;
    if (parsed.data.type === 'result') {
      if (parsed.data.tokens !== undefined) call.options.onTokens?.(parsed.data.tokens);
      call.resolve(parsed.data.value);
    } else call.reject(new BackendError(parsed.data.code, parsed.data.message));
  };

  const start = async (): Promise<RunningWorker> => {
    await sleep(BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] as number);
    if (isClosed) throw closedError();
    let handle: WorkerHandle;
    try {
      handle = options.spawnWorker(entry);
    } catch (cause) {
      failures += 1;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BackendError('engine_unavailable', `the engine process can't be started: ${reason}`, {
        cause,
      });
    }
    const running: RunningWorker = {
      handle,
      pending: new Map(),
      startedAt: performance.now(),
      answered: false,
      endedBy: null,
    };
    generation += 1;
    worker = running;
    handle.onMessage((message) => receive(running, message));
    handle.onExit((reason) => {
      if (worker === running) worker = null;
      const { endedBy } = running;
      // A call that was on its way when the process was ended is settled here.
      const crash = new BackendError('engine_crashed', `the engine process ended (${reason})`);
      settleAll(running.pending, endedBy ?? crash);
      if (endedBy !== null) return;
      if (!running.answered) failures += 1;
      options.onCrash?.(reason);
    });
    return running;
  };

  const current = async (wanted: number | undefined): Promise<RunningWorker> => {
    if (isClosed) throw closedError();
    if (wanted !== undefined && (worker === null || wanted !== generation)) {
      throw new BackendError('engine_crashed', 'the engine process ended, and this episode with it');
    }
    if (worker !== null) return worker;
    starting ??= start().finally(() => {
      starting = null;
    });
    return await starting;
  };

  const call = async (request: EngineRequest, callOptions: CallOptions = {}): Promise<unknown> => {
    const { signal } = callOptions;
    if (signal?.aborted === true) throw new BackendError('aborted', 'stopped before it began');
    const running = await current(callOptions.generation);
    lastCall += 1;
    const id = lastCall;
    const post = (message: HostMessage): void => running.handle.post(message);
    const cancel = (): void => post({ type: 'cancel', id });
    try {
      return await new Promise<unknown>((resolve, reject) => {
        running.pending.set(id, { resolve, reject, options: callOptions });
        signal?.addEventListener('abort', cancel, { once: true });
        post({ type: 'call', id, request });
        if (signal?.aborted === true) cancel();
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };

  const end = (reason: BackendError): void => {
    const running = worker;
    worker = null;
    if (running === null) return;
    running.endedBy = reason;
    settleAll(running.pending, reason);
    running.handle.kill();
  };

  return {
    call,
    newHandle() {
      lastHandle += 1;
      return lastHandle;
    },
    get generation() {
      return generation;
    },
    get running() {
      return worker !== null;
    },
    async renderView(view) {
      return (await call({ method: 'render', view: wireView(view) })) as Uint8Array;
    },
    async stats() {
      return (await call({ method: 'stats' })) as EngineStats;
    },
    release() {
      end(new BackendError('closed', 'the engine was ended to free its memory'));
    },
    close() {
      isClosed = true;
      end(closedError());
    },
  };
}

/** A view without anything that the wire doesn't know. */
export function wireView(view: ViewSource): Extract<EngineRequest, { method: 'render' }>['view'] {
  const [x1, y1, x2, y2] = view.box;
  return {
    imagePath: view.imagePath,
    imageKey: view.imageKey,
    box: [x1, y1, x2, y2],
    width: view.width,
    height: view.height,
  };
}
