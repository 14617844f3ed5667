/**
 * The process that reads files from outside. libvips and its decoders are native code that meets hostile bytes:
 * when they crash, this process is lost and not the host.
 */
import { connectToHost } from '../../worker-channel.ts';
import { answerImageRequest } from './image-files.ts';
import type { ImageRequest } from './image-messages.ts';

const host = connectToHost();

host.onMessage((message) => {
  const { id, request } = message as { readonly id: number; readonly request: ImageRequest };
  answerImageRequest(request).then(
    (outcome) => host.send({ id, outcome }),
    (error: unknown) =>
      host.send({
        id,
        failure:
          error instanceof Error
            ? { message: error.message, code: 'code' in error ? error.code : null }
            : { message: String(error), code: null },
      }),
  );
});
