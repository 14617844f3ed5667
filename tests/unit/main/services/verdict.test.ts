import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { importColours } from '../../../helpers/studio-acts.ts';
import { makeTempFolder, removeFolder } from '../../../helpers/temp.ts';
import { startTestHost } from '../../../helpers/test-host.ts';
import type { TestHost } from '../../../helpers/test-host.ts';
import { until } from '../../../helpers/until.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let folder: string;
let host: TestHost;

beforeAll(async () => {
  folder = makeTempFolder('verdict');
  host = await startTestHost({ folder, script: ['<think>t</think>\n<answer>202</answer>'] });
  await importColours(host, join(folder, 'set'), ['red']);
  await host.services.agents.add({ source: { kind: 'folder', folder: '/nowhere' }, name: 'agent' });
});
afterAll(async () => {
  await host.close();
  removeFolder(folder);
});

it.each([
  [0.05, 'right'],
  [0.001, 'wrong'],
  [undefined, 'wrong'],
] as const)('a number is right within the tolerance of its sample: %s, %s', async (tolerance, verdict) => {
  const { library, episodes } = host.services;
  const sample = library.createSample({
    question: 'How long?',
    imageIds: library.listImages({ limit: 1 }).items.map(({ id }) => id),
    choices: null,
    answers: ['200'],
    answerKind: 'number',
    ...(tolerance === undefined ? {} : { tolerance }),
    kind: 'custom',
    tags: [],
    split: 'none',
  });
  const { id } = await episodes.start({ sampleId: sample.id });
  await until(() => episodes.get(id).state.kind === 'ended', 'the episode has ended');
  expect(episodes.get(id).verdict).toBe(verdict);
});
