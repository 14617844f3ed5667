import { StudioError } from '../../shared/contract/errors.ts';
import type { SpawnWorker, WorkerName, WorkerProcess } from '../worker-process.ts';

/** Longest that one request may keep the process busy. */
const DEADLINE_MS = 120_000;
/** An idle process is given back after this time, with the memory that its decoders hold. */
const IDLE_MS = 60_000;

/** The host's side of a worker that answers requests, one at a time. A crash costs one request. */
export interface RequestProcess<Request, Outcome> {
  ask(request: Request): Promise<Outcome>;
  close(): void;
}

/** What is answered where the worker can't. */
export interface LostAnswers<Outcome> {
  readonly crashed: Outcome;
  readonly tooSlow: Outcome;
}

interface Pending<Outcome> {
  readonly id: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

interface WorkerAnswer<Outcome> {
  readonly id: number;
  readonly outcome?: Outcome;
  readonly failure?: { readonly message: string; readonly code: unknown };
}

export function createRequestProcess<Request, Outcome>(
  spawn: SpawnWorker,
  name: WorkerName,
  lost: LostAnswers<Outcome>,
): RequestProcess<Request, Outcome> {
  let worker: WorkerProcess | null = null;
  let pending: Pending<Outcome> | null = null;
  let idle: NodeJS.Timeout | null = null;
  let lastId = 0;
  let closed = false;
  /** Each request waits for the one before it. */
  let tail: Promise<unknown> = Promise.resolve();

  function settle(act: (one: Pending<Outcome>) => void): void {
    const one = pending;
    pending = null;
    if (one !== null) act(one);
  }

  function drop(): void {
    worker?.kill();
    worker = null;
  }

  function start(): WorkerProcess {
    const started = spawn(name);
    started.onMessage((message) => {
      const { id, outcome, failure } = message as WorkerAnswer<Outcome>;
      if (pending?.id !== id) return;
      settle((one) => {
        if (outcome) one.resolve(outcome);
        else one.reject(Object.assign(new Error(failure?.message ?? 'no answer'), { code: failure?.code }));
      });
    });
    started.onExit(() => {
      if (worker !== started) return;
      worker = null;
      settle((one) => one.resolve(lost.crashed));
    });
    return started;
  }

  function run(request: Request): Promise<Outcome> {
    if (closed) return Promise.reject(new StudioError('cancelled', 'The app is closing.'));
    if (idle !== null) clearTimeout(idle);
    worker ??= start();
    lastId += 1;
    const id = lastId;
    const answered = new Promise<Outcome>((resolve, reject) => {
      pending = { id, resolve, reject };
    });
    const deadline = setTimeout(() => {
      drop();
      settle((one) => one.resolve(lost.tooSlow));
    }, DEADLINE_MS);
    worker.send({ id, request });
    return answered.finally(() => {
      clearTimeout(deadline);
      idle = setTimeout(drop, IDLE_MS);
      idle.unref();
    });
  }

  return {
    ask: (request) => {
      const outcome = tail.then(() => run(request));
      tail = outcome.catch(() => {});
      return outcome;
    },
    close: () => {
      closed = true;
      if (idle !== null) clearTimeout(idle);
      drop();
      settle((one) => one.reject(new StudioError('cancelled', 'The app is closing.')));
    },
  };
}
