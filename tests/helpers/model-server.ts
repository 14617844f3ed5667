/**
 * A stand-in for a model server (vLLM and its like): a real HTTP server on the loopback that speaks the streaming
 * chat-completions dialect and says what its script says. No weights, everything else for real.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CompletionRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly stop: readonly string[];
  readonly logprobs?: boolean;
  readonly max_tokens: number;
  readonly [field: string]: unknown;
}

/** How the server answers one request for a completion. */
export type CompletionReply =
  | { readonly kind: 'events'; readonly events: readonly unknown[]; readonly thenBreak?: boolean }
  | { readonly kind: 'hang'; readonly events: readonly unknown[] }
  | { readonly kind: 'raw'; readonly status: number; readonly body: string };

export interface ModelServer {
  readonly baseUrl: string;
  readonly requests: readonly CompletionRequest[];
  /** Resolves when a client hung up in the middle of an answer. */
  readonly hungUp: Promise<void>;
  close(): Promise<void>;
}

export interface ModelServerOptions {
  readonly models?: readonly string[];
  readonly apiKey?: string;
  readonly reply: (request: CompletionRequest, index: number) => CompletionReply;
}

export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const requests: CompletionRequest[] = [];
  const hangUp = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    void answer(request, response, options, requests, () => hangUp.resolve());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    hungUp: hangUp.promise,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ModelServerOptions,
  requests: CompletionRequest[],
  onHangUp: () => void,
): Promise<void> {
  if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`) {
    json(response, 401, { error: { message: 'Invalid API key' } });
    return;
  }
  if (request.url === '/v1/models') {
    json(response, 200, { object: 'list', data: (options.models ?? ['qwen']).map((id) => ({ id })) });
    return;
  }
  if (request.url !== '/v1/chat/completions') {
    json(response, 404, { detail: 'Not Found' });
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  const completion = JSON.parse(Buffer.concat(chunks).toString('utf8')) as CompletionRequest;
  const reply = options.reply(completion, requests.length);
  requests.push(completion);
  if (reply.kind === 'raw') {
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
    return;
  }
  response.on('close', () => {
    if (!response.writableEnded) {
      onHangUp();
    }
  });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of reply.events) {
    await new Promise<void>((resolve) => {
      response.write(`data: ${JSON.stringify(event)}\n\n`, () => resolve());
    });
  }
  if (reply.kind === 'hang') {
    return;
  }
  if (reply.thenBreak === true) {
    response.destroy();
    return;
  }
  response.end('data: [DONE]\n\n');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const choice = (rest: object) => ({ choices: [{ index: 0, ...rest }] });
const pieces = (text: string) => text.match(/[\s\S]{1,7}/gu) ?? [];

/** As vLLM streams it: a chunk a token with its log-probability, the stop string kept, usage at the end. */
export function vllmEvents(text: string, stopReason: string | null): readonly unknown[] {
  return [
    choice({ delta: { role: 'assistant', content: '' } }),
    ...pieces(text).map((content) =>
      choice({
        delta: { content },
        logprobs: { content: [{ token: content, logprob: -0.25, top_logprobs: [] }] },
      }),
    ),
    choice({ delta: { content: '' }, finish_reason: 'stop', stop_reason: stopReason }),
    { choices: [], usage: { prompt_tokens: 100, completion_tokens: pieces(text).length } },
  ];
}

/** As most others do: no log-probabilities, the stop string cut off, no word on why it stopped. */
export function plainEvents(text: string, finish: 'stop' | 'length' = 'stop'): readonly unknown[] {
  return [
    ...pieces(text).map((content) => choice({ delta: { content }, finish_reason: null })),
    choice({ delta: {}, finish_reason: finish }),
  ];
}

/** As servers with a reasoning parser do: the thought is taken out of the text. */
export function reasoningEvents(thought: string, content: string): readonly unknown[] {
  return [
    ...pieces(thought).map((reasoning_content) => choice({ delta: { reasoning_content } })),
    ...pieces(content).map((part) => choice({ delta: { content: part } })),
    choice({ delta: {}, finish_reason: 'stop' }),
  ];
}
