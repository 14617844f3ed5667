import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { connect as tcpConnect } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EpisodeId } from '../../shared/model/ids.ts';
import type { WebServer } from '../../main/transport/http-server.ts';
import { readPageFiles } from '../../main/transport/page-files.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { importColours } from '../helpers/studio-acts.ts';
import { openSession, startTestHost, startTestServer } from '../helpers/test-host.ts';
import type { TestHost } from '../helpers/test-host.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

// On a busy machine starting processes takes long. The limit only ends a hang.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let host: TestHost;
let server: WebServer;
let cookie: string;
let own: string;
let imageAddress: string;

/** As `fetch`, but it says exactly what it is told to say. */
function ask(path: string, options: RequestOptions & { readonly body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, path, agent: false, ...rest },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** The status line of what comes back for bytes that no client library would send. */
function askRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tcpConnect(server.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0] ?? ''));
    socket.on('error', reject);
  });
}

function upgrade(headers: Readonly<Record<string, string>>, path = '/rpc'): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      path,
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end();
  });
}

beforeAll(async () => {
  folder = makeTempFolder('security');
  const page = join(folder, 'page');
  mkdirSync(join(page, 'static'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(page, 'static', 'main.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  host = await startTestHost({ folder });
  await importColours(host, join(folder, 'pictures'), ['red']);
  server = await startTestServer(host, page);
  cookie = await openSession(server);
  own = `http://127.0.0.1:${server.port}`;
  imageAddress = `/assets/${host.services.library.listImages({ limit: 1 }).items[0]?.assets.full}`;
});
afterAll(async () => {
  await server.close();
  await host.close();
  removeFolder(folder);
});

/** Every address that this server knows. Only the page's own files may be read by anybody. */
const PAGE = ['/', '/index.html', '/static/main.js'];
const GUARDED: readonly (readonly [string, string])[] = [
  ['GET', '/session'],
  ['GET', '/assets/ast_00000000000000000000000000000000'],
  ['GET', '/assets/view/eps_000000000000000000000000/1'],
  ['POST', '/upload/imp_000000000000000000000000?name=a.png'],
  ['GET', '/rpc'],
  ['GET', '/anything-else'],
  ['PUT', '/assets/x'],
  ['DELETE', '/session'],
  ['PATCH', '/upload/imp_000000000000000000000000'],
];

describe('every route', () => {
  it('the page is the only thing that anybody may read', async () => {
    expect([...readPageFiles(join(folder, 'page')).addresses].sort()).toEqual([...PAGE].sort());
    for (const path of PAGE) expect((await ask(path)).status, path).toBe(200);
  });

  it.each(GUARDED)('%s %s asks for a session', async (method, path) => {
    for (const headers of [
      {},
      { cookie: `imagent-${server.port}=wrong` },
      { cookie: `imagent-${server.port}=` },
      { cookie: cookie.replace(/^imagent-\d+/, 'imagent-1') },
      { authorization: 'Bearer anything' },
    ]) {
      const { status } = await ask(path, { method, headers: { origin: own, ...headers } });
      expect(status, JSON.stringify(headers)).toBe(401);
    }
  });

  it('a session is enough to read an image', async () => {
    const { status, headers } = await ask(imageAddress, { headers: { cookie } });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
  });

  it('no answer invites another origin', async () => {
    for (const path of [...PAGE, imageAddress, '/session', '/nowhere']) {
      const { headers } = await ask(path, { headers: { cookie, origin: 'http://evil.example' } });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('the token', () => {
  const post = (token: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    ask('/session', {
      method: 'POST',
      headers: { origin: own, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ token }),
    });
  const freshToken = (): string => new URL(server.newAddress()).hash.slice('#token='.length);

  it('is long, new every time, and stands in the fragment, which no request carries', () => {
    const address = new URL(server.newAddress());
    expect(address.search).toBe('');
    expect(freshToken()).not.toBe(freshToken());
    expect(Buffer.from(freshToken(), 'base64url').length).toBeGreaterThanOrEqual(16);
  });

  it('becomes a cookie that scripts and other sites do not get', async () => {
    const { status, headers } = await post(freshToken());
    expect(status).toBe(204);
    expect(headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^imagent-${server.port}=[\\w-]{40,}; Path=/; HttpOnly; SameSite=Strict$`),
    );
  });

  it('is good once', async () => {
    const token = freshToken();
    expect((await post(token)).status).toBe(204);
    expect((await post(token)).status).toBe(401);
  });

  it('may be offered again by the browser that it let in', async () => {
    const token = freshToken();
    const first = await post(token);
    const session = first.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    expect((await post(token, { cookie: session })).status).toBe(204);
  });

  it('is not taken from another site, as a form, as nonsense or by the megabyte', async () => {
    const token = freshToken();
    expect((await post(token, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post(token, { origin: 'null' })).status).toBe(403);
    expect((await post(token, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(token, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await post('')).status).toBe(400);
    expect((await post('x'.repeat(100_000))).status).toBe(400);
    expect((await post(token)).status).toBe(204);
  });
});

describe('the Host header', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]'])('%s with our port is ours', async (name) => {
    expect((await ask('/', { headers: { host: `${name}:${server.port}` } })).status).toBe(200);
  });

  it.each(['evil.com', '127.0.0.1.evil.com', '127.0.0.1', 'localhost:1', '127.1', '0.0.0.0'])(
    '%s is not, with or without our port',
    async (name) => {
      for (const value of [name, `${name}:${server.port}`]) {
        if (value === `127.0.0.1:${server.port}`) continue;
        expect((await ask('/', { headers: { host: value, cookie } })).status, value).toBe(421);
      }
    },
  );

  it('twice, missing, or contradicted by the request line is refused', async () => {
    const good = `Host: 127.0.0.1:${server.port}\r\n`;
    expect(await askRaw(`GET / HTTP/1.1\r\n${good}Host: evil.com\r\nConnection: close\r\n\r\n`)).toMatch(
      / 4\d\d /,
    );
    expect(await askRaw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/ 4\d\d /);
    expect(await askRaw('GET / HTTP/1.0\r\n\r\n')).toMatch(/ 421 /);
    expect(await askRaw(`GET http://evil.com/ HTTP/1.1\r\n${good}Connection: close\r\n\r\n`)).toMatch(
      / 40[14] /,
    );
  });
});

describe('the Origin of whatever changes something', () => {
  const origins = (port: number): readonly (string | undefined)[] => [
    undefined,
    'null',
    'http://evil.example',
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port + 1}`,
    `http://localhost:${port}`,
    `http://127.0.0.1:${port}.evil.example`,
  ];

  it('must be ours before a connection is upgraded', async () => {
    for (const origin of origins(server.port)) {
      const headers = { cookie, ...(origin === undefined ? {} : { origin }) };
      expect(await upgrade(headers), origin ?? 'missing').toBe(403);
    }
    expect(await upgrade({ cookie, origin: own })).toBe(101);
  });

  it('an upgrade needs a session, our Host and the one path', async () => {
    expect(await upgrade({ origin: own })).toBe(401);
    expect(await upgrade({ origin: own, cookie: `imagent-${server.port}=wrong` })).toBe(401);
    expect(await upgrade({ origin: own, cookie, host: 'evil.com' })).toBe(421);
    expect(await upgrade({ origin: own, cookie }, '/other')).toBe(404);
    expect(await upgrade({ origin: own, cookie, 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  it('must be ours for an upload', async () => {
    const { id } = host.services.imports.beginUpload();
    const send = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
      ask(`/upload/${id}?name=a.png`, { method: 'POST', headers: { cookie, ...headers }, body: 'x' });
    const type = { 'content-type': 'application/octet-stream' };
    for (const origin of origins(server.port)) {
      expect((await send({ ...type, ...(origin === undefined ? {} : { origin }) })).status, origin).toBe(403);
    }
    expect((await send({ origin: own, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await send({ origin: own, ...type })).status).toBe(204);
  });

  it('a preflight is refused, and so is a request that a browser calls cross-site', async () => {
    expect(
      (await ask('/session', { method: 'OPTIONS', headers: { origin: 'http://evil.example' } })).status,
    ).toBe(403);
    const image = await ask(imageAddress, {
      headers: { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    });
    expect(image.status).toBe(403);
    const link = await ask('/', {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    });
    expect(link.status).toBe(200);
  });
});

describe('paths', () => {
  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e%252fsecret.txt',
    '/static/../../secret.txt',
    '/static/%00',
    '//secret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fworkspace.sqlite',
    '/assets/images/00/x.png',
    '/assets/%c0%ae%c0%ae/x',
    '/assets/view/../x',
    '/assets/ast_0000000000000000000000000000000G',
  ])('%s leads nowhere', async (path) => {
    const { status, body } = await ask(path, { headers: { cookie } });
    expect(status).toBe(404);
    expect(body).not.toContain('secret');
  });

  it('an episode or view that is not there is 404, with or without sense in its number', async () => {
    for (const view of ['1', '0', '-1', '999999999999', '1e3', 'NaN']) {
      const { status } = await ask(`/assets/view/${`eps_${'0'.repeat(24)}` as EpisodeId}/${view}`, {
        headers: { cookie },
      });
      expect(status, view).toBe(404);
    }
  });
});

describe('the machine', () => {
  it('listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of outside) {
      await expect(
        new Promise((resolve, reject) => {
          tcpConnect(server.port, address, () => resolve('connected')).on('error', reject);
        }),
      ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('goes on after idle, half-sent and oversized requests', async () => {
    const idle = Array.from({ length: 200 }, () =>
      tcpConnect(server.port, '127.0.0.1').on('error', () => {}),
    );
    const slow = tcpConnect(server.port, '127.0.0.1', () => slow.write('GET / HTTP/1.1\r\nHost: '));
    slow.on('error', () => {});
    const big = await ask('/', { headers: { 'x-big': 'x'.repeat(40_000) } });
    expect(big.status).toBe(431);
    expect((await ask('/')).status).toBe(200);
    for (const socket of [...idle, slow]) socket.destroy();
  });
});
