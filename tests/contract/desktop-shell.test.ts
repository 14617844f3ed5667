import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MessagePort as NodePort } from 'node:worker_threads';
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import type { MessagePortMain } from 'electron';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AppRouter } from '../../main/router.ts';
import { createHostChild, type HostChild } from '../../main/shell/host-child.ts';
import {
  MessageChannelTwin,
  type PortTwin,
  runningProcesses,
  shownErrors,
} from '../helpers/electron-twin.ts';
import { makeTempFolder, removeFolder } from '../helpers/temp.ts';
import { portWebSocketClass, writePng } from '../helpers/test-host.ts';
import { until } from '../helpers/until.ts';

// The desktop's processes as they are, introduced to each other by the shell as it is; only Electron is a double.
vi.mock('electron', async () => (await import('../helpers/electron-twin.ts')).electronTwin);

const names = () => runningProcesses.map((one) => basename(one.entry, '.ts'));

let folder: string;
let host: HostChild;
const sockets: { close: () => unknown }[] = [];

beforeEach(() => {
  folder = makeTempFolder('desktop');
  host = createHostChild(['--workspace', join(folder, 'workspace')]);
});
afterEach(async () => {
  await Promise.all(sockets.splice(0).map((socket) => socket.close()));
  await host.end();
  await until(() => runningProcesses.length === 0, 'every process has ended');
  removeFolder(folder);
});

/** Node's ports carry the data itself. */
function asNodePort(port: PortTwin): NodePort {
  const face = Object.assign(new EventEmitter(), {
    postMessage: (data: unknown) => port.postMessage(data),
    close: () => port.close(),
  });
  port.on('message', ({ data }) => face.emit('message', data));
  port.on('close', () => face.emit('close'));
  port.start();
  return face as unknown as NodePort;
}

/** A page: each of its sockets asks the shell for a port. */
function openPage() {
  const socket = createWSClient({
    url: 'ws://shell',
    WebSocket: portWebSocketClass(() => {
      const { port1, port2 } = new MessageChannelTwin();
      host.connectPage(port2 as unknown as MessagePortMain);
      return asNodePort(port1);
    }),
    retryDelayMs: () => 20,
  });
  sockets.push(socket);
  return createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
}

it('a page reaches the host through the port that the shell hands it', async () => {
  const info = await openPage().app.info.query();
  expect(info).toMatchObject({ mode: 'desktop', workspacePath: join(folder, 'workspace') });
});

it('the host gets its workers from the shell, and they work', async () => {
  const client = openPage();
  mkdirSync(join(folder, 'pictures'));
  await writePng(join(folder, 'pictures', 'red.png'), 'red');
  await client.imports.startPaths.mutate({ paths: [join(folder, 'pictures')] });
  await until(async () => (await client.images.list.query({})).total > 0, 'the image is in');
  expect(names()).toContain('image-worker');
});

it('bytes of images come over the port of the app scheme, and what is not there does not', async () => {
  const client = openPage();
  mkdirSync(join(folder, 'pictures'));
  await writePng(join(folder, 'pictures', 'red.png'), 'red');
  await client.imports.startPaths.mutate({ paths: [join(folder, 'pictures')] });
  await until(async () => (await client.images.list.query({})).total > 0, 'the image is in');
  const { items } = await client.images.list.query({});
  const thumbnail = /ast_[a-z0-9]{32}/.exec(JSON.stringify(items))?.[0];
  const get = { method: 'GET', contentType: null, body: null };
  const found = await host.ask({ ...get, path: `/assets/${thumbnail}` });
  expect(found.status).toBe(200);
  expect(found.headers['content-type']).toMatch(/^image\//);
  expect(found.body?.byteLength).toBeGreaterThan(50);
  expect((await host.ask({ ...get, path: '/assets/../../etc/passwd' })).status).toBe(404);
});

it('a host that has died is started again by the next page that asks', async () => {
  const client = openPage();
  await client.app.info.query();
  const first = runningProcesses.find((one) => basename(one.entry) === 'host-process.ts');
  first?.kill();
  await until(() => first !== undefined && !runningProcesses.includes(first), 'the host has died');
  expect((await client.app.info.query()).mode).toBe('desktop');
});

it('a workspace that another app holds is said in words', async () => {
  await openPage().app.info.query();
  const second = createHostChild(['--workspace', join(folder, 'workspace')]);
  await until(() => shownErrors.length > 0, 'the shell shows why');
  expect(shownErrors[0]).toMatch(/workspace/i);
  await second.end();
});
