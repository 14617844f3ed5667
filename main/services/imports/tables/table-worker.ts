/**
 * The process that reads tables from outside: a forged parquet footer or a row of gigabytes costs this process and
 * not the host.
 */
import { connectToHost } from '../../../worker-channel.ts';
import { createTableAnswers } from './answer-table-request.ts';
import type { TableRequest } from './table-messages.ts';

const host = connectToHost();
const answer = createTableAnswers();
/** One request after the other. */
let tail: Promise<unknown> = Promise.resolve();

host.onMessage((message) => {
  const { id, request } = message as { readonly id: number; readonly request: TableRequest };
  tail = tail
    .then(() => answer(request))
    .then(
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
