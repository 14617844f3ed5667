import type { SpawnWorker } from '../../worker-process.ts';
import { createRequestProcess } from '../request-process.ts';
import type { ImageOutcome, ImageRequest } from './image-messages.ts';

/** The host's side of the process that decodes files. One request at a time; a crash costs one file. */
export interface ImageProcess {
  ask<Op extends ImageRequest['op']>(request: Extract<ImageRequest, { op: Op }>): Promise<ImageOutcome<Op>>;
  close(): void;
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
  const worker = createRequestProcess<ImageRequest, ImageOutcome<ImageRequest['op']>>(spawn, 'images', {
    crashed: CRASHED,
    tooSlow: TOO_SLOW,
  });
  return {
    // The answer to a request is of the request's kind: the worker switches over it.
    ask: <Op extends ImageRequest['op']>(request: Extract<ImageRequest, { op: Op }>) =>
      worker.ask(request) as Promise<ImageOutcome<Op>>,
    close: () => worker.close(),
  };
}

/** The size that the header of a file says, or why the file is no image. */
export async function probeSize(
  images: Pick<ImageProcess, 'ask'>,
  path: string,
): Promise<
  | { readonly ok: true; readonly width: number; readonly height: number }
  | { readonly ok: false; readonly message: string }
> {
  const probed = await images.ask<'probe'>({ op: 'probe', path });
  return probed.ok ? { ok: true, ...probed.value } : { ok: false, message: probed.refusal.message };
}
