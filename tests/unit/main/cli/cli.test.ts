/** The terminal as a process: real services, real workers, real images. The model is a stand-in server. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { plainEvents, startModelServer, vllmEvents } from '../../../helpers/model-server.ts';
import type { CompletionReply, ModelServer, ModelServerOptions } from '../../../helpers/model-server.ts';

const CLI = fileURLToPath(new URL('../../../../main/cli.ts', import.meta.url));
const ZOOM =
  '<think>Closer.</think>\n<tool_call>\n{"name": "zoom_in", "arguments": {"image": 2, "bbox_2d": [28, 28, 280, 240]}}\n</tool_call>';
const ANSWER = '<think>I see.</think>\n<answer>red</answer>';

// Each starts several processes; a machine that is busy must not fail them.
vi.setConfig({ testTimeout: 300_000 });

let folder: string;
let image: string;
let photo: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagent-cli-test-'));
  image = join(folder, 'a.png');
  photo = join(folder, 'photo.jpg');
  const plain = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#c03020' } });
  await plain(320, 240).png().toFile(image);
  await plain(1600, 1200).withMetadata({ orientation: 6 }).jpeg().toFile(photo);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const servers: ModelServer[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  await Promise.all(servers.splice(0).map(async (server) => server.close()));
});

async function serve(reply: ModelServerOptions['reply']): Promise<ModelServer> {
  const server = await startModelServer({ reply });
  servers.push(server);
  return server;
}

const script = (...turns: readonly string[]) => {
  return (_request: unknown, index: number): CompletionReply => ({
    kind: 'events',
    events: vllmEvents(turns[index % turns.length] ?? '', null),
  });
};

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function imagent(
  args: readonly string[],
  onOut: (kill: () => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
    onOut(() => child.kill('SIGINT'));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const linesOf = (out: string): readonly Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const at = (server: ModelServer) => ['--server', server.baseUrl, '--model', 'qwen'];

describe('imagent run', () => {
  test('prints a JSON line for each view and step, the result last', async () => {
    const server = await serve(script(ZOOM, ANSWER));
    const images = ['--image', image, '--image', photo];
    const { code, out } = await imagent([
      'run',
      ...images,
      '--question',
      'Colour?',
      '--answer',
      'Red',
      ...at(server),
      '--json',
    ]);
    const lines = linesOf(out);
    expect(lines.map((line) => line['type'])).toEqual(['view', 'view', 'step', 'view', 'step', 'result']);
    expect(lines[1]).toMatchObject({ number: 2, rootBox: [0, 0, 1200, 1600] });
    expect(lines[2]).toMatchObject({ index: 0, thought: 'Closer.', action: { kind: 'zoom_in', image: 2 } });
    expect(lines[3]).toMatchObject({ number: 3, origin: 'zoom_in', parent: 2, rootImage: 1 });
    expect(lines.at(-1)).toMatchObject({
      status: 'answered',
      answer: 'red',
      verdict: 'right',
      steps: 2,
      calls: 1,
    });
    expect(code).toBe(0);
  });

  test('tells people the same in words', async () => {
    const server = await serve(script(ZOOM.replace('2', '1'), ANSWER));
    const { code, out } = await imagent(['run', '--image', image, '--question', 'Colour?', ...at(server)]);
    expect(out).toContain('Image 1: a.png, 320x240, seen at');
    expect(out).toMatch(/zooms into image 1 .*\(source pixels \[/u);
    expect(out).toMatch(/Answer: red\nStatus: answered after 2 steps\n$/u);
    expect(code).toBe(0);
  });

  test('stops on Ctrl+C, with what it had', async () => {
    const server = await serve((_request, index) =>
      index === 0
        ? { kind: 'events', events: vllmEvents(ZOOM.replace('2', '1'), null) }
        : { kind: 'hang', events: plainEvents('<think>On').slice(0, 1) },
    );
    const { code, out } = await imagent(
      ['run', '--image', image, '--question', 'Colour?', ...at(server), '--json'],
      (interrupt) => interrupt(),
    );
    const last = linesOf(out).at(-1);
    expect([last?.['type'], last?.['status'] ?? last?.['code']]).toEqual(['result', 'stopped']);
    expect(code).toBe(130);
  });

  test('fails with code 1 and a reason for a file that is not an image', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'not an image');
    const server = await serve(script(ANSWER));
    const { code, out, err } = await imagent([
      'run',
      '--image',
      broken,
      '--question',
      'Colour?',
      ...at(server),
      '--json',
    ]);
    expect(linesOf(out).at(-1)).toMatchObject({
      type: 'error',
      message: expect.stringContaining('broken.png'),
    });
    expect(err).toContain('broken.png');
    expect(code).toBe(1);
  });

  test('fails with code 1 when nothing answers at the server', async () => {
    const server = await startModelServer({ reply: script(ANSWER) });
    await server.close();
    const { code, err } = await imagent(['run', '--image', image, '--question', 'Colour?', ...at(server)]);
    expect(err).toContain('Start the server');
    expect(code).toBe(1);
  });

  test.each([
    ['no image', ['run', '--question', 'x'], '--image'],
    ['no question', ['run', '--image', 'a.png'], '--question'],
    ['an unknown option', ['run', '--imgae', 'a.png'], 'imgae'],
    ['a seed that is none', ['run', '--image', 'a.png', '--question', 'x', '--seed', '-1'], '--seed'],
    ['one choice', ['run', '--image', 'a.png', '--question', 'x', '--choices', 'red'], '--choices'],
    ['no command', [], 'imagent COMMAND'],
    ['an unknown command', ['fly'], 'fly'],
    ['no samples', ['eval'], '--samples'],
    ['no workspace', ['import', 'x'], '--workspace'],
  ])('ends with code 2 and says what is wrong with %s', async (_what, args, said) => {
    const { code, err, out } = await imagent(args);
    expect(err).toContain(said);
    expect(out).toBe('');
    expect(code).toBe(2);
  });
});

describe('imagent eval', () => {
  test('runs every sample and prints the figures', async () => {
    const samples = join(folder, 'samples.jsonl');
    const row = (kind: string, answer: string) =>
      JSON.stringify({
        kind,
        images: ['a.png'],
        question: `${kind} ${answer}?`,
        answers: [answer],
        answer_kind: 'text',
      });
    await writeFile(
      samples,
      `${row('read', 'red')}\n${row('read', 'blue')}\n${row('which', 'red')}\n{"broken": 1}\n`,
    );
    const server = await serve(script(ANSWER));
    const { code, out, err } = await imagent(['eval', '--samples', samples, ...at(server), '--json']);
    expect(JSON.parse(out)).toMatchObject({
      accuracy: 0.6667,
      by_kind: { read: { accuracy: 0.5, count: 2 }, which: { accuracy: 1, count: 1 } },
      tool_rate: 0,
      look_back_rate: 0,
      answered_rate: 1,
      status_counts: { answered: 3 },
      episodes: 3,
      episodes_per_second: expect.any(Number),
    });
    expect(err).toContain('samples.jsonl:4');
    expect(code).toBe(0);
    const questions = server.requests.map(
      ({ messages }) => /\\n(\w+ \w+\?)"/u.exec(JSON.stringify(messages))?.[1],
    );
    expect(questions).toEqual(['read red?', 'read blue?', 'which red?']);
  });
});

test('imagent import brings files in once', async () => {
  const workspace = join(folder, 'workspace');
  const args = ['import', image, photo, '--workspace', workspace, '--json'];
  const first = await imagent(args);
  expect(JSON.parse(first.out)).toMatchObject({ state: 'finished', importedImages: 2, rejectedCount: 0 });
  const second = await imagent(args);
  expect(JSON.parse(second.out)).toMatchObject({ importedImages: 0, duplicates: 2 });
  expect([first.code, second.code]).toEqual([0, 0]);
});

test.each(['run', 'eval', 'import', 'serve'])('imagent %s --help explains it', async (command) => {
  const { code, out } = await imagent([command, '--help']);
  expect(out).toContain(`imagent ${command}`);
  expect(code).toBe(0);
});
