/** HTTP to a model server: small answers as JSON, streams as server-sent events. No redirects are followed. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { BackendError } from '../backend.ts';
import { isPrivateAddress, privateLookup, PublicAddressError } from './private-address.ts';

export interface Endpoint {
  /** Ends without a slash, e.g. http://127.0.0.1:8000/v1 */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** True only where the user allowed images to leave the private network. */
  readonly allowPublic: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: IncomingMessage;
}

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_SMALL_BODY = 4 * 1024 * 1024;
const MAX_EVENT = 8 * 1024 * 1024;

/**
 * Sends a request and resolves when the headers of the answer are there.
 *
 * @throws BackendError `aborted`, or `server_unavailable` with what to do about it.
 */
export async function send(
  endpoint: Endpoint,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const url = new URL(`${endpoint.baseUrl}${path}`);
  refusePublic(url, endpoint);
  const payload = body === null ? null : Buffer.from(JSON.stringify(body));
  const options: RequestOptions = {
    method: payload === null ? 'GET' : 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      ...(payload === null
        ? {}
        : { 'content-type': 'application/json', 'content-length': payload.byteLength }),
      ...(endpoint.apiKey === null ? {} : { authorization: `Bearer ${endpoint.apiKey}` }),
    },
    signal,
    ...(endpoint.allowPublic ? {} : { lookup: privateLookup }),
  };
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = start(url, options, (response) => {
      resolve({ status: response.statusCode ?? 0, body: response });
    });
    request.on('socket', (socket) => {
      // The model may think for long; only the connection itself must come quickly.
      const timer = setTimeout(() => {
        request.destroy(new Error('no connection within 10 seconds'));
      }, CONNECT_TIMEOUT_MS);
      socket.once('connect', () => clearTimeout(timer));
      socket.once('close', () => clearTimeout(timer));
      if (!socket.connecting) {
        clearTimeout(timer);
      }
    });
    request.on('error', (error) => reject(asBackendError(error, endpoint, signal, false)));
    request.end(payload);
  });
}

/** Reads a whole small body as text. */
export async function readText(answer: HttpAnswer, endpoint: Endpoint, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > MAX_SMALL_BODY) {
        answer.body.destroy();
        throw new BackendError(
          'server_unavailable',
          `${endpoint.baseUrl} sent far more than a model server does.`,
        );
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw asBackendError(error, endpoint, signal, true);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The JSON values of a stream of server-sent events, until `[DONE]` or its end. */
export async function* readEvents(
  answer: HttpAnswer,
  endpoint: Endpoint,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, void> {
  const decoder = new TextDecoder();
  let pending = '';
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      pending += decoder.decode(chunk, { stream: true });
      const lines = pending.split(/\r\n|\r|\n/u);
      pending = lines.pop() ?? '';
      if (pending.length > MAX_EVENT) {
        throw new BackendError('server_unavailable', `${endpoint.baseUrl} sent a line without an end.`);
      }
      for (const line of lines) {
        const data = dataOf(line);
        if (data === '[DONE]') {
          return;
        }
        if (data !== null) {
          yield parseEvent(data, endpoint);
        }
      }
    }
    const last = dataOf(pending);
    if (last !== null && last !== '[DONE]') {
      yield parseEvent(last, endpoint);
    }
  } catch (error) {
    throw asBackendError(error, endpoint, signal, true);
  } finally {
    answer.body.destroy();
  }
}

function dataOf(line: string): string | null {
  return line.startsWith('data:') ? line.slice('data:'.length).trim() || null : null;
}

function parseEvent(data: string, endpoint: Endpoint): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch (cause) {
    const message = `${endpoint.baseUrl} sent an event that is not JSON: ${data.slice(0, 80)}`;
    throw new BackendError('server_unavailable', message, { cause });
  }
}

function refusePublic(url: URL, endpoint: Endpoint): void {
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  if (!endpoint.allowPublic && isIP(host) !== 0 && !isPrivateAddress(host)) {
    throw publicError(endpoint);
  }
}

function publicError(endpoint: Endpoint): BackendError {
  const message = `${endpoint.baseUrl} is not on this machine or its private network. Images are not sent there.`;
  return new BackendError('server_unavailable', message);
}

function asBackendError(
  error: unknown,
  endpoint: Endpoint,
  signal: AbortSignal,
  isReading: boolean,
): BackendError {
  if (error instanceof BackendError) {
    return error;
  }
  if (signal.aborted) {
    return new BackendError('aborted', 'Stopped.', { cause: error });
  }
  if (error instanceof PublicAddressError) {
    return publicError(endpoint);
  }
  const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  if (isReading) {
    const broken = `${endpoint.baseUrl} broke off in the middle of an answer (${reason}).`;
    return new BackendError('server_unavailable', broken, { cause: error });
  }
  const message = `Nothing answers at ${endpoint.baseUrl} (${reason}). Start the server, or correct its address.`;
  return new BackendError('server_unavailable', message, { cause: error });
}
