import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { RPC_PATH, SESSION_PATH } from '../../shared/contract/assets.ts';
import type { Log } from '../log.ts';
import { isAssetPath, refusal } from './assets.ts';
import type { AnswerAsset, AssetAnswer } from './assets.ts';
import type { PageFiles } from './page-files.ts';
import { allowedHosts, hostOf, isCrossSite, isOwnOrigin, mediaTypeOf } from './request-checks.ts';
import { MAX_MESSAGE_BYTES } from './rpc.ts';
import type { ServeRpc } from './rpc.ts';
import { createSessions } from './session.ts';
import type { Sessions } from './session.ts';
import { keepSocketsAlive } from './socket-keeper.ts';

export interface WebServerOptions {
  /** Address to listen on; anything but loopback is for people who know why. */
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly page: PageFiles;
  readonly serveRpc: ServeRpc;
  readonly answerAsset: AnswerAsset;
  readonly log: Log;
  /** A used or wrong token was offered: whoever started the app may want a new address. */
  readonly onTokenRefused?: (address: string) => void;
}

export interface WebServer {
  readonly port: number;
  /** An address with a token that is good once. */
  newAddress(): string;
  close(): Promise<void>;
}

const MAX_SESSION_BODY = 4096;
const MAX_SOCKETS = 256;

/** The host over loopback HTTP: the page to anybody, everything else to sessions of ours only. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 600_000,
    connectionsCheckingInterval: 5000,
  });
  server.maxConnections = 1024;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const gate: Gate = { ...options, sessions: createSessions(port), hosts: allowedHosts(options.host, port) };

  const newAddress = (): string => {
    const name = options.host.includes(':') ? `[${options.host}]` : options.host;
    const shown = name === '0.0.0.0' || name === '[::]' ? '127.0.0.1' : name;
    return `http://${shown}:${port}/#token=${gate.sessions.issueToken()}`;
  };

  server.on('request', (request, response) => {
    answer(gate, request, newAddress)
      .then((one) => send(response, one, request.method === 'HEAD'))
      .catch((error: unknown) => {
        options.log.error('a request was not answered', error);
        response.destroy();
      });
  });

  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    clientTracking: true,
  });
  const stopKeeping = keepSocketsAlive(sockets);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refused = refuseUpgrade(gate, request, sockets.clients.size);
    if (refused !== null) return rejectUpgrade(socket, refused);
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('error', () => connection.terminate());
      options.serveRpc(connection);
    });
  });

  return {
    port,
    newAddress,
    close: async () => {
      stopKeeping();
      for (const socket of sockets.clients) socket.terminate();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Gate extends WebServerOptions {
  readonly sessions: Sessions;
  readonly hosts: ReadonlySet<string>;
}

function listen(server: Server, { host, port }: WebServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const UNAUTHORIZED = 'Open the address that the app printed in the terminal when it started.';

/** Every request comes through here, in this order: Host, method, page, session, everything else. */
async function answer(gate: Gate, request: IncomingMessage, newAddress: () => string): Promise<AssetAnswer> {
  const host = hostOf(request, gate.hosts);
  if (host === null) return refusal(421, 'unauthorized', 'This address is not one of the app.');
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const method = request.method ?? '';
  if (method === 'OPTIONS') return refusal(403, 'unauthorized', 'Other sites may not use this.');
  const reads = method === 'GET' || method === 'HEAD';
  if (isCrossSite(request) && !(reads && isNavigation(request))) {
    return refusal(403, 'unauthorized', 'Other sites may not use this.');
  }
  if (!reads && !isOwnOrigin(request, host))
    return refusal(403, 'unauthorized', 'Other sites may not use this.');
  if (path === SESSION_PATH && method === 'POST') return await openSession(gate, request, newAddress);
  const page = reads ? gate.page.answer(path) : null;
  if (page !== null) return page;
  if (!gate.sessions.accepts(request.headers.cookie)) return refusal(401, 'unauthorized', UNAUTHORIZED);
  if (path === SESSION_PATH)
    return reads ? noContent() : refusal(405, 'not_supported', 'Only GET and POST here.');
  if (!isAssetPath(path)) return refusal(404, 'not_found', 'There is nothing at this address.');
  return await gate.answerAsset({
    method: method === 'HEAD' ? 'GET' : method,
    path: request.url ?? '',
    contentType: mediaTypeOf(request),
    body: request as AsyncIterable<Uint8Array>,
  });
}

/** A person may follow a link to the app from anywhere; the cookie stays behind then, and the page holds nothing. */
function isNavigation(request: IncomingMessage): boolean {
  return request.headers['sec-fetch-mode'] === 'navigate';
}

function noContent(headers: Readonly<Record<string, string>> = {}): AssetAnswer {
  return { status: 204, headers: { 'cache-control': 'no-store', ...headers }, body: { kind: 'none' } };
}

const tokenBody = z.object({ token: z.string().min(1).max(200) });

async function openSession(
  gate: Gate,
  request: IncomingMessage,
  newAddress: () => string,
): Promise<AssetAnswer> {
  if (mediaTypeOf(request) !== 'application/json') return refusal(415, 'not_supported', 'JSON only.');
  const body = tokenBody.safeParse(await readJson(request));
  if (!body.success) return refusal(400, 'bad_input', 'The request is not valid.');
  const cookie = gate.sessions.exchange(body.data.token);
  if (cookie !== null) return noContent({ 'set-cookie': cookie });
  // A reload of the address in the same browser: the session that it opened is still good.
  if (gate.sessions.accepts(request.headers.cookie)) return noContent();
  gate.onTokenRefused?.(newAddress());
  return refusal(401, 'unauthorized', 'This address was used before. The terminal now shows a new one.');
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_SESSION_BODY) return null;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}

async function send(
  response: ServerResponse,
  { status, headers, body }: AssetAnswer,
  headOnly: boolean,
): Promise<void> {
  // What was not read of a refused body must not hold up the connection.
  if (status >= 400 && !response.req.complete) response.setHeader('connection', 'close');
  if (headOnly || body.kind === 'none') {
    response.writeHead(status, headers).end();
  } else if (body.kind === 'bytes') {
    response
      .writeHead(status, { ...headers, 'content-length': String(body.bytes.byteLength) })
      .end(body.bytes);
  } else {
    const file = createReadStream(body.path);
    response.writeHead(status, headers);
    await pipeline(file, response).catch((error: unknown) => {
      // A page that went away while it was read to is nothing to tell.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
        throw error;
    });
  }
}

/** The status with which an upgrade is refused; null lets it in. Nothing is upgraded before every check. */
function refuseUpgrade(gate: Gate, request: IncomingMessage, open: number): number | null {
  const host = hostOf(request, gate.hosts);
  if (host === null) return 421;
  if (!isOwnOrigin(request, host) || isCrossSite(request)) return 403;
  if (!gate.sessions.accepts(request.headers.cookie)) return 401;
  if (request.url !== RPC_PATH && !request.url?.startsWith(`${RPC_PATH}?`)) return 404;
  return open >= MAX_SOCKETS ? 503 : null;
}

function rejectUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
