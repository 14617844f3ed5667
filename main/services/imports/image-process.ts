import { StudioError } from '../../../shared/contract/errors.ts';
import type { SpawnWorker, WorkerProcess } from '../../worker-process.ts';
import type { ImageOutcome, ImageRequest } from './image-messages.ts';

/** Longest that one file may keep the process busy. */
const DEADLINE_MS = 120_000;
/** An idle process is given back after this time, with the memory that its decoders hold. */
const IDLE_MS = 60_000;

/** The host's side of the process that decodes files. One request at a time; a crash costs one file. */
export interface ImageProcess {
  ask<Op extends ImageRequest['op']>(request: Extract<ImageRequest, { op: Op }>): Promise<ImageOutcome<Op>>;
  close(): void;
}

interface Pending {
  readonly id: number;
  readonly resolve: (outcome: ImageOutcome<ImageRequest['op']>) => void;
  readonly reject: (error: Error) => void;
}

interface WorkerAnswer {
  readonly id: number;
  readonly outcome?: ImageOutcome<ImageRequest['op']>;
  readonly failure?: { readonly message: string; readonly code: unknown };
}

const CRASHED: ImageOutcome<never> = {
  ok: false,
  refusal: { code: 'broken_image', message: 'The image made its decoder crash, so it was left out.' },
};
const TOO_SLOW: ImageOutcome<never> = {
  ok: false,
  refusal: {
    code: 'broken_image',
    message: 'The image took longer than two minutes to decode, so it was left out.',
  },
};

export function createImageProcess(spawn: SpawnWorker): ImageProcess {
  let worker: WorkerProcess | null = null;
  let pending: Pending | null = null;
  let idle: NodeJS.Timeout | null = null;
  let lastId = 0;
  let closed = false;
  /** Each request waits for the one before it. */
  let tail: Promise<unknown> = Promise.resolve();

  function settle(act: (one: Pending) => void): void {
    const one = pending;
    pending = null;
    if (one !== null) act(one);
  }

  function drop(): void {
    worker?.kill();
    worker = null;
  }

  function start(): WorkerProcess {
    const started = spawn('images');
    started.onMessage((message) => {
      const { id, outcome, failure } = message as WorkerAnswer;
      if (pending?.id !== id) return;
      settle((one) => {
        if (outcome) one.resolve(outcome);
        else one.reject(Object.assign(new Error(failure?.message ?? 'no answer'), { code: failure?.code }));
      });
    });
    started.onExit(() => {
      if (worker !== started) return;
      worker = null;
      settle((one) => one.resolve(CRASHED));
    });
    return started;
  }

  function run(request: ImageRequest): Promise<ImageOutcome<ImageRequest['op']>> {
    if (closed) return Promise.reject(new StudioError('cancelled', 'The app is closing.'));
    if (idle !== null) clearTimeout(idle);
    worker ??= start();
    lastId += 1;
    const id = lastId;
    const answered = new Promise<ImageOutcome<ImageRequest['op']>>((resolve, reject) => {
      pending = { id, resolve, reject };
    });
    const deadline = setTimeout(() => {
      drop();
      settle((one) => one.resolve(TOO_SLOW));
    }, DEADLINE_MS);
    worker.send({ id, request });
    return answered.finally(() => {
      clearTimeout(deadline);
      idle = setTimeout(drop, IDLE_MS);
      idle.unref();
    });
  }

  return {
    ask: <Op extends ImageRequest['op']>(request: Extract<ImageRequest, { op: Op }>) => {
      const outcome = tail.then(() => run(request));
      tail = outcome.catch(() => {});
      // The answer to a request is of the request's kind: the worker switches over it.
      return outcome as Promise<ImageOutcome<Op>>;
    },
    close: () => {
      closed = true;
      if (idle !== null) clearTimeout(idle);
      drop();
      settle((one) => one.reject(new StudioError('cancelled', 'The app is closing.')));
    },
  };
}
