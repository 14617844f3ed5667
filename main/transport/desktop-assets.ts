import { readFile } from 'node:fs/promises';
import type { AssetReply, AssetRequest } from '../../shared/contract/desktop.ts';
import type { Log } from '../log.ts';
import { refusal } from './assets.ts';
import type { AnswerAsset, AssetBody } from './assets.ts';
import type { EventPort } from './message-port.ts';

/** Answers Electron's `app:` handler, one request a message. The same answers as over HTTP. */
export function serveAssetPort(port: EventPort, answer: AnswerAsset, log: Log): void {
  port.on('message', ({ data }) => {
    const request = data as AssetRequest;
    reply(request, answer).then(
      (one) => port.postMessage(one),
      (error: unknown) => {
        log.error(`${request.path} was not answered`, error);
        const { status, headers } = refusal(500, 'internal', '');
        port.postMessage({ id: request.id, status, headers, body: null } satisfies AssetReply);
      },
    );
  });
  port.start();
}

async function reply(request: AssetRequest, answer: AnswerAsset): Promise<AssetReply> {
  const { status, headers, body } = await answer({
    method: request.method,
    path: request.path,
    contentType: (request.contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    body: bytesOf(request.body),
  });
  return { id: request.id, status, headers, body: await read(body) };
}

async function* bytesOf(body: Uint8Array | null): AsyncGenerator<Uint8Array, void, void> {
  if (body !== null) yield body;
}

async function read(body: AssetBody): Promise<Uint8Array | null> {
  switch (body.kind) {
    case 'none':
      return null;
    case 'bytes':
      return body.bytes;
    case 'file':
      return await readFile(body.path);
    default:
      return body satisfies never;
  }
}
